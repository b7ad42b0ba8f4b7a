package choreography.contract;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;

/** Gives each route, when it is loaded, what follows from its service and need not be said. */
public abstract class RouteGivens extends ModelLifecycleStrategySupport implements CamelContextAware {

    private CamelContext camelContext;

    /** @param service whose route it is */
    protected abstract void give(String service, RouteDefinition route);

    @Override
    public final void onAddRouteDefinition(RouteDefinition route) {
        give(Services.of(route.getRouteId()), route);
    }

    @Override
    public final void setCamelContext(CamelContext camelContext) {
        boolean again = this.camelContext != null;
        this.camelContext = camelContext;
        if (!again) {
            ((ModelCamelContext) camelContext).addModelLifecycleStrategy(this);
        }
    }

    @Override
    public final CamelContext getCamelContext() {
        return camelContext;
    }
}
