package choreography.messaging;

import java.time.Duration;
import java.util.Map;

import choreography.testing.BrokerClient;
import choreography.testing.OwnBroker;
import jakarta.jms.Destination;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** What becomes of a message when somebody has deleted the queue that it is for. */
class NoRouteIT {

    @RegisterExtension
    private static final OwnBroker BROKER = new OwnBroker();

    /** Of each queue. */
    private static final Map<String, String> ADDRESSES = Map.of(
            "RegistrationRequested", "RegistrationRequested",
            "OrderRequested", "OrderRequested",
            "BillingRequested", "BillingRequested",
            "billing-user-created", "UserCreated",
            "order-bill-payed", "BillPayed",
            "order-bill-declined", "BillDeclined",
            "notification-order-payed", "OrderPayed",
            "notification-order-cancelled", "OrderCancelled");

    private final BrokerClient broker = BROKER.client();

    @AfterEach
    void makeTheQueuesAgain() throws Exception {
        Map<String, Long> there = broker.messageCounts();
        for (String queue : ADDRESSES.keySet()) {
            if (!there.containsKey(queue)) {
                broker.create(ADDRESSES.get(queue), queue);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("choreography.catalogue.Topology#eventsAndQueues")
    void shouldKeepAnEventAsDeadLetterUntilItsQueueIsThereAgain(String message, String queue) throws Exception {
        broker.delete(queue);

        broker.send(broker.topic(message), "kept", "1", "2");

        broker.retry("DLQ." + queue);
        assertThat(broker.browse("DLQ." + queue)).as("returned to nowhere").singleElement().satisfies(dead ->
                assertThat(dead.properties()).containsEntry("_AMQ_ORIG_QUEUE", queue));
        broker.create(message, queue);
        assertThat(broker.retry("DLQ." + queue)).isEqualTo(1);
        assertThat(broker.take(message + "::" + queue)).satisfies(kept -> {
            assertThat(kept.body()).isEqualTo("kept");
            assertThat(kept.flow()).isEqualTo("2");
            assertThat(kept.properties()).containsEntry("cloudEvents_id", "1");
        });
    }

    @Test
    void shouldKeepALargeEventToo() throws Exception {
        broker.delete("order-bill-payed");

        broker.send(broker.topic("BillPayed"), "k".repeat(300_000), "1", "2");

        broker.create("BillPayed", "order-bill-payed");
        assertThat(broker.retry("DLQ.order-bill-payed")).isEqualTo(1);
        assertThat(broker.take("BillPayed::order-bill-payed").body()).hasSize(300_000);
    }

    /** Whatever somebody does to the messages of whatever queue, the broker itself moves none to where none is kept. */
    @Test
    void shouldKeepEveryMessageThatItIsToldToGiveUp() throws Exception {
        assertThat(broker.messageCounts().keySet()).filteredOn(queue -> !queue.matches("DLQ\\..*|Expired"))
                .containsExactlyInAnyOrderElementsOf(ADDRESSES.keySet());
        for (String queue : ADDRESSES.keySet()) {
            String address = ADDRESSES.get(queue);
            broker.send(address.equals(queue) ? broker.queue(queue) : broker.topic(address), "given up", "1", "2");

            broker.giveUp(queue);

            assertThat(broker.retry("DLQ." + queue)).as(queue).isEqualTo(1);
            assertThat(broker.take(address + "::" + queue).body()).isEqualTo("given up");
        }
    }


    @Test
    void shouldKeepAnEventAsDeadLetterAlsoWhenAGatewayHearsIt() throws Exception {
        broker.delete("billing-user-created");
        broker.subscribe("gateway.UserCreated");

        broker.sendFor("replica-1", broker.topic("UserCreated"), "kept", "1", "3");

        assertThat(broker.take("DLQ.billing-user-created").flow()).isEqualTo("3");
        await().atMost(Duration.ofSeconds(10)).until(() -> broker.heard("3").size() == 1);
    }

    @ParameterizedTest
    @MethodSource("choreography.catalogue.Topology#commandsAndQuestions")
    void shouldRefuseACommand(String message) throws Exception {
        Destination known = broker.queue(message);
        broker.send(known, "taken", "1", "2"); // from now on the client does not ask any more whether it exists
        broker.delete(message);

        assertThatThrownBy(() -> broker.send(known, "refused", "1", "2"))
                .hasMessageContaining("Does Not Exist: " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RegistrationRejected", "OrderCreated", "OrderRejected", "RequestRefused"})
    void shouldKeepNothingThatNoGatewayWaitsFor(String message) {
        broker.send(broker.topic(message), "nobody waits", "1", "2");

        Map<String, Long> counts = broker.messageCounts();
        assertThat(counts.values()).as(counts.toString()).containsOnly(0L);
    }
}
