package choreography.catalogue;

import java.util.List;

import choreography.Main;
import org.apache.camel.CamelContext;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.language.SimpleExpression;
import org.apache.camel.support.DefaultExchange;

/** The routes of some services, all that {@link Main} loads, as Camel understands them. Nothing is started. */
final class LoadedRoutes implements AutoCloseable {

    private final org.apache.camel.main.Main main = new org.apache.camel.main.Main();

    private LoadedRoutes(String services) {
        main.addOverrideProperty("services", services);
        main.addOverrideProperty("camel.management.enabled", "false");
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport starting) {
                new Main().beforeInitialize(starting);
            }
        });
        main.init();
    }

    static LoadedRoutes of(List<String> services) {
        return new LoadedRoutes(String.join(",", services));
    }

    List<RouteDefinition> routes() {
        return ((ModelCamelContext) main.getCamelContext()).getRouteDefinitions().stream().filter(this::isIncluded)
                .toList();
    }

    List<RouteConfigurationDefinition> configurations() {
        return ((ModelCamelContext) main.getCamelContext()).getRouteConfigurationDefinitions();
    }

    private boolean isIncluded(RouteDefinition route) {
        if (route.getPrecondition() == null) {
            return true;
        }
        CamelContext camel = main.getCamelContext();
        var precondition = new SimpleExpression(route.getPrecondition());
        precondition.initPredicate(camel);
        return precondition.getPredicate().matches(new DefaultExchange(camel));
    }

    /** @param uri of a queue or topic */
    JmsEndpoint jms(String uri) {
        return main.getCamelContext().getEndpoint(uri, JmsEndpoint.class);
    }

    @Override
    public void close() {
        main.stop();
    }
}
