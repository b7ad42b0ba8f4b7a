package choreography.catalogue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import choreography.Main;
import choreography.contract.Services;
import choreography.messaging.Addresses;
import choreography.messaging.DeadLetterQueue;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.StringHelper;

/**
 * What the routes of all services do to the outside, read from Camel's model of exactly the routes that {@link Main}
 * runs; nothing is started. What is behind {@code direct:} counts to the route that asks for it.
 */
public final class RouteModel {

    /** Something a route does that somebody outside of it sees. */
    public sealed interface Act permits Consumes, Publishes, LooksUp, Answers, SendsMail {
        String service();
        String routeId();
    }

    /**
     * @param kind queue or topic; @param message what it hears, also as a copy; @param queue where it waits; null:
     * nowhere, it is heard while the service runs; @param deadLetterQueue for what cannot be read or processed
     */
    public record Consumes(String service, String routeId, String kind, String message, String queue,
            String deadLetterQueue) implements Act { }

    /** @param kind queue or topic; @param stepId null if the step has none */
    public record Publishes(String service, String routeId, String stepId, String kind, String message)
            implements Act { }

    /** @param path as the route says it, each value in it written {id} */
    public record LooksUp(String service, String routeId, String targetService, String method, String path)
            implements Act { }

    public record Answers(String service, String routeId, String method, String path) implements Act { }

    public record SendsMail(String service, String routeId) implements Act { }

    private static final String JMS = "jms:";
    private static final String HTTP = "platform-http:";
    private static final String DIRECT = "direct:";
    /** What a timer starts says again what the choreography has said before. */
    private static final String TIMER = "timer:";
    private static final Set<String> NOT_READ = Set.of("enrich", "pollEnrich", "poll", "recipientList", "routingSlip",
            "dynamicRouter");

    private final LoadedRoutes loaded;
    private final List<RouteDefinition> routes;
    private final List<Act> acts = new ArrayList<>();

    private RouteModel(LoadedRoutes loaded) {
        this.loaded = loaded;
        routes = loaded.routes();
        for (String service : Services.all()) {
            for (RouteDefinition route : routes) {
                String from = route.getInput().getEndpointUri();
                if (Services.of(route.getRouteId()).equals(service) && !from.startsWith(DIRECT)
                        && !from.startsWith(TIMER)) {
                    addInput(service, route.getRouteId(), from);
                    addSteps(service, route.getRouteId(), route.getOutputs());
                }
            }
        }
    }

    public static RouteModel load() {
        try (LoadedRoutes loaded = LoadedRoutes.of(Services.all())) {
            return new RouteModel(loaded);
        }
    }

    /** Camel's own model of the routes. */
    List<RouteDefinition> routes() {
        return routes;
    }

    /** All acts, service by service, route by route, in the order in which a route does them. */
    List<Act> acts() {
        return acts;
    }

    /** The acts of one kind, in the same order. */
    <T extends Act> List<T> acts(Class<T> kind) {
        return acts.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private void addInput(String service, String routeId, String from) {
        if (from.startsWith(JMS)) {
            JmsEndpoint consumed = loaded.jms(from);
            acts.add(new Consumes(service, routeId, kind(consumed), Addresses.message(consumed),
                    Addresses.queue(consumed), DeadLetterQueue.of(DeadLetterQueue.consumedBy(consumed))));
        } else if (from.startsWith(HTTP)) {
            acts.add(new Answers(service, routeId, options(from).getOrDefault("httpMethodRestrict", "*"),
                    path(from.substring(HTTP.length()))));
        }
    }

    private static String kind(JmsEndpoint endpoint) {
        return endpoint.isPubSubDomain() ? "topic" : "queue";
    }

    private void addSteps(String service, String routeId, List<ProcessorDefinition<?>> steps) {
        for (ProcessorDefinition<?> step : steps) {
            if (step instanceof OnExceptionDefinition) {
                continue; // parking a message is no part of the choreography
            }
            if (NOT_READ.contains(step.getShortName())) {
                throw new IllegalStateException(routeId + " uses " + step.getShortName()
                        + ", which hides where it sends: use to or toD");
            }
            String to = ServiceRoutes.uri(step);
            String asked = askedService(to);
            if (to.startsWith(JMS)) {
                JmsEndpoint endpoint = loaded.jms(to);
                acts.add(new Publishes(service, routeId, step.getId(), kind(endpoint), endpoint.getDestinationName()));
            } else if (asked != null) {
                acts.add(new LooksUp(service, routeId, asked, options(to).getOrDefault("httpMethod", "*"),
                        askedPath(to)));
            } else if (to.startsWith("smtp:")) {
                acts.add(new SendsMail(service, routeId));
            } else if (to.startsWith(DIRECT)) {
                addSteps(service, routeId, routes.stream().filter(r -> r.getInput().getEndpointUri().equals(to))
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalStateException(routeId + " asks for " + to + ", and no route answers"))
                        .getOutputs());
            } else if (to.startsWith("http")) {
                throw new IllegalStateException(routeId + " looks up " + to + ": write {{<service>.url}} for the host");
            }
            addSteps(service, routeId, step.getOutputs());
        }
    }

    /** @return the service at whose address a URI begins; null: at none */
    static String askedService(String uri) {
        return Services.all().stream().filter(service -> uri.startsWith(address(service))).findFirst().orElse(null);
    }

    /** What is asked there, each value in it written {id}. */
    static String askedPath(String uri) {
        return path(uri.substring(address(askedService(uri)).length())).replaceAll("\\$\\{[^}]*}", "{id}");
    }

    private static String address(String service) {
        return "{{" + service + ".url}}";
    }

    private static String path(String uri) {
        return StringHelper.before(uri, "?", uri);
    }

    private static Map<String, String> options(String uri) {
        return Arrays.stream(uri.substring(uri.indexOf('?') + 1).split("&")).filter(option -> option.contains("="))
                .collect(Collectors.toMap(option -> option.substring(0, option.indexOf('=')),
                        option -> option.substring(option.indexOf('=') + 1), (a, b) -> b));
    }
}
