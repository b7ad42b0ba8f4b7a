package choreography.sql;

import choreography.contract.Services;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Registry;

/** Gives each service that has migrations, and routes in this process, its database: {@code #<service>Database}. */
public class ServiceDatabases extends ModelLifecycleStrategySupport implements CamelContextAware {

    private CamelContext camelContext;

    /** The name of the bean. */
    public static String name(String service) {
        return service + "Database";
    }

    @Override
    public void onAddRouteDefinition(RouteDefinition route) {
        String service = Services.of(route.getRouteId());
        Registry beans = camelContext.getRegistry();
        if (beans.lookupByName(name(service)) == null && hasMigrations(service)) {
            beans.bind(name(service), new ServiceDatabase(service, property("database.url"),
                    property("%s.database-password:%1$s_service".formatted(service))));
        }
    }

    private static boolean hasMigrations(String service) {
        return ServiceDatabases.class.getResource("/db/" + service) != null;
    }

    private String property(String name) {
        return camelContext.resolvePropertyPlaceholders("{{" + name + "}}");
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        boolean again = this.camelContext != null;
        this.camelContext = camelContext;
        if (!again) {
            ((ModelCamelContext) camelContext).addModelLifecycleStrategy(this);
        }
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
