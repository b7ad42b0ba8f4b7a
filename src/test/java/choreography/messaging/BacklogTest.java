package choreography.messaging;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import choreography.testing.SilentBroker;
import choreography.testing.TestedService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static choreography.testing.TestDatabase.execute;
import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nothing is asked for again that still waits, in its queue or for its next attempt.
 * Things are stuck after two seconds here.
 */
class BacklogTest {

    private static final String QUEUES = """
            order,CREATED,BillingRequested
            order,CREATED,BillPayed::order-bill-payed
            order,CREATED,BillDeclined::order-bill-declined
            order,PAYED,OrderPayed::notification-order-payed
            order,CANCELLED,OrderCancelled::notification-order-cancelled
            user,REGISTERED,UserCreated::billing-user-created
            """;
    private static final Duration STUCK_AFTER = Duration.ofSeconds(2);

    private static TestedService orders;
    private static TestedService users;

    private final List<String> inserted = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        orders = start("order");
        users = start("user");
    }

    private static TestedService start(String service) throws Exception {
        TestedService tested = TestedService.startUnmocked(service,
                service + ".stuck-after-ms", "" + STUCK_AFTER.toMillis(), service + ".check-interval-ms", "50");
        tested.siblings.answer("/mails/", "{\"ids\":[],\"waiting\":[]}");
        tested.siblings.answer("/accounts/", "{\"ids\":[]}");
        return tested;
    }

    @AfterAll
    static void stop() {
        orders.close();
        users.close();
    }

    @AfterEach
    void empty() {
        SilentBroker.WAITING.clear();
        SilentBroker.SENT_AGAIN_WITH.clear();
        inserted.forEach(id -> {
            execute("delete from order_service.orders where request_id = '%s'".formatted(id));
            execute("delete from user_service.registration where request_id = '%s'".formatted(id));
        });
    }

    @ParameterizedTest
    @CsvSource(textBlock = QUEUES)
    void shouldNotAskAgainForWhatWaitsInItsQueueOrForItsNextAttempt(String service, String status, String queue) {
        Instant head = Instant.now().minusSeconds(3_600);
        SilentBroker.WAITING.put(queue, head.toEpochMilli());
        String waits = insert(service, status, head.plusMillis(1));
        String lost = insert(service, status, head.minusSeconds(10));
        awaitReminders(service, lost, 1);
        assertThat(reminders(service, waits)).isZero();

        SilentBroker.WAITING.clear(); // handed out, and it may have failed

        Instant handedOut = Instant.now();
        awaitReminders(service, waits, 1);
        assertThat(Duration.between(handedOut, Instant.now())).isGreaterThan(STUCK_AFTER.dividedBy(2));
    }

    /** It comes before what waits longer, and as a new message. */
    @ParameterizedTest
    @CsvSource(textBlock = QUEUES)
    void shouldTakeWhatWasPutBackForAsOldAsItIs(String service, String status, String queue) {
        Instant head = Instant.now().minusSeconds(3_600);
        SilentBroker.SENT_AGAIN_WITH.put(Retries.FIRST_SENT, head.toEpochMilli());
        SilentBroker.WAITING.put(queue, head.toEpochMilli());
        String waits = insert(service, status, head.plusMillis(1));
        String lost = insert(service, status, head.minusSeconds(10));

        awaitReminders(service, lost, 1);
        assertThat(reminders(service, waits)).isZero();
    }

    private String insert(String service, String status, Instant askedAt) {
        return insert(service, status, newId(), askedAt);
    }

    private String insert(String service, String status, String id, Instant askedAt) {
        inserted.add(id);
        execute(service.equals("user") ? """
                insert into user_service.registration (user_id, request_id, status, look_at)
                values ('%1$s', '%1$s', '%2$s', '%3$s')""".formatted(id, status, askedAt) : """
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
                reason, history, look_at)
                values ('%1$s', '%1$s', '%1$s', '{}', '[]', 1, '%2$s', %4$s,
                        jsonb_build_array(order_service.history_entry('%2$s')), '%3$s')"""
                .formatted(id, status, askedAt, status.equals("CANCELLED") ? "'BALANCE_TOO_LOW'" : "null"));
        return id;
    }

    private static void awaitReminders(String service, String id, int count) {
        await().atMost(Duration.ofSeconds(20)).until(() -> reminders(service, id) == count);
    }

    private static int reminders(String service, String id) {
        return Integer.parseInt(row(service, "reminders", id));
    }

    private static String row(String service, String columns, String id) {
        String table = service.equals("order") ? "order_service.orders" : "user_service.registration";
        return rows("select %s from %s where request_id = '%s'".formatted(columns, table, id)).get(0);
    }
}
