package choreography.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.support.LifecycleStrategySupport;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/**
 * The database of one service: a connection pool of its own role, whose schema has the same name. The first connection that can be
 * had brings the schema up to date ({@code classpath:db/<service>}): a service starts whether its database is there or not.
 */
public class ServiceDatabase extends HikariDataSource implements CamelContextAware {

    private final String service;
    private final ReentrantLock migration = new ReentrantLock();
    private volatile boolean migrated;
    private String lastFailure;
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
        addDataSourceProperty("socketTimeout", "30");
        addDataSourceProperty("ApplicationName", service);
    }

    @Override
    public Connection getConnection() throws SQLException {
        if (!migrated) {
            migrateOnce();
        }
        return super.getConnection();
    }

    /** One thread tries at a time; others wait for it no longer than for a connection. */
    private void migrateOnce() throws SQLException {
        try {
            if (!migration.tryLock(getConnectionTimeout(), TimeUnit.MILLISECONDS)) {
                throw new SQLException("the schema is being brought up to date");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException(e);
        }
        try {
            if (!migrated) {
                migrate();
                migrated = true;
            }
        } finally {
            migration.unlock();
        }
    }

    private void migrate() throws SQLException {
        var database = new DriverManagerDataSource(getJdbcUrl(), getUsername(), getPassword());
        database.setConnectionProperties(getDataSourceProperties());
        database.getConnection().close(); // Flyway takes longer to say that there is none
        try {
            Flyway.configure().dataSource(database).defaultSchema(getUsername()).locations("classpath:db/" + service).load().migrate();
        } catch (FlywayException e) {
            String failure = "the schema cannot be brought up to date: " + e.getMessage();
            if (!failure.equals(lastFailure)) { // it is tried again with every connection
                LoggerFactory.getLogger(ServiceDatabase.class).error("{}: {}", service, failure);
                lastFailure = failure;
            }
            throw new SQLException(failure, e);
        }
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
        // not when the bean is replaced by a live reload: other routes still hold it
        camelContext.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onContextStopped(CamelContext context) {
                close();
            }
        });
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
