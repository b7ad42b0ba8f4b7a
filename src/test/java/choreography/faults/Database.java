package choreography.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import choreography.sandbox.SandboxSettings;
import choreography.testing.DatabaseClient;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;

/** The sandbox's PostgreSQL, which can be killed and started again on the same data and port. */
final class Database {

    private final choreography.sandbox.Database postgres;
    private final Path pidFile;

    Database(SandboxSettings settings) {
        postgres = new choreography.sandbox.Database(settings);
        pidFile = settings.data().resolve("postgres/postmaster.pid");
        Configurator.setLevel("io.zonky", Level.OFF); // it complains about a server that it did not stop itself
    }

    String url() {
        return postgres.url();
    }

    void start() {
        postgres.start();
    }

    /** {@code kill -9} of the server and all its processes. */
    void kill() throws IOException {
        postmaster().ifPresent(postmaster -> {
            List<ProcessHandle> all = Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
            all.forEach(ProcessHandle::destroyForcibly);
            all.forEach(process -> process.onExit().join());
        });
        Files.deleteIfExists(pidFile);
        postgres.close(); // else it keeps the data folder locked
    }

    private Optional<ProcessHandle> postmaster() throws IOException {
        return Files.exists(pidFile) ? ProcessHandle.of(Long.parseLong(Files.readAllLines(pidFile).get(0).trim()))
                : Optional.empty();
    }

    Connection connect() throws SQLException {
        return new DatabaseClient(url(), postgres.password()).connect();
    }

    /** @return each row, its columns as text */
    List<List<String>> rows(String query) throws SQLException {
        try (Connection connection = connect()) {
            return DatabaseClient.rows(connection, query);
        }
    }
}
