package choreography.order;

import java.time.Duration;
import java.util.List;

import choreography.health.StuckCheck;
import choreography.messaging.CloudEvents;
import choreography.testing.TestDatabase;
import choreography.testing.TestedService;
import choreography.testing.TestedService.Published;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.jms.JMSException;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static choreography.testing.TestDatabase.execute;
import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** The order service's check for orders that do not end or end without a mail. They are stuck after a minute here. */
class OrderRemindersTest {

    static TestedService orders;

    final String user = newId();

    @BeforeAll
    static void start() throws Exception {
        orders = TestedService.start("order", "order.stuck-after-ms", "60000", "order.check-interval-ms", "50");
    }

    @AfterAll
    static void stop() {
        orders.close();
    }

    @BeforeEach
    void forget() {
        orders.forget();
        orders.siblings.fail("/mails/", 503);
        orders.siblings.answer("/users/%s/".formatted(user), """
                {"userId":"%s","name":"Ada","email":"ada@example.com","createdAt":"2026-11-22T10:00:00.000Z"}"""
                .formatted(user));
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
    void shouldDoubleTheDistanceUpToAnHourAndSayWhatIsStuck() throws Exception {
        double before = meter("orders.reminded");
        String order = order(newId());

        int reminders = 0;
        for (int minutes : List.of(1, 2, 4, 8, 16, 32, 60, 60, 60)) {
            if (reminders > 0) {
                assertThat(secondsToTheNext(order)).isBetween(minutes * 60 - 30, minutes * 60);
            }
            askedAgo(order, 61);
            awaitReminders(order, ++reminders);
        }

        awaitCheck();
        assertThat(published(order)).hasSize(9);
        assertThat(meter("orders.reminded") - before).isEqualTo(9 + 1); // awaitCheck has one of its own
        assertThat(meter("orders.stuck")).isGreaterThanOrEqualTo(1);
        assertThat(meter("orders.stuck.oldest")).isGreaterThanOrEqualTo(3600);
        assertThat(health("orders").getState()).hasToString("UP");
        assertThat(health("orders").getMessage().orElseThrow()).startsWith("Orders that have not ended in time: ");
        assertThat(health("orders").getDetails().get("oldest")).asString().contains(order);

        orders.consume("BillPayed", newId(), thin(order));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !String.valueOf(health("orders").getDetails().get("oldest")).contains(order));
    }

    @Test
    void shouldNotOverflowAfterYearsOfReminders() throws Exception {
        String order = order(newId());
        execute("update order_service.orders set reminders = 100000 where order_id = '%s'".formatted(order));

        askedAgo(order, 61);

        awaitReminders(order, 100001);
        assertThat(secondsToTheNext(order)).isBetween(3570, 3600);
    }

    @Test
    void shouldAnnounceThePaidOrdersAgainWhoseMailIsNotSent() throws Exception {
        String event = newId();
        String unmailed = order(event);
        String mailed = order(newId());
        consume("BillPayed", event, unmailed, thin(unmailed));
        consume("BillPayed", newId(), mailed, thin(mailed));
        List<Published> first = published(unmailed);
        orders.forget();
        orders.siblings.answer("/mails/", "{\"ids\":[\"%s\"]}".formatted(mailed));

        askedAgo(mailed, 62);
        askedAgo(unmailed, 61);

        awaitReminders(unmailed, 1);
        assertThat(published(unmailed)).usingRecursiveFieldByFieldElementComparatorIgnoringFields("properties")
                .isEqualTo(first);
        assertThat(published(unmailed).get(0).properties().get("cloudEvents_id"))
                .isEqualTo(first.get(0).properties().get("cloudEvents_id"));
        assertThat(published(mailed)).isEmpty();
        assertThat(rows("select look_at is null from order_service.orders where order_id = '%s'".formatted(mailed)))
                .containsExactly("t");
        await().atMost(Duration.ofSeconds(20)).until(() -> meter("mails.stuck") >= 1);
        assertThat(health("mails").getDetails().get("oldest")).asString().contains(unmailed).doesNotContain(mailed);
    }

    /** The notification service says so: it is being sent, or its recipient is tried again later. */
    @Test
    void shouldNotAnnounceAnOrderAgainWhoseMailIsUnderWay() throws Exception {
        String underWay = order(newId());
        String lost = order(newId());
        orders.consume("BillPayed", newId(), thin(underWay));
        orders.consume("BillPayed", newId(), thin(lost));
        orders.forget();
        orders.siblings.answer("/mails/", "{\"ids\":[],\"waiting\":[\"%s\"]}".formatted(underWay));

        askedAgo(underWay, 62);
        askedAgo(lost, 61);

        awaitReminders(lost, 1);
        assertThat(published(underWay)).isEmpty();
        assertThat(rows("select reminders, look_at > now() - interval '60 s' from order_service.orders where order_id "
                + "= '%s'".formatted(underWay))).containsExactly("0 t"); // is looked at again in a minute
        await().atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(health("mails").getDetails().get("oldest")).contains(lost));

        orders.siblings.answer("/mails/", "{\"ids\":[],\"waiting\":[]}");
        askedAgo(underWay, 61);
        awaitReminders(underWay, 1);
    }

    @Test
    void shouldAnnounceACancelledOrderAgainWithItsReason() throws Exception {
        String event = newId();
        String order = order(event);
        consume("BillDeclined", event, order, "{\"orderId\":\"%s\",\"reason\":\"BALANCE_TOO_LOW\"}".formatted(order));
        List<Published> first = published(order);
        orders.forget();
        orders.siblings.answer("/mails/", "{\"ids\":[]}");

        askedAgo(order, 61);

        awaitReminders(order, 1);
        assertThat(published(order)).usingRecursiveFieldByFieldElementComparatorIgnoringFields("properties")
                .isEqualTo(first);
        assertThat(published(order).get(0).properties().get("cloudEvents_id"))
                .isEqualTo(first.get(0).properties().get("cloudEvents_id"));
    }

    @Test
    void shouldTakeNoMailForSentBecauseTheNotificationServiceFails() throws Exception {
        String order = order(newId());
        orders.consume("BillPayed", newId(), thin(order));
        orders.forget();
        orders.siblings.fail("/mails/", 404);

        askedAgo(order, 3_600);
        awaitRun();
        assertThat(published(order)).isEmpty();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(health("mails").getDetails().get("oldest")).contains(order));

        orders.siblings.answer("/mails/", "{\"ids\":[\"%s\"]}".formatted(order));
        await().atMost(Duration.ofSeconds(20))
                .until(() ->
                        rows("select look_at is null from order_service.orders where order_id = '%s'".formatted(order))
                                .equals(List.of("t")));
    }

    @Test
    void shouldAskOnceForAHundredMailsAndGoOnAtOnce() throws Exception {
        execute("""
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
                history, look_at)
                select md5('many' || n)::uuid, gen_random_uuid(), gen_random_uuid(), '{}', '[]', 1, 'PAYED',
                       jsonb_build_array(jsonb_build_object('at', now(), 'status', 'PAYED')), now() - interval '2 days'
                from generate_series(1, 250) n""");
        String ids =
                rows("select string_agg('\"' || md5('many' || n)::uuid || '\"', ',') from generate_series(1, 250) n")
                        .get(0);
        orders.siblings.forgetCalls();

        orders.siblings.answer("/mails/", "{\"ids\":[%s]}".formatted(ids));

        await().atMost(Duration.ofSeconds(20)).until(() -> rows("""
                select count(*) from order_service.orders
                where look_at is not null and look_at < now() - interval '1 day'""").equals(List.of("0")));
        assertThat(orders.siblings.calls().stream().filter(call -> call.length() > 3_000)).hasSize(2);
        execute("delete from order_service.orders where customer = '{}'");
    }

    @Test
    void shouldNotCountAReminderThatCouldNotBePublished() throws Exception {
        String order = order(newId());
        orders.mock("queue:BillingRequested").whenExchangeReceived(1, sent -> {
            throw new JMSException("connection lost");
        });

        askedAgo(order, 61);

        await().atMost(Duration.ofSeconds(20)).until(() -> published(order).size() == 1);
        awaitRun();
        awaitReminders(order, 0);
        askedAgo(order, 61);
        awaitReminders(order, 1);
    }

    @Test
    void shouldLeaveAnOrderToTheReplicaThatHasTakenIt() throws Exception {
        String order = order(newId());
        askedAgo(order, 58);

        TestDatabase.holdUntilWaiting(
                "select from order_service.orders where order_id = '%s' for update".formatted(order), 0, () -> {
            await().atMost(Duration.ofSeconds(20)).until(() -> rows("""
                    select look_at < now() - interval '61 s' from order_service.orders where order_id = '%s'"""
                    .formatted(order)).equals(List.of("t")));
            awaitCheck();
            awaitReminders(order, 0);
        });

        awaitReminders(order, 1);
        assertThat(published(order)).hasSize(1);
    }

    @Test
    void shouldLeaveAnOrderAloneThatHasEnded() throws Exception {
        String order = order(newId());
        orders.consume("BillPayed", newId(), thin(order));
        orders.forget();
        orders.siblings.answer("/mails/", "{\"ids\":[\"%s\"]}".formatted(order));

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

    private static String thin(String order) {
        return "{\"orderId\":\"%s\"}".formatted(order);
    }

    /** @param request id of the OrderRequested that led to the bill */
    private static void consume(String verdict, String request, String order, String text) throws Exception {
        var event = TestedService.event(CloudEvents.id(CloudEvents.id(request, "BillingRequested"), verdict), text);
        event.setJMSCorrelationID(order);
        orders.consume(verdict, event);
    }

    private static void askedAgo(String order, int seconds) {
        execute("""
                update order_service.orders set created_at = now() - interval '1 hour',
                look_at = now() - interval '%d s' where order_id = '%s'""".formatted(seconds, order));
    }

    private static void awaitReminders(String order, int reminders) {
        await().atMost(Duration.ofSeconds(20)).until(() ->
                rows("select reminders from order_service.orders where order_id = '%s'".formatted(order))
                        .equals(List.of("" + reminders)));
    }

    private static int secondsToTheNext(String order) {
        return Integer.parseInt(rows("""
                select round(extract(epoch from look_at + interval '1 minute' - now())) from order_service.orders
                where order_id = '%s'""".formatted(order)).get(0));
    }

    /** Waits until a check has begun and ended after this call: of both routes. */
    private static void awaitRun() {
        for (String route : List.of("order-remind-billing", "order-remind-mails")) {
            double done = done(route);
            await().atMost(Duration.ofSeconds(20)).until(() -> done(route) >= done + 2);
        }
    }

    private static double done(String route) {
        return orders.camel().getRegistry().findSingleByType(MeterRegistry.class)
                .get("camel.exchanges.total").tag("routeId", route).meters().iterator().next().measure().iterator()
                .next().getValue();
    }

    /**
     * Waits until orders that were overdue before this call have been looked at: another one, overdue since now, is
     * reminded of.
     */
    private static void awaitCheck() {
        String last = newId();
        execute("""
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
                history, look_at)
                values ('%s', '%s', '%s', '{}', '[]', 1, 'CREATED', '[]', now() - interval '61 s')"""
                .formatted(last, newId(), newId()));
        awaitReminders(last, 1);
        execute("delete from order_service.orders where order_id = '%s'".formatted(last));
    }

    private static List<Published> published(String order) throws Exception {
        return orders.published().stream().filter(message -> message.text().contains(order)).toList();
    }

    private static HealthCheck.Result health(String kind) {
        return orders.camel().getRegistry()
                .lookupByNameAndType("stuck" + kind.substring(0, 1).toUpperCase() + kind.substring(1), StuckCheck.class)
                .call();
    }

    private static double meter(String name) {
        MeterRegistry meters = orders.camel().getRegistry().findSingleByType(MeterRegistry.class);
        var found = meters.get(name).meter().measure().iterator().next();
        return found.getValue();
    }
}
