package choreography.messaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import choreography.testing.BrokerClient;
import choreography.testing.BrokerClient.Event;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Rows;
import choreography.testing.Servers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Messages that waited together are committed together: billing requests, held back by the broker until all are there.
 */
@ExtendWith(OneProcess.class)
class GroupCommitIT {

    private static BrokerClient broker;
    private final Caller shop = OneProcess.services().caller();
    private final List<String> orders = new ArrayList<>();

    @BeforeAll
    static void connect() {
        broker = new BrokerClient(Servers.sandbox().brokerUrl()).subscribe("BillPayed");
    }

    @AfterAll
    static void disconnect() {
        broker.close();
    }

    @BeforeEach
    void holdBack() throws Exception {
        broker.pause("BillingRequested");
    }

    @AfterEach
    void goOn() throws Exception {
        broker.resume("BillingRequested");
    }

    @Test
    void shouldCommitOnceForSeveralMessages() throws Exception {
        String user = shop.register();
        order(user, 32);
        // a browser may end early on a busy machine
        await().atMost(Duration.ofSeconds(20)).until(() -> broker.browse("BillingRequested"), requests ->
                requests.size() == 32 && requests.stream()
                        .allMatch(request -> user.equals(request.properties().get("JMSXGroupID"))));

        goOn();

        broker.awaitQuiet();
        assertBilledAndMailedOnce();
        // 2, unless the machine is so busy that groups end by their time
        assertThat(Rows.of("select distinct xmin::text from billing_service.bill where user_id = ?", user))
                .hasSizeBetween(2, 28);
        assertThat(Rows.of("select entered_at from billing_service.entry where user_id = ?", user))
                .doesNotHaveDuplicates();
    }

    @Test
    void shouldSettleTheOthersOfAGroupThatABadMessageIsIn() throws Exception {
        String user = shop.register();
        String unknown = UUID.randomUUID().toString();
        order(user, 4);
        broker.send(broker.queue("BillingRequested"), "{\"orderId\":\"%s\"}".formatted(unknown),
                UUID.randomUUID().toString(), unknown);
        broker.send(broker.queue("BillingRequested"), "no JSON", unknown, unknown);
        order(user, 4);

        goOn();

        assertThat(broker.take("DLQ.BillingRequested").body()).isEqualTo("no JSON");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> orders.stream().allMatch(order -> status(order).equals("PAYED")));
        await().atMost(Duration.ofSeconds(20)).until(() -> { // the bad one, when it is not just being tried again
            broker.remove("BillingRequested");
            return broker.messageCounts().get("BillingRequested") == 0;
        });
        broker.awaitQuiet();
        assertBilledAndMailedOnce();
    }

    @Test
    void shouldBillOnceWhenARequestComesSeveralTimesInAGroup() throws Exception {
        order(shop.register(), 2);
        Event request = broker.browse("BillingRequested").get(1);
        for (int i = 0; i < 3; i++) {
            broker.send(broker.queue("BillingRequested"), request.body(), request.properties().get("cloudEvents_id"),
                    request.flow());
        }

        goOn();

        broker.awaitQuiet();
        assertBilledAndMailedOnce();
        assertThat(broker.heard(request.flow())).hasSize(4)
                .extracting(event -> event.properties().get("cloudEvents_id")).containsOnly(
                CloudEvents.id(request.properties().get("cloudEvents_id"), "BillPayed"));
    }

    @Test
    void shouldSettleGroupsThatWantTheSameAccountsInAnotherOrder() throws Exception {
        List<String> users = List.of(shop.register(), shop.register());
        for (int i = 0; i < 16; i++) {
            order(users.get((i + 1) / 2 % 2), 1); // of every two that follow, one goes to each consumer
        }
        List<Event> requests = broker.browse("BillingRequested");
        broker.remove("BillingRequested");
        requests.forEach(request -> // without the customer's group, which would keep them apart
                broker.send(broker.queue("BillingRequested"), request.body(),
                request.properties().get("cloudEvents_id"), request.flow()));

        goOn();

        broker.awaitQuiet();
        assertBilledAndMailedOnce();
    }

    @Test
    void shouldTakeNoMessageWhileTheDatabaseCannotBeReached() throws Exception {
        String user = shop.register();
        order(user, 8);
        Rows.change("alter role billing_service connection limit 0");
        try {
            Rows.of("select pg_terminate_backend(pid)::text from pg_stat_activity where usename = 'billing_service'");
            await().atMost(Duration.ofSeconds(20)).until(() -> !OneProcess.services().isReady());
            goOn();
            await().during(Duration.ofSeconds(8)).atMost(Duration.ofSeconds(9))
                    .until(() -> broker.messageCounts().get("BillingRequested") == 8);
            assertThat(broker.messagesToComeAgain().get("BillingRequested")).isLessThanOrEqualTo(2);
        } finally {
            Rows.change("alter role billing_service connection limit -1");
        }

        broker.awaitQuiet();
        assertBilledAndMailedOnce();
    }

    private void order(String user, int times) {
        Stream.generate(() -> shop.postLater("/order", """
                {"userId":"%s","lines":[{"sku":"STICKER-1","quantity":1}]}""".formatted(user))).limit(times).toList()
                .forEach(answer -> orders.add(answer.join().field("orderId")));
    }

    private String status(String order) {
        return shop.get("/orders/" + order).field("status");
    }

    private void assertBilledAndMailedOnce() {
        for (String order : orders) {
            assertThat(status(order)).isEqualTo("PAYED");
            assertThat(Rows.of("select verdict from billing_service.bill where order_id = ?", order))
                    .containsExactly("PAYED");
            assertThat(Rows.of("select amount from billing_service.entry where order_id = ?", order))
                    .containsExactly("-300");
        }
        assertThat(Rows.of("""
                select user_id from billing_service.account a
                where balance <> (select sum(amount) from billing_service.entry e where e.user_id = a.user_id)"""))
                .isEmpty();
        assertThat(new Caller(Servers.sandbox().mails().getPort()).get("/mails?limit=1000").json()
                .findValuesAsText("messageId"))
                .containsOnlyOnceElementsOf(orders.stream().map("<OrderPayed.%s@order-choreography.example>"::formatted)
                .toList());
    }
}
