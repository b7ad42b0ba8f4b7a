package choreography;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import choreography.contract.Services;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDynamicDefinition;

/** The services that the routes of this process ask over HTTP, as their steps name them. */
final class Siblings {

    private Siblings() { }

    /**
     * A process that looks up at itself what runs elsewhere is answered by itself that there is nothing.
     *
     * @param property gives the value of a property
     * @throws IllegalArgumentException with a line for each property that is to be set
     */
    static void requireKnown(
            Collection<RouteDefinition> routes, Collection<String> services, UnaryOperator<String> property) {
        SortedSet<String> missing = asked(routes);
        missing.removeAll(services);
        missing.removeIf(sibling -> !isHere(URI.create(property.apply(sibling + ".url").trim()), property));
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(missing.stream().map(Siblings::toBeSet)
                    .collect(Collectors.joining("\n")));
        }
    }

    private static String toBeSet(String sibling) {
        return "Set %1$s.url to the address of the %1$s service, which is asked and does not run here".formatted(
                sibling);
    }

    private static SortedSet<String> asked(Collection<RouteDefinition> routes) {
        List<String> uris = routes.stream()
                .flatMap(route -> ProcessorDefinitionHelper
                        .filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).stream())
                .map(Siblings::uri).filter(Objects::nonNull).toList();
        SortedSet<String> asked = new TreeSet<>(Services.all());
        asked.removeIf(service -> uris.stream().noneMatch(uri -> uri.startsWith("{{" + service + ".url}}")));
        return asked;
    }

    /** Where a step sends to, as it is written; null: nowhere. */
    static String uri(ProcessorDefinition<?> step) {
        if (step instanceof ToDynamicDefinition toD) {
            return toD.getUri();
        }
        return step instanceof EndpointRequiredDefinition to ? to.getEndpointUri() : null;
    }

    /** Whether this process answers at the address. */
    private static boolean isHere(URI url, UnaryOperator<String> property) {
        int port = url.getPort() >= 0 ? url.getPort() : "https".equals(url.getScheme()) ? 443 : 80;
        // no host: a name that URI does not take for one, as with an underscore, which would be read as localhost
        if (url.getHost() == null || port != Integer.parseInt(property.apply("http.port"))) {
            return false;
        }
        try {
            InetAddress own = InetAddress.getByName(property.apply("http.host"));
            InetAddress asked = InetAddress.getByName(url.getHost());
            return asked.equals(own) || asked.isLoopbackAddress() && own.isLoopbackAddress()
                    || own.isAnyLocalAddress()
                            && (asked.isLoopbackAddress() || NetworkInterface.getByInetAddress(asked) != null);
        } catch (UnknownHostException | SocketException e) {
            return false; // somebody else's, and not to be reached now
        }
    }
}
