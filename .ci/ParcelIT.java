package choreography.shipping;

import java.time.Duration;
import java.util.Map;

import choreography.catalogue.Topology;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.OwnBroker;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What docs/add-a-service.md promises of the service that it adds; .ci/try-tutorial runs it there. */
@ExtendWith(Servers.class)
class ParcelIT {

    private static final String QUEUE = "shipping-order-payed";

    @RegisterExtension
    private static final OwnBroker BROKER = new OwnBroker("addressSettings.#.maxRedeliveryDelay=200");

    @Test
    void shouldShipAnOrderAndAlsoOneThatFailedAtFirst() throws Exception {
        BrokerClient broker = BROKER.client();
        Map<String, String> settings = ServiceProcess.settings(Topology.ALL);
        settings.put("broker.url", BROKER.url());
        try (ServiceProcess services = ServiceProcess.startWithArguments("parcels", settings).awaitReady()) {
            Caller shop = services.caller();
            String user = shop.register();
            String order = order(shop, user);
            await().atMost(Duration.ofSeconds(30)).until(() -> shop.get("/parcels/" + order).status() == 200);
            assertThat(shop.get("/parcels/" + order).field("pieces")).isEqualTo("2");

            Rows.change("alter table shipping_service.parcel rename to elsewhere");
            String failing = order(shop, user);
            await().atMost(Duration.ofSeconds(30)).until(() -> broker.messageCounts().get("DLQ." + QUEUE) == 1);
            Rows.change("alter table shipping_service.elsewhere rename to parcel");
            assertThat(shop.get("/parcels/" + failing).status()).isEqualTo(404);
            Map<String, Long> before = broker.messagesAdded();

            assertThat(broker.retry("DLQ." + QUEUE)).isEqualTo(1);

            await().atMost(Duration.ofSeconds(30)).until(() -> shop.get("/parcels/" + failing).status() == 200);
            assertThat(broker.messagesAdded()).containsEntry(QUEUE, before.get(QUEUE) + 1)
                    .containsEntry("notification-order-payed", before.get("notification-order-payed"));
        }
    }

    private static String order(Caller shop, String user) {
        return shop.post("/order", "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":2}]}".formatted(user))
                .field("orderId");
    }
}
