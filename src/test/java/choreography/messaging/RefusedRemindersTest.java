package choreography.messaging;

import java.time.Duration;
import java.util.List;

import choreography.testing.SilentBroker;
import choreography.testing.TestedService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static choreography.testing.TestDatabase.execute;
import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.awaitility.Awaitility.await;

/**
 * A reminder that the broker has not committed does not count: neither in the row nor for the distance to the next
 * one.
 */
class RefusedRemindersTest {

    private final String id = newId();

    @AfterEach
    void takeThemAgain() {
        SilentBroker.refuseCommits(false);
    }

    @ParameterizedTest
    @CsvSource({"order, CREATED", "order, PAYED", "order, CANCELLED", "user, REGISTERED"})
    void shouldNotCountAReminderThatTheBrokerDidNotCommit(String service, String status) throws Exception {
        String table = service.equals("order") ? "order_service.orders" : "user_service.registration";
        try (TestedService tested = TestedService.startUnmocked(service, service + ".stuck-after-ms", "60000",
                service + ".check-interval-ms", "50")) {
            tested.siblings.answer("/mails/", "{\"ids\":[]}");
            tested.siblings.answer("/accounts/", "{\"ids\":[]}");
            SilentBroker.refuseCommits(true);
            insert(service, status);

            await().atMost(Duration.ofSeconds(20)).until(() -> SilentBroker.refusedCommits() == 1);
            awaitRow(table, "reminders = 0 and look_at > now() - interval '60 s'"); // comes again in a minute

            SilentBroker.refuseCommits(false);
            execute("update %s set look_at = now() - interval '61 s' where request_id = '%s'".formatted(table, id));
            awaitRow(table, "reminders = 1 and look_at > now()"); // comes again in two
        } finally {
            execute("delete from %s where request_id = '%s'".formatted(table, id));
        }
    }

    private void awaitRow(String table, String condition) {
        await().atMost(Duration.ofSeconds(20)).until(() ->
                rows("select %s from %s where request_id = '%s'".formatted(condition, table, id)).equals(List.of("t")));
    }

    private void insert(String service, String status) {
        execute(service.equals("user") ? """
                insert into user_service.registration (user_id, request_id, status, look_at)
                values ('%1$s', '%1$s', '%2$s', now() - interval '61 s')""".formatted(id, status) : """
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
                reason, history, look_at)
                values ('%1$s', '%1$s', '%1$s', '{}', '[]', 1, '%2$s', %3$s,
                        jsonb_build_array(order_service.history_entry('%2$s')), now() - interval '61 s')""".formatted(
                                id, status, status.equals("CANCELLED") ? "'BALANCE_TOO_LOW'" : "null"));
    }
}
