package choreography.catalogue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import choreography.testing.TestedService;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.InterceptFromDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.util.URISupport;

/** The routes of all services, all that {@link Main} loads, as Camel understands them; they are not started. */
final class ServiceRoutes {

    static final List<String> SERVICES = List.of("gateway", "user", "order", "billing", "notification");

    private static final List<RouteDefinition> ROUTES = load();

    private ServiceRoutes() { }

    private static List<RouteDefinition> load() {
        List<RouteDefinition> routes = new ArrayList<>();
        // a gateway on its own has more routes
        for (String together : List.of("gateway", "user,order,billing,notification")) {
            try (TestedService services = TestedService.load(together)) {
                routes.addAll(((ModelCamelContext) services.camel()).getRouteDefinitions());
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        return routes;
    }

    static List<RouteDefinition> routes() {
        return ROUTES;
    }

    /** The routes that consume from endpoints of a component. */
    static Stream<RouteDefinition> routesFrom(String scheme) {
        return routes().stream().filter(route -> input(route).startsWith(scheme + ":"));
    }

    static String service(RouteDefinition route) {
        return route.getRouteId().replaceFirst("-.*", "");
    }

    static String input(RouteDefinition route) {
        return route.getInput().getEndpointUri();
    }

    /** {@code OrderCreated} in {@code jms:topic:OrderCreated?...} */
    static String address(String uri) {
        return uri.replaceFirst("\\?.*", "").replaceFirst("^jms:\\w+:", "");
    }

    /**
     * What is said at an address: {@code OrderCreated} at {@code gateway.OrderCreated}, where its copies are, and at
     * its own.
     */
    static String message(String address) {
        return address.replaceFirst("^gateway\\.", "");
    }

    static boolean isTopic(String uri) {
        return uri.startsWith("jms:topic:");
    }

    static Map<String, Object> parameters(String uri) {
        try {
            return URISupport.parseQuery(uri.contains("?") ? uri.substring(uri.indexOf('?') + 1) : "");
        } catch (java.net.URISyntaxException e) {
            throw new IllegalArgumentException(uri, e);
        }
    }

    /** All steps of a route, in their order; what the shared route configuration does around them is not among them. */
    static List<ProcessorDefinition<?>> steps(RouteDefinition route) {
        return flat(route.getOutputs().stream()
                .filter(step -> !(step instanceof OnExceptionDefinition || step instanceof InterceptFromDefinition))
                .toList());
    }

    /** What can happen in a route after one of its steps. */
    static List<ProcessorDefinition<?>> stepsAfter(RouteDefinition route, ProcessorDefinition<?> step) {
        return stepsAfter(route.getOutputs(), step);
    }

    private static List<ProcessorDefinition<?>> stepsAfter(List<ProcessorDefinition<?>> steps,
            ProcessorDefinition<?> step) {
        for (int i = 0; i < steps.size(); i++) {
            List<ProcessorDefinition<?>> rest = flat(steps.subList(i + 1, steps.size()));
            if (steps.get(i) == step) {
                return rest;
            }
            for (List<ProcessorDefinition<?>> branch : branches(steps.get(i))) {
                if (flat(branch).contains(step)) {
                    return Stream.concat(stepsAfter(branch, step).stream(), rest.stream()).toList();
                }
            }
        }
        return List.of();
    }

    private static List<List<ProcessorDefinition<?>>> branches(ProcessorDefinition<?> step) {
        if (step instanceof ChoiceDefinition choice) {
            List<List<ProcessorDefinition<?>>> branches = new ArrayList<>();
            choice.getWhenClauses().forEach(when -> branches.add(when.getOutputs()));
            if (choice.getOtherwise() != null) {
                branches.add(choice.getOtherwise().getOutputs());
            }
            return branches;
        }
        return List.of(step.getOutputs());
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static List<ProcessorDefinition<?>> flat(List<ProcessorDefinition<?>> steps) {
        Collection all = ProcessorDefinitionHelper.filterTypeInOutputs(steps, ProcessorDefinition.class);
        return List.copyOf(all);
    }

    /** Where a step sends to as it is written; empty: it sends to no endpoint. */
    static String uri(ProcessorDefinition<?> step) {
        if (step instanceof ToDynamicDefinition send) {
            return send.getUri();
        }
        return step instanceof EndpointRequiredDefinition send ? send.getEndpointUri() : "";
    }

    /** {@code billing-charge-order (publish-bill-payed)}, for a message. */
    static String where(RouteDefinition route, ProcessorDefinition<?> step) {
        return route.getRouteId() + " (" + (step.getId() == null ? step.getLabel() : step.getId()) + ")";
    }

    /** {@code UserCreated} as {@code user-created} */
    static String kebab(String message) {
        return message.replaceAll("(?<=.)(?=[A-Z])", "-").toLowerCase(java.util.Locale.ROOT);
    }
}
