package choreography.sql;

import choreography.contract.RouteGivens;
import choreography.contract.Services;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Registry;

/** Gives each service that has migrations, and routes in this process, its database: {@code #<service>Database}. */
public class ServiceDatabases extends RouteGivens {

    @Override
    protected void give(String service, RouteDefinition route) {
        Registry beans = getCamelContext().getRegistry();
        String name = Services.database(service);
        if (beans.lookupByName(name) == null && hasMigrations(service)) {
            beans.bind(name, new ServiceDatabase(service, property("database.url"),
                    property("%s.database-password:%1$s_service".formatted(service))));
        }
    }

    private static boolean hasMigrations(String service) {
        return ServiceDatabases.class.getResource("/db/" + service) != null;
    }

    private String property(String name) {
        return getCamelContext().resolvePropertyPlaceholders("{{" + name + "}}");
    }
}
