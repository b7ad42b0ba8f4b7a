package choreography.catalogue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

import choreography.contract.Services;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.InterceptFromDefinition;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.util.StringHelper;

/** The routes of all services, all that {@link Main} loads, as Camel understands them; they are not started. */
final class ServiceRoutes {

    /** A gateway on its own has more routes. */
    private static final List<LoadedRoutes> LOADED = List.of(LoadedRoutes.of(List.of("gateway")),
            LoadedRoutes.of(Services.all().stream().filter(service -> !service.equals("gateway")).toList()));
    private static final List<RouteDefinition> ROUTES =
            LOADED.stream().flatMap(loaded -> loaded.routes().stream()).toList();

    private ServiceRoutes() { }

    static List<RouteDefinition> routes() {
        return ROUTES;
    }

    static List<RouteConfigurationDefinition> configurations() {
        return LOADED.stream().flatMap(loaded -> loaded.configurations().stream()).toList();
    }

    /** The routes that consume from endpoints of a component. */
    static Stream<RouteDefinition> routesFrom(String scheme) {
        return routes().stream().filter(route -> input(route).startsWith(scheme + ":"));
    }

    static String service(RouteDefinition route) {
        return Services.of(route.getRouteId());
    }

    static String input(RouteDefinition route) {
        return route.getInput().getEndpointUri();
    }

    /** @return what a route answers: {@code GET /users/{id}} */
    static String answered(RouteDefinition route) {
        String method = input(route).replaceFirst(".*httpMethodRestrict=(\\w+).*", "$1");
        return method + " " + StringHelper.before(StringHelper.after(input(route), ":"), "?");
    }

    /** @return the queue or topic that a route consumes from */
    static JmsEndpoint consumed(RouteDefinition route) {
        return jms(input(route));
    }

    /** @param uri of a queue or topic */
    static JmsEndpoint jms(String uri) {
        return LOADED.get(1).jms(uri); // where all beans are that a consumer names
    }

    /** The queues and topics that a route sends to. */
    static Stream<JmsEndpoint> published(RouteDefinition route) {
        return steps(route).stream().map(ServiceRoutes::uri).filter(uri -> uri.startsWith("jms:"))
                .map(ServiceRoutes::jms);
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
}
