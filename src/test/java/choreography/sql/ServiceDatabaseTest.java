package choreography.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import choreography.testing.TestDatabase;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** A schema is brought up to date while others use it. */
@Timeout(90)
class ServiceDatabaseTest {

    @Test
    void shouldLetReadersGoOnWhileAMigrationWaitsForOneOfThem() throws Exception {
        String url = newDatabase("upgraded");
        Flyway.configure().dataSource(url, "order_service", "order_service").defaultSchema("order_service")
                .locations("classpath:db/order").target("3").load().migrate();
        try (ServiceDatabase database = new ServiceDatabase("order", url, "order_service")) {
            try (Connection dump = TestDatabase.connect(url)) {
                dump.setAutoCommit(false);
                ask(dump, "select count(*) from order_service.orders");

                assertThatThrownBy(database::getConnection).isInstanceOf(SQLException.class);
                Duration longest = longestRead(url, database, Duration.ofSeconds(10));

                // it did wait, at most for the migration's turn
                assertThat(longest).isBetween(Duration.ofMillis(500), Duration.ofSeconds(5));
            }

            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
                try (Connection connection = database.getConnection()) {
                    assertThat(ask(connection,
                            "select count(*) from flyway_schema_history where version = '5' and success"))
                            .isEqualTo("1");
                }
            });
        }
    }

    /** Reads again and again, as other replicas do, while the service asks for connections. */
    private static Duration longestRead(String url, ServiceDatabase database, Duration time) throws SQLException {
        Duration longest = Duration.ZERO;
        long end = System.nanoTime() + time.toNanos();
        try (Connection reader = TestDatabase.connect(url)) {
            while (System.nanoTime() < end) {
                CompletableFuture<Boolean> asked = CompletableFuture.supplyAsync(() -> isRefused(database));
                do {
                    long begun = System.nanoTime();
                    ask(reader, "select count(*) from order_service.orders");
                    Duration took = Duration.ofNanos(System.nanoTime() - begun);
                    longest = took.compareTo(longest) > 0 ? took : longest;
                } while (!asked.isDone());
                assertThat(asked.join()).isTrue();
            }
        }
        return longest;
    }

    private static boolean isRefused(ServiceDatabase database) {
        try (Connection connection = database.getConnection()) {
            throw new IllegalStateException("migrated in spite of the reader: " + connection);
        } catch (SQLException e) {
            return true;
        }
    }

    @Test
    void shouldGiveAMigrationTheTimeItTakes() throws Exception {
        String url = newDatabase("slow");
        try (Connection admin = TestDatabase.connect(url); Statement statement = admin.createStatement()) {
            statement.execute("create role slow_service login password 'slow_service'; "
                    + "create schema slow_service authorization slow_service");
        }
        try (ServiceDatabase database = new ServiceDatabase("slow", url, "slow_service")) { // its migration takes 2 s
            database.addDataSourceProperty("socketTimeout", "1");
            database.setConnectionTimeout(500);

            assertThatThrownBy(database::getConnection).hasMessage("the schema is being brought up to date");

            await().atMost(Duration.ofSeconds(20)).ignoreExceptions().untilAsserted(() -> {
                try (Connection connection = database.getConnection()) {
                    assertThat(ask(connection,
                            "select count(*) from flyway_schema_history where success and version = '1'"))
                            .isEqualTo("1");
                }
            });
        }
    }

    @Test
    void shouldEndAStatementBeforeItsCallerGivesUp() throws Exception {
        try (ServiceDatabase database = new ServiceDatabase("user", TestDatabase.url(), "user_service");
             Connection connection = database.getConnection()) {
            assertThat(Integer.parseInt(ask(connection, "show statement_timeout").replace("s", "")))
                    .isPositive()
                    .isLessThan(Integer.parseInt(database.getDataSourceProperties().getProperty("socketTimeout")));
        }
    }

    private static String newDatabase(String name) {
        TestDatabase.execute("create database " + name);
        String url = TestDatabase.url().replaceFirst("/postgres$", "/" + name);
        TestDatabase.createRoles(url);
        return url;
    }

    private static String ask(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getString(1);
        }
    }
}
