package choreography.order;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An order whose message somebody has removed: it is seen, and it settles all the same. Orders are stuck after two
 * seconds here.
 */
class StuckOrderIT {

    @TempDir
    private static Path data;
    private static Sandbox servers;
    private static BrokerClient broker;
    private static ServiceProcess orders;
    private static Map<String, String> billing;

    @BeforeAll
    static void startWithoutBilling() throws Exception {
        SandboxSettings sandbox = FreePorts.forSandbox(data);
        servers = Sandbox.start(sandbox);
        broker = new BrokerClient(servers.brokerUrl());
        Map<String, String> settings = ServiceProcess.settings("gateway,user,order", sandbox);
        billing = ServiceProcess.settings("billing,notification", sandbox);
        settings.put("billing.url", "http://localhost:" + billing.get("http.port"));
        billing.put("user.url", "http://localhost:" + settings.get("http.port"));
        billing.put("order.url", "http://localhost:" + settings.get("http.port"));
        settings.put("order.stuck-after-ms", "2000");
        settings.put("order.check-interval-ms", "200");
        orders = ServiceProcess.startWithArguments("stuck-orders", settings).awaitReady();
    }

    @AfterAll
    static void stop() {
        orders.close();
        broker.close();
        servers.close();
    }

    @Test
    void shouldSettleAnOrderWhoseMessageWasRemovedAndShowThatItWasStuck() throws Exception {
        Caller shop = orders.caller();
        String user = shop.post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}")
                .field("userId");
        Answer order = shop.post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}".formatted(user));
        assertThat(order.status()).as(order.toString()).isEqualTo(201);

        BrokerClient.Event original = broker.browse("BillingRequested").get(0);
        assertThat(broker.remove("BillingRequested")).isEqualTo(1);
        await().atMost(Duration.ofSeconds(20)).until(() -> broker.messageCounts().get("BillingRequested") == 1);

        assertThat(broker.browse("BillingRequested").get(0)).satisfies(again -> {
            assertThat(again.body()).isEqualTo(original.body());
            assertThat(again.flow()).isEqualTo(original.flow());
            assertThat(again.properties().get("cloudEvents_id")).isEqualTo(original.properties().get("cloudEvents_id"));
        });
        assertThat(orders.management().get("/observe/health?exposureLevel=full").body())
                .contains("Orders that have not ended in time: 1");
        assertThat(orders.isReady()).isTrue();
        assertThat(metrics()).contains("\norders_stuck 1.0\n", "\norders_reminded_total 1.0\n");

        try (ServiceProcess late = ServiceProcess.startWithArguments("late-billing", billing)) {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> shop.get(order.header("Location")).field("status").equals("PAYED"));
            await().atMost(Duration.ofSeconds(20)).until(() -> metrics().contains("\norders_stuck 0.0\n"));
            assertThat(orders.management().get("/observe/health?exposureLevel=full").body())
                    .doesNotContain("have not ended");
            assertThat(metrics())
                    .containsPattern("\ncamel_exchanges_total\\{[^}]*routeId=\"order-pay-order\"[^}]*} [1-9].*\n");
            assertThat(late.management().get("/observe/metrics").body())
                    .containsPattern("\ncamel_exchanges_succeeded_total"
                            + "\\{[^}]*routeId=\"billing-charge-order\"[^}]*} [1-9].*\n");
        }
    }

    private static String metrics() {
        return orders.management().get("/observe/metrics").body();
    }
}
