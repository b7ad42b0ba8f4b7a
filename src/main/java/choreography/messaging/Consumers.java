package choreography.messaging;

import java.util.LinkedHashMap;
import java.util.Map;

import choreography.contract.Services;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.model.FromDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Registry;
import org.apache.camel.util.StringHelper;
import org.apache.camel.util.URISupport;

/**
 * Gives each route of a service that consumes a queue or topic what follows from the names of service and message: it
 * commits in groups, and subscribes durably, shared with its replicas, as {@code <service>-<message>}. A route only
 * says
 * what it consumes.
 */
public class Consumers extends ModelLifecycleStrategySupport implements CamelContextAware {

    private static final String QUEUE = "jms:queue:";
    private static final String TOPIC = "jms:topic:";

    private CamelContext camelContext;

    @Override
    public void onAddRouteDefinition(RouteDefinition route) {
        FromDefinition input = route.getInput();
        String from = input.getEndpointUri();
        if (from.startsWith(QUEUE) || from.startsWith(TOPIC) && !from.startsWith(TOPIC + Addresses.COPIES)) {
            String service = Services.of(route.getRouteId());
            Map<String, Object> given = new LinkedHashMap<>();
            given.put("messageListenerContainerFactory", "#" + groupCommit(service));
            if (from.startsWith(TOPIC)) {
                String message = StringHelper.before(from, "?", from).substring(TOPIC.length());
                given.put("subscriptionName", service + "-" + StringHelper.camelCaseToDash(message));
                given.put("subscriptionDurable", "true");
                given.put("subscriptionShared", "true");
            }
            given.keySet().stream().filter(from::contains).forEach(name -> refuse(name, route));
            input.setUri(from + (from.contains("?") ? '&' : '?') + URISupport.createQueryString(given));
        }
    }

    private static void refuse(String parameter, RouteDefinition route) {
        throw new IllegalArgumentException("Leave %s out of the route %s: it follows from its name".formatted(
                parameter, route.getRouteId()));
    }

    private String groupCommit(String service) {
        String name = service + "GroupCommit";
        Registry beans = camelContext.getRegistry();
        if (beans.lookupByName(name) == null) { // its file may declare another one
            beans.bind(name, new GroupCommit(service, true));
        }
        return name;
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
