package choreography.messaging;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import choreography.testing.BrokerClient;
import choreography.testing.OwnBroker;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** When a message that fails each time becomes a dead letter, and how it comes back. */
@ExtendWith(Servers.class)
class GivingUpIT {

    private static final String CHARGE = "billing-charge-order";
    private static final String OPEN = "billing-open-account";

    @RegisterExtension
    private static final OwnBroker BROKER = new OwnBroker("addressSettings.#.maxRedeliveryDelay=200");
    private static BrokerClient broker;
    private static FailingSiblings siblings;

    @BeforeAll
    static void startSiblings() throws Exception {
        broker = BROKER.client();
        siblings = new FailingSiblings();
    }

    @AfterAll
    static void stopSiblings() {
        siblings.close();
    }

    @Test
    void shouldGiveUpAfterTenAttemptsAndHaveTenMoreWhenItIsReturned() throws Exception {
        String id = UUID.randomUUID().toString();
        siblings.failAt(id, 500);
        broker.send(broker.queue("BillingRequested"), "{\"orderId\":\"%s\"}".formatted(id), id, id);
        broker.send(broker.topic("UserCreated"), "{\"userId\":\"%s\"}".formatted(id), id, id);
        try (ServiceProcess billing = start("billing", "giving-up")) {
            assertIsDead("BillingRequested", "BillingRequested");
            assertIsDead("UserCreated", "billing-user-created");
            assertThat(failed(billing, CHARGE)).isEqualTo(10);
            assertThat(failed(billing, OPEN)).isEqualTo(10);

            broker.retry("DLQ.BillingRequested");
            broker.retry("DLQ.billing-user-created");

            await().atMost(Duration.ofSeconds(30))
                    .until(() -> failed(billing, CHARGE) == 20 && failed(billing, OPEN) == 20);
            assertIsDead("BillingRequested", "BillingRequested");
            assertIsDead("UserCreated", "billing-user-created");
        }
        broker.remove("DLQ.BillingRequested");
        broker.remove("DLQ.billing-user-created");
    }

    /** The broker counts attempts of whoever was sent it; here it has three for sure. */
    @Test
    void shouldTryItselfWhatOthersHaveTriedInVain() throws Exception {
        String id = UUID.randomUUID().toString();
        broker.send(broker.topic("BillPayed"), "{\"orderId\":\"%s\"}".formatted(id), id, id); // of no order
        tryInVain("BillPayed::order-bill-payed", 12);
        try (ServiceProcess orders = start("order", "giving-up-tried")) {
            assertIsDead("BillPayed", "order-bill-payed");

            assertThat(failed(orders, "order-pay-order")).isEqualTo(3);
        }
        broker.remove("DLQ.order-bill-payed");
    }

    @Test
    void shouldBillAsSoonAsTheAccountIsOpenHoweverOftenItWasNot() throws Exception {
        String id = UUID.randomUUID().toString();
        siblings.know(id);
        try (ServiceProcess billing = start("billing", "giving-up-never")) {
            broker.send(broker.queue("BillingRequested"), "{\"orderId\":\"%s\"}".formatted(id), id, id);
            await().atMost(Duration.ofSeconds(30)).until(() -> failed(billing, CHARGE) > 25);

            broker.send(broker.topic("UserCreated"), "{\"userId\":\"%s\"}".formatted(id), id, id);

            await().atMost(Duration.ofSeconds(30)).until(() -> broker.messageCounts().get("order-bill-payed") == 1);
            assertThat(broker.browse("BillPayed::order-bill-payed")).singleElement()
                    .satisfies(told -> assertThat(told.body()).contains(id));
            assertThat(broker.messageCounts()).containsEntry("DLQ.BillingRequested", 0L);
        }
        broker.remove("order-bill-payed");
    }

    private static void tryInVain(String queue, int times) {
        try (JMSContext other = broker.session(JMSContext.SESSION_TRANSACTED);
             JMSConsumer consumer = other.createConsumer(other.createQueue(queue))) {
            for (int i = 0; i < times; i++) {
                assertThat(consumer.receive(10_000)).isNotNull();
                other.rollback();
            }
        }
    }

    private static ServiceProcess start(String service, String name) {
        Map<String, String> settings = ServiceProcess.settings(service);
        settings.put("broker.url", BROKER.url());
        settings.put("camel.beans.retries.longestMs", "200");
        ServiceProcess.askAt(siblings.url(), settings);
        return ServiceProcess.startWithArguments(name, settings).awaitReady();
    }

    private static void assertIsDead(String address, String queue) throws Exception {
        await().atMost(Duration.ofSeconds(30)).until(() -> broker.messageCounts().get("DLQ." + queue) == 1);
        assertThat(broker.browse("DLQ." + queue)).singleElement().satisfies(dead ->
                assertThat(dead.properties()).containsEntry("_AMQ_ORIG_ADDRESS", address)
                        .containsEntry("_AMQ_ORIG_QUEUE", queue));
        assertThat(broker.messageCounts()).containsEntry(queue, 0L);
    }

    private static int failed(ServiceProcess services, String route) {
        Matcher failures = Pattern.compile("camel_exchanges_failed_total\\{[^}]*routeId=\"%s\"[^}]*} ([\\d.]+)"
                .formatted(route)).matcher(services.management().get("/observe/metrics").body());
        return failures.find() ? (int) Double.parseDouble(failures.group(1)) : 0;
    }
}
