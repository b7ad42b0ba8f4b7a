package choreography.messaging;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import choreography.contract.RouteGivens;
import choreography.contract.Services;
import com.fasterxml.jackson.databind.JsonNode;
import org.apache.camel.model.FromDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Registry;
import org.apache.camel.util.StringHelper;
import org.apache.camel.util.URISupport;

/**
 * Gives each route of a service that consumes a queue or topic what follows from the names of service and message: it
 * commits in groups, and subscribes durably, shared with its replicas, as {@code <service>-<message>}. A route only
 * says what it consumes.
 */
public class Consumers extends RouteGivens {

    private static final String QUEUE = "jms:queue:";
    private static final String TOPIC = "jms:topic:";

    @Override
    protected void give(String service, RouteDefinition route) {
        FromDefinition input = route.getInput();
        String from = input.getEndpointUri();
        if (from.startsWith(QUEUE) || from.startsWith(TOPIC) && !from.startsWith(TOPIC + Addresses.COPIES)) {
            Map<String, Object> given = new LinkedHashMap<>();
            given.put("messageListenerContainerFactory", "#" + groupCommit(service));
            if (from.startsWith(TOPIC)) {
                given.put("subscriptionName", subscription(service, address(from)));
                given.put("subscriptionDurable", "true");
                given.put("subscriptionShared", "true");
            }
            given.keySet().stream().filter(from::contains).forEach(name -> refuse(name, route));
            input.setUri(from + (from.contains("?") ? '&' : '?') + URISupport.createQueryString(given));
        }
    }

    private static String subscription(String service, String message) {
        return service + "-" + StringHelper.camelCaseToDash(message);
    }

    /**
     * Of all services, by their files: of those that do not run here, too.
     *
     * @return by the queues where messages wait for them: their addresses
     */
    public static Map<String, String> addressesOfQueues() {
        Map<String, String> addresses = new TreeMap<>();
        for (String service : Services.all()) {
            for (JsonNode input : Services.inputs(service)) {
                String from = input.path("uri").asText();
                if (from.startsWith(QUEUE)) {
                    addresses.put(address(from), address(from));
                } else if (from.startsWith(TOPIC) && !from.startsWith(TOPIC + Addresses.COPIES)) {
                    addresses.put(subscription(service, address(from)), address(from));
                }
            }
        }
        return addresses;
    }

    private static String address(String uri) {
        return StringHelper.before(uri, "?", uri).replaceFirst("^(" + QUEUE + "|" + TOPIC + ")", "");
    }

    private static void refuse(String parameter, RouteDefinition route) {
        throw new IllegalArgumentException("Leave %s out of the route %s: it follows from its name".formatted(
                parameter, route.getRouteId()));
    }

    private String groupCommit(String service) {
        String name = service + "GroupCommit";
        Registry beans = getCamelContext().getRegistry();
        if (beans.lookupByName(name) == null) { // its file may declare another one
            beans.bind(name, new GroupCommit(service, true));
        }
        return name;
    }
}
