package choreography.system;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

import choreography.catalogue.Topology;
import choreography.sql.ServiceDatabase;
import choreography.testing.Promises;
import choreography.testing.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The queries that prove the promises find what breaks them. */
class PromisesTest {

    private static final String USER = "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33";
    private static final String OTHER = "7d0b6b9c-2a64-4b0e-8a53-0e5f7f3d9a11";
    private static final String PAID = "11111111-7b0e-4a6e-9d9b-5a3a4f1f2c33";
    private static final String CANCELLED = "22222222-7b0e-4a6e-9d9b-5a3a4f1f2c33";
    private static final String SETTLED = """
            insert into user_service.users (user_id, name, email) values
              ('%1$s', 'Ada', 'ada@example.com'), ('%2$s', 'Bob', 'bob@example.com');
            insert into billing_service.account (user_id, owner, balance) values
              ('%1$s', 'Ada', 93), ('%2$s', 'Bob', 100);
            insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
              reason, history) values
              ('%3$s', '%3$s', '%1$s', '{}', '[]', 7, 'PAYED', null, '[{"status":"CREATED"},{"status":"PAYED"}]'),
              ('%4$s', '%4$s', '%1$s', '{}', '[]', 9000, 'CANCELLED', 'BALANCE_TOO_LOW',
                '[{"status":"CREATED"},{"status":"CANCELLED"}]');
            insert into billing_service.bill (order_id, user_id, amount, verdict, reason) values
              ('%3$s', '%1$s', 7, 'PAYED', null), ('%4$s', '%1$s', 9000, 'DECLINED', 'BALANCE_TOO_LOW');
            insert into billing_service.entry (user_id, order_id, amount) values
              ('%1$s', null, 100), ('%2$s', null, 100), ('%1$s', '%3$s', -7);
            insert into notification_service.mail (order_id, kind, message_id, claimed_by, sent_at) values
              ('%3$s', 'OrderPayed', '1', '1', now()), ('%4$s', 'OrderCancelled', '2', '1', now())
            """.formatted(USER, OTHER, PAID, CANCELLED);
    private static String url;

    @BeforeAll
    static void makeTables() throws SQLException {
        TestDatabase.execute("create database promises");
        url = TestDatabase.url().replaceFirst("/postgres$", "/promises");
        TestDatabase.createRoles(url);
        for (String service : Topology.consumingServices()) {
            try (ServiceDatabase database = new ServiceDatabase(service, url, service + "_service")) {
                database.getConnection().close();
            }
        }
    }

    @Test
    void shouldBeThePromisesOfTheDocument() throws Exception {
        String document = Files.readString(Path.of("docs/reliability.md")).replaceAll("\\s+", " ");
        assertThat(Promises.all()).hasSize(5)
                .allSatisfy(promise -> assertThat(document).contains("- " + promise.title()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            order      | CREATED                       | is CREATED, its history is CREATED
            order      | PAYED                         | is PAYED, total 7; 1 bills: PAYED over 7 of
            order      | CANCELLED                     | is CANCELLED, total 7; 1 bills: PAYED over 7 of
            order      | PAYED                         | its mails are: OrderCancelled, not known to be sent
            account    | 1                             | has 1, its entries add up to
            account    | 1                             | has no account, or an account no user
            """)
    void shouldFindWhatBreaksThem(String thing, String state, String violation) throws SQLException {
        try (Connection database = TestDatabase.connect(url); var statement = database.createStatement()) {
            database.setAutoCommit(false);
            assertThat(Promises.broken(database)).isEmpty();
            if (thing.equals("order")) {
                statement.execute(order(state));
            } else {
                statement.execute(account(state));
            }
            List<String> broken = Promises.broken(database);
            assertThat(String.join("\n", broken)).contains(violation);
            database.rollback();
        }
    }

    /** One order of a customer is paid, one is cancelled; then something is not as it should be. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            billing_service.bill      | user_id = OTHER          | verdict = 'PAYED'      | over 7 of OTHER
            billing_service.bill      | user_id = OTHER          | verdict = 'DECLINED'   | over 9000 of OTHER
            billing_service.bill      | amount = 6               | verdict = 'PAYED'      | PAYED over 6 of
            billing_service.bill      | amount = 6               | verdict = 'DECLINED'   | DECLINED over 6 of
            billing_service.entry     | user_id = OTHER          | amount = -7            | 1 debits: -7 of OTHER
            billing_service.entry     | amount = -8              | amount = -7            | 1 debits: -8 of
            billing_service.entry     | order_id = null          | amount = -7            | 2 of them are opening
            billing_service.entry     | amount = 101             | user_id = OTHER        | opening credits: 101
            billing_service.account   | owner = 'Eve'            | user_id = OTHER        | has another name: Eve
            order_service.orders      | order_id = OTHER         | status = 'PAYED'       | of  is , total ; 1 bills
            order_service.orders      | user_id = OTHER          | status = 'CANCELLED'   | of OTHER is CANCELLED
            notification_service.mail | sent_at = null           | kind = 'OrderPayed'    | not known to be sent
            notification_service.mail | kind = 'OrderCancelled'  | kind = 'OrderPayed'    | mails are: OrderCancelled
            """)
    void shouldFindWhatIsOfSomebodyElseOrOfAnotherAmount(String table, String change, String row, String violation)
            throws SQLException {
        try (Connection database = TestDatabase.connect(url); var statement = database.createStatement()) {
            database.setAutoCommit(false);
            statement.execute(SETTLED);
            assertThat(Promises.broken(database)).isEmpty();

            int changed = statement.executeUpdate("update %s set %s where %s".formatted(table, change, row)
                    .replace("OTHER", "'" + OTHER + "'"));

            assertThat(changed).isPositive();
            assertThat(String.join("\n", Promises.broken(database))).contains(violation.replace("OTHER", OTHER));
            database.rollback();
        }
    }

    private static String account(String balance) {
        return "insert into billing_service.account (user_id, owner, balance) values ('%s', 'Ada', %s);".formatted(
                USER, balance);
    }

    private static String order(String status) {
        return account("0") + """
                insert into billing_service.bill (order_id, user_id, amount, verdict)
                values ('%1$s', '%1$s', 7, 'PAYED');
                insert into notification_service.mail (order_id, kind, message_id, claimed_by)
                values ('%1$s', 'OrderCancelled', '1', '1');
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
                  reason, history)
                values ('%1$s', '%1$s', '%1$s', '{}', '[]', 7, '%2$s',
                  case '%2$s' when 'CANCELLED' then '' end, '[{"status":"CREATED"}]')
                """.formatted(USER, status);
    }
}
