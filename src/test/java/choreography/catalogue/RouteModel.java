package choreography.catalogue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import choreography.Main;
import choreography.contract.Schemas;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.language.SimpleExpression;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.PluginHelper;

/**
 * What the routes of all services do to the outside, read from Camel's model of exactly the routes that {@link Main}
 * runs; nothing is started. What is behind {@code direct:} counts to the route that asks for it.
 */
public final class RouteModel {

    static final List<String> SERVICES = List.of("gateway", "user", "order", "billing", "notification");

    /** Something a route does that somebody outside of it sees. */
    public sealed interface Act permits Consumes, Publishes, LooksUp, Answers, SendsMail {
        String service();
        String routeId();
    }

    /**
     * @param kind queue or topic; @param message what it hears, also as a copy; @param subscriptionQueue of a durable
     * subscription, else null
     */
    public record Consumes(String service, String routeId, String kind, String message, String subscriptionQueue)
            implements Act { }

    /** @param kind queue or topic; @param stepId null if the step has none */
    public record Publishes(String service, String routeId, String stepId, String kind, String message)
            implements Act { }

    /** @param path as the route says it, each value in it written {id} */
    public record LooksUp(String service, String routeId, String targetService, String method, String path)
            implements Act { }

    public record Answers(String service, String routeId, String method, String path) implements Act { }

    public record SendsMail(String service, String routeId) implements Act { }

    private static final Pattern JMS = Pattern.compile("jms:(queue|topic):/*(?:gateway\\.)?([^?]+)");
    private static final Pattern LOOKUP = Pattern.compile("\\{\\{(\\w+)\\.url}}([^?]*)");
    private static final Pattern HTTP = Pattern.compile("platform-http:/*(/[^?]*)");
    private static final String DIRECT = "direct:";
    /** What a timer starts says again what the choreography has said before. */
    private static final String TIMER = "timer:";
    private static final Set<String> NOT_READ = Set.of("enrich", "pollEnrich", "poll", "recipientList", "routingSlip",
            "dynamicRouter");

    private final List<RouteDefinition> routes;
    private final List<Act> acts = new ArrayList<>();

    private RouteModel(List<RouteDefinition> routes) {
        this.routes = routes;
        for (String service : SERVICES) {
            for (RouteDefinition route : routes) {
                String from = uri(route.getInput().getEndpointUri());
                if (route.getRouteId().startsWith(service + "-") && !from.startsWith(DIRECT)
                        && !from.startsWith(TIMER)) {
                    addInput(service, route.getRouteId(), from);
                    addSteps(service, route.getRouteId(), route.getOutputs());
                }
            }
        }
    }

    public static RouteModel load() throws Exception {
        Properties services = new Properties();
        services.setProperty("services", String.join(",", SERVICES));
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.getPropertiesComponent().addLocation("classpath:application.properties");
            camel.getPropertiesComponent().setOverrideProperties(services);
            camel.getRegistry().bind("schemas", new Schemas());
            camel.build();

            var main = new WithContext(camel);
            new Main().beforeInitialize(main);
            for (RoutesBuilder builder : main.configure().getRoutesBuilders()) {
                camel.addRoutes(builder);
            }
            for (String file : main.configure().getRoutesIncludePattern().split(",")) {
                Resource resource = PluginHelper.getResourceLoader(camel).resolveResource(file);
                PluginHelper.getRoutesLoader(camel).loadRoutes(resource);
            }
            return new RouteModel(camel.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions()
                    .stream()
                    .filter(route -> isIncluded(route, camel)).toList());
        }
    }

    private static boolean isIncluded(RouteDefinition route, CamelContext camel) {
        if (route.getPrecondition() == null) {
            return true;
        }
        var precondition = new SimpleExpression(route.getPrecondition());
        precondition.initPredicate(camel);
        return precondition.getPredicate().matches(new DefaultExchange(camel));
    }

    /** Camel's Main with a context that is never started. */
    private static final class WithContext extends org.apache.camel.main.Main {
        WithContext(CamelContext camel) {
            camelContext = camel;
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
        Map<String, String> options = options(from);
        Matcher jms = JMS.matcher(from);
        Matcher http = HTTP.matcher(from);
        if (jms.lookingAt()) {
            acts.add(new Consumes(service, routeId, jms.group(1), jms.group(2), options.get("subscriptionName")));
        } else if (http.lookingAt()) {
            acts.add(new Answers(service, routeId, options.getOrDefault("httpMethodRestrict", "*"), http.group(1)));
        }
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
            String to = step instanceof SendDefinition<?> send ? uri(send.getEndpointUri())
                    : step instanceof ToDynamicDefinition dynamic ? uri(dynamic.getUri()) : "";
            Matcher jms = JMS.matcher(to);
            Matcher lookup = LOOKUP.matcher(to);
            if (jms.lookingAt()) {
                acts.add(new Publishes(service, routeId, step.getId(), jms.group(1), jms.group(2)));
            } else if (lookup.lookingAt()) {
                acts.add(new LooksUp(service, routeId, lookup.group(1), options(to).getOrDefault("httpMethod", "*"),
                        lookup.group(2).replaceAll("\\$\\{[^}]*}", "{id}")));
            } else if (to.startsWith("smtp:")) {
                acts.add(new SendsMail(service, routeId));
            } else if (to.startsWith(DIRECT)) {
                addSteps(service, routeId, routes.stream().filter(r -> uri(r.getInput().getEndpointUri()).equals(to))
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

    private static String uri(String endpoint) {
        return endpoint.replace("://", ":");
    }

    private static Map<String, String> options(String uri) {
        return Arrays.stream(uri.substring(uri.indexOf('?') + 1).split("&")).filter(option -> option.contains("="))
                .collect(Collectors.toMap(option -> option.substring(0, option.indexOf('=')),
                        option -> option.substring(option.indexOf('=') + 1), (a, b) -> b));
    }
}
