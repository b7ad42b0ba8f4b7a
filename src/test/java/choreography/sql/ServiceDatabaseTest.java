package choreography.sql;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import choreography.catalogue.Topology;
import choreography.testing.TestDatabase;
import org.apache.camel.impl.DefaultCamelContext;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
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

    /** It hangs, or a proxy before it does: the next try may find one that does not. */
    @Test
    void shouldNotWaitForeverForADatabaseThatTakesTheConnectionAndSaysNothing() throws Exception {
        String url = newDatabase("silent");
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
             ServiceDatabase database = new ServiceDatabase("user", url.replaceFirst(":\\d+/",
                     ":" + silent.getLocalPort() + "/"), "user_service")) {
            database.addDataSourceProperty("socketTimeout", "1");

            assertThatThrownBy(database::getConnection).hasStackTraceContaining("Read timed out");
        }
    }

    @Test
    void shouldTellTheTimeOfEachRowNotOfItsTransaction() {
        for (String service : Topology.consumingServices()) {
            try (ServiceDatabase database = new ServiceDatabase(service, TestDatabase.url(), service + "_service")) {
                assertThatCode(() -> database.getConnection().close()).doesNotThrowAnyException();
            }
        }

        assertThat(TestDatabase.rows("""
                select table_name, column_name, column_default from information_schema.columns
                where table_schema like '%\\_service' and column_default ~ 'now\\(\\)|CURRENT_TIMESTAMP'
                  and table_name <> 'flyway_schema_history'""")).isEmpty();
        assertThat(TestDatabase.rows("""
                select proname from pg_proc where pronamespace::regnamespace::text like '%\\_service'
                  and case when prokind = 'f' then pg_get_functiondef(oid) end ~* 'now\\(\\)|current_timestamp'"""))
                    .isEmpty();
    }

    @Test
    void shouldCloseItsConnectionsWhenTheServiceStops() throws Exception {
        ServiceDatabase database = new ServiceDatabase("user", TestDatabase.url(), "user_service");
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            database.setCamelContext(camel);
            camel.start();
            database.getConnection().close();
        }

        assertThat(database.isClosed()).isTrue();
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
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(20); // a test that hangs tells nothing
            ResultSet answer = statement.executeQuery(question);
            answer.next();
            return answer.getString(1);
        }
    }
}
