package choreography.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.spi.OnCamelContextStopped;
import org.apache.camel.support.LifecycleStrategySupport;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * The database of one service: a connection pool of its own role, whose schema has the same name. The first connection
 * that can be had brings the schema up to date ({@code classpath:db/<service>}): a service starts whether its database
 * is there or not.
 */
public final class ServiceDatabase extends HikariDataSource implements CamelContextAware {

    private static final String SOCKET_TIMEOUT = "socketTimeout";
    /**
     * Behind a transaction that reads a table for long, a migration leaves the queue for its lock again: all others
     * wait there.
     */
    private static final String LOCK_TIMEOUT = "3s";
    /** Those others have their turn, before it queues up again. */
    private static final long REST_AFTER_REFUSAL = TimeUnit.SECONDS.toNanos(5);
    private static final Logger LOG = LoggerFactory.getLogger(ServiceDatabase.class);

    private final String service;
    private volatile boolean migrated;
    private CompletableFuture<Void> migration;
    private volatile boolean refused;
    private volatile long refusedAt;
    private String lastRefusal;
    private CamelContext camelContext;

    /**
     * @param service  name of the service; its role and schema are {@code <service>_service}
     * @param url      JDBC URL of the PostgreSQL database
     * @param password of the role
     */
    public ServiceDatabase(String service, String url, String password) {
        this.service = service;
        setPoolName(service);
        setJdbcUrl(url);
        setUsername(service + "_service");
        setPassword(password);
        setMaximumPoolSize(16);
        setMinimumIdle(1);
        setConnectionTimeout(5_000);
        setInitializationFailTimeout(-1);
        // values of a row never reach a log by way of an error message
        addDataSourceProperty("logServerErrorDetail", "false");
        addDataSourceProperty("connectTimeout", "5");
        // PostgreSQL ends what takes too long before its caller gives up: else it would go on, with its locks, for
        // nobody
        setConnectionInitSql("set statement_timeout = '25s'");
        addDataSourceProperty(SOCKET_TIMEOUT, "30");
        addDataSourceProperty("ApplicationName", service);
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (!migrated) {
            awaitMigration();
        }
        return super.getConnection();
    }

    /** It takes as long as it takes, on a thread of its own; whoever needs it waits no longer than for a connection. */
    private void awaitMigration() throws SQLException {
        try {
            migration().get(getConnectionTimeout(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new SQLException("the schema is being brought up to date");
        } catch (ExecutionException e) {
            throw new SQLException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException(e);
        }
    }

    /** The one that is under way. After one that failed the next begins, at once if the database was not there. */
    private synchronized CompletableFuture<Void> migration() {
        if (migration == null || migration.isCompletedExceptionally() && !isResting()) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            Thread thread = new Thread(() -> migrate(begun), service + "-migration");
            thread.setDaemon(true);
            thread.start();
            migration = begun;
        }
        return migration;
    }

    private boolean isResting() {
        return refused && System.nanoTime() - refusedAt < REST_AFTER_REFUSAL;
    }

    private void migrate(CompletableFuture<Void> begun) {
        try {
            Properties connection = new Properties();
            connection.putAll(getDataSourceProperties());
            connection.setProperty("tcpKeepAlive", "true");
            connection.setProperty("options", "-c lock_timeout=" + LOCK_TIMEOUT);
            var database = new DriverManagerDataSource(getJdbcUrl(), getUsername(), getPassword());
            database.setConnectionProperties(connection);
            database.getConnection().close(); // Flyway takes longer to say that there is none
            connection.remove(SOCKET_TIMEOUT); // a long migration says nothing until it has ended
            Flyway.configure().dataSource(database).defaultSchema(getUsername()).locations("classpath:db/" + service)
                    .load().migrate();
            migrated = true;
            begun.complete(null);
        } catch (FlywayException e) {
            begun.completeExceptionally(refusal(e));
        } catch (Throwable e) {
            begun.completeExceptionally(e);
        }
    }

    private SQLException refusal(FlywayException e) {
        String refusal = "the schema cannot be brought up to date: " + e.getMessage();
        if (!refusal.equals(lastRefusal)) { // it is tried again as long as the service runs
            LOG.error("{}: {}", service, refusal);
            lastRefusal = refusal;
        }
        refusedAt = System.nanoTime();
        refused = true;
        return new SQLException(refusal, e);
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
        // not when the bean is replaced by a live reload: other routes still hold it
        camelContext.addLifecycleStrategy(LifecycleStrategySupport.adapt((OnCamelContextStopped) context -> close()));
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
