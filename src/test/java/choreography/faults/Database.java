package choreography.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import choreography.sandbox.Postgres;
import choreography.testing.FreePorts;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

import static java.nio.charset.StandardCharsets.UTF_8;

/** PostgreSQL, set up as in the sandbox, that can be killed and started again on the same data and port. */
final class Database {

    private final Path data;
    private final Path passwordFile;
    private final int port = FreePorts.one();
    private EmbeddedPostgres postgres;

    Database(Path data) {
        this.data = data;
        passwordFile = data.resolveSibling("postgres.password");
        Configurator.setLevel("io.zonky", Level.OFF); // it complains about a server that it did not stop itself
    }

    String url() {
        return url("choreography");
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /** Starts for the first time. */
    void create() throws IOException, SQLException {
        start();
        try (InputStream roles = Database.class.getResourceAsStream("/db/create-roles.sql")) {
            try (Connection connection = connect(url("postgres"));
                 Statement statement = connection.createStatement()) {
                statement.execute("create database choreography");
            }
            try (Connection connection = connect(); Statement statement = connection.createStatement()) {
                statement.execute(new String(roles.readAllBytes(), UTF_8));
            }
        }
    }

    void start() throws IOException {
        postgres = Postgres.builder(passwordFile)
                .setPort(port)
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setPGStartupWait(Duration.ofSeconds(60))
                .setOutputRedirector(ProcessBuilder.Redirect.appendTo(data.resolveSibling("postgres.log").toFile()))
                .setLocaleConfig("locale", "C")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("max_connections", "100")
                .start();
    }

    /** {@code kill -9} of the server and all its processes. */
    void kill() throws IOException {
        postmaster().ifPresent(postmaster -> {
            List<ProcessHandle> all = Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
            all.forEach(ProcessHandle::destroyForcibly);
            all.forEach(process -> process.onExit().join());
        });
        Files.deleteIfExists(data.resolve("postmaster.pid"));
        if (postgres != null) {
            postgres.close(); // else it keeps the data folder locked
        }
    }

    private Optional<ProcessHandle> postmaster() throws IOException {
        Path file = data.resolve("postmaster.pid");
        return Files.exists(file) ? ProcessHandle.of(Long.parseLong(Files.readAllLines(file).get(0).trim()))
                : Optional.empty();
    }

    Connection connect() throws SQLException {
        return connect(url());
    }

    private Connection connect(String url) throws SQLException {
        try {
            return DriverManager.getConnection(url, "postgres", Postgres.password(passwordFile));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return each row, its columns as text */
    List<List<String>> rows(String query) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement();
             ResultSet result = statement.executeQuery(query)) {
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                    row.add(result.getString(column));
                }
                rows.add(row);
            }
            return rows;
        }
    }
}
