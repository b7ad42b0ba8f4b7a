package choreography.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;

import choreography.sandbox.Postgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import static org.awaitility.Awaitility.await;

/** One PostgreSQL for all tests of this JVM. Tests share it, so each makes ids of its own. */
public final class TestDatabase {

    private static final Path PASSWORD = Path.of("target", "test-database.password");
    private static final EmbeddedPostgres POSTGRES = start();

    private TestDatabase() { }

    private static EmbeddedPostgres start() {
        try {
            EmbeddedPostgres postgres = Postgres.builder(PASSWORD).start();
            createRoles(postgres.getJdbcUrl("postgres", "postgres"));
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the services' roles, if they are not there yet, and their schemas in one database. */
    public static void createRoles(String url) {
        try (var roles = TestDatabase.class.getResourceAsStream("/db/create-roles.sql")) {
            client(url).execute(new String(roles.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the administrator. */
    public static Connection connect(String url) throws SQLException {
        return client(url).connect();
    }

    private static DatabaseClient client(String url) {
        try {
            return new DatabaseClient(url, Postgres.password(PASSWORD));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String url() {
        return "jdbc:postgresql://localhost:%d/postgres".formatted(POSTGRES.getPort());
    }

    /** The rows that a query finds, the columns of each separated by a space. */
    public static List<String> rows(String query) {
        return client(url()).rows(query).stream().map(row -> String.join(" ", row)).toList();
    }

    public static void execute(String statement) {
        client(url()).execute(statement);
    }

    /**
     * Holds a lock while tasks are started, until as many sessions wait for it: so they are sure to meet.
     *
     * @param lockingQuery a {@code select ... for update}
     */
    public static void holdUntilWaiting(String lockingQuery, int sessions, Runnable start) throws SQLException {
        try (var connection = connect(url()); var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(lockingQuery);
            start.run();
            await().atMost(30, TimeUnit.SECONDS).until(() -> Integer.parseInt(
                    rows("select count(*) from pg_stat_activity where wait_event_type = 'Lock'").get(0)) >= sessions);
            connection.commit();
        }
    }
}
