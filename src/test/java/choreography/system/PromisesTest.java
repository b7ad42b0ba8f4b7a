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
            order      | PAYED                         | is PAYED, total 7; 1 bills: PAYED over 7;
            order      | CANCELLED                     | is CANCELLED, total 7; 1 bills: PAYED over 7
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

    private static String account(String balance) {
        return "insert into billing_service.account (user_id, owner, balance) values ('%s', 'Ada', %s);".formatted(
                USER, balance);
    }

    private static String order(String status) {
        return account("0") + """
                insert into billing_service.bill (order_id, user_id, amount, verdict) values ('%1$s', '%1$s', 7,
                'PAYED');
                insert into notification_service.mail (order_id, kind, message_id, claimed_by)
                values ('%1$s', 'OrderCancelled', '1', '1');
                insert into order_service.orders (order_id, request_id, user_id, customer, lines, total, status,
                reason, history)
                values ('%1$s', '%1$s', '%1$s', '{}', '[]', 7, '%2$s',
                  case '%2$s' when 'CANCELLED' then '' end, '[{"status":"CREATED"}]')
                """.formatted(USER, status);
    }
}
