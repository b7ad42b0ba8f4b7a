package choreography;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.support.LifecycleStrategySupport;
import org.flywaydb.core.Flyway;

/** The database of one service: a connection pool of its own role, whose schema has the same name. */
public class ServiceDatabase extends HikariDataSource implements CamelContextAware {

    private final String service;
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

    /** Brings the schema up to date ({@code classpath:db/<service>}), waiting up to two minutes for the database. */
    public void migrate() {
        Flyway.configure().dataSource(this).locations("classpath:db/" + service).connectRetries(24)
                .connectRetriesInterval(5).load().migrate();
        // not when the bean is replaced by a live reload: other routes still hold it
        camelContext.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onContextStopped(CamelContext context) {
                close();
            }
        });
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
