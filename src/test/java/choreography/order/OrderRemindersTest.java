package choreography.order;

import static choreography.testing.TestDatabase.execute;
import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;

import choreography.messaging.CloudEvents;
import choreography.testing.TestDatabase;
import choreography.testing.TestedService;
import choreography.testing.TestedService.Published;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.jms.JMSException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The order service's check for orders that do not end, which are stuck after a minute here and reminded of three times. */
class OrderRemindersTest {

    static TestedService orders;

    final String user = newId();

    @BeforeAll
    static void start() throws Exception {
        orders = TestedService.start("order", "order.stuck-after-ms", "60000", "order.max-reminders", "3", "order.check-interval-ms", "50");
    }

    @AfterAll
    static void stop() {
        orders.close();
    }

    @BeforeEach
    void forget() {
        orders.forget();
        orders.siblings.answer("/users/%s/".formatted(user), """
                {"userId":"%s","name":"Ada","email":"ada@example.com","createdAt":"2026-11-22T10:00:00.000Z"}""".formatted(user));
    }

    @Test
    void shouldAskAgainWithTheEventOfTheFirstTime() throws Exception {
        String event = newId();
        String order = order(event);

        askedAgo(order, 61);

        awaitReminders(order, 1);
        assertThat(published(order)).singleElement().satisfies(again -> {
            assertThat(again.address()).isEqualTo("BillingRequested");
            assertThat(again.text()).isEqualTo("{\"orderId\":\"%s\"}".formatted(order));
            assertThat(again.correlationId()).isEqualTo(order);
            assertThat(again.properties())
                    .containsEntry("cloudEvents_id", CloudEvents.id(event, "BillingRequested"))
                    .containsEntry("cloudEvents_causationid", event)
                    .containsEntry("cloudEvents_subject", order)
                    .containsEntry("cloudEvents_source", "/order");
        });
    }

    @Test
    void shouldDoubleTheDistanceGiveUpAndSaySo() throws Exception {
        double before = meter("orders.reminded");
        String order = order(newId());

        int reminders = 0;
        for (int seconds : List.of(60, 120, 240)) {
            askedAgo(order, seconds - 10);
            awaitCheck();
            assertThat(published(order)).hasSize(reminders);
            askedAgo(order, seconds + 1);
            awaitReminders(order, ++reminders);
        }
        askedAgo(order, 1_000_000);
        awaitCheck();

        assertThat(published(order)).hasSize(3);
        assertThat(meter("orders.reminded") - before).isEqualTo(3 + 4); // awaitCheck has one of its own each time
        assertThat(meter("orders.given.up")).isEqualTo(1);
        assertThat(meter("orders.stuck")).isGreaterThanOrEqualTo(1);
        var health = orders.camel().getRegistry().findSingleByType(StuckOrders.class).call();
        assertThat(health.getState()).hasToString("UP");
        assertThat(health.getMessage().orElseThrow()).contains("in vain for the billing of 1: " + order);

        orders.consume("BillPayed", newId(), "{\"orderId\":\"%s\"}".formatted(order));
        await().atMost(Duration.ofSeconds(20)).until(() -> meter("orders.given.up") == 0);
    }

    @Test
    void shouldNotCountAReminderThatCouldNotBePublished() throws Exception {
        String order = order(newId());
        orders.mock("queue:BillingRequested").whenExchangeReceived(1, sent -> {
            throw new JMSException("connection lost");
        });

        askedAgo(order, 61);

        await().atMost(Duration.ofSeconds(20)).until(() -> published(order).size() == 2);
        awaitReminders(order, 1);
    }

    @Test
    void shouldLeaveAnOrderToTheReplicaThatHasTakenIt() throws Exception {
        String order = order(newId());
        askedAgo(order, 58);

        TestDatabase.holdUntilWaiting("select from order_service.orders where order_id = '%s' for update".formatted(order), 0, () -> {
            await().atMost(Duration.ofSeconds(20)).until(() -> rows("""
                    select billing_asked_at < now() - interval '61 s' from order_service.orders where order_id = '%s'""".formatted(order)).equals(List.of("t")));
            awaitCheck();
            awaitReminders(order, 0);
        });

        awaitReminders(order, 1);
        assertThat(published(order)).hasSize(1);
    }

    @Test
    void shouldLeaveAnOrderAloneThatHasEnded() throws Exception {
        String order = order(newId());
        orders.consume("BillPayed", newId(), "{\"orderId\":\"%s\"}".formatted(order));
        orders.forget();

        askedAgo(order, 61);
        awaitCheck();

        assertThat(published(order)).isEmpty();
    }

    private String order(String event) throws Exception {
        String order = newId();
        orders.consume("OrderRequested", event, """
                {"orderId":"%s","userId":"%s","lines":[{"sku":"MUG-1","quantity":1}]}""".formatted(order, user));
        orders.forget();
        return order;
    }

    private static void askedAgo(String order, int seconds) {
        execute("update order_service.orders set created_at = now() - interval '1 hour', billing_asked_at = now() - interval '%d s' where order_id = '%s'"
                .formatted(seconds, order));
    }

    private static void awaitReminders(String order, int reminders) {
        await().atMost(Duration.ofSeconds(20)).until(() ->
                rows("select reminders from order_service.orders where order_id = '%s'".formatted(order)).equals(List.of("" + reminders)));
    }

    /** Waits until orders that were overdue before this call have been looked at: another one, overdue since now, is reminded of. */
    private static void awaitCheck() {
        String last = newId();
        execute("""
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status, history, billing_asked_at)
                values ('%s', '%s', '%s', '{}', '[]', 1, 'CREATED', '[]', now() - interval '61 s')""".formatted(last, newId(), newId()));
        awaitReminders(last, 1);
        execute("delete from order_service.orders where order_id = '%s'".formatted(last));
    }

    private static List<Published> published(String order) throws Exception {
        return orders.published().stream().filter(message -> message.text().contains(order)).toList();
    }

    private static double meter(String name) {
        MeterRegistry meters = orders.camel().getRegistry().findSingleByType(MeterRegistry.class);
        var found = meters.get(name).meter().measure().iterator().next();
        return found.getValue();
    }
}
