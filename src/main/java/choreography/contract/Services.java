package choreography.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.apache.camel.util.StringHelper;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The services: each has a file in {@code camel/}, which is named after it, and so are its routes. */
public final class Services {

    /** Not a service's: what the routes of all share. */
    public static final String SHARED = file("event-consumer");

    private static final String END = ".camel.yaml";
    private static final PathMatchingResourcePatternResolver RESOURCES = new PathMatchingResourcePatternResolver();
    private static final List<String> ALL = find();

    private Services() { }

    /** In the order of the alphabet. */
    public static List<String> all() {
        return ALL;
    }

    /** @param routeId its first word is the service */
    public static String of(String routeId) {
        return StringHelper.before(routeId, "-", routeId);
    }

    /** Where the routes of a service are. */
    public static String file(String service) {
        return "classpath:camel/" + service + END;
    }

    /** What the routes of its file begin with: the {@code from} of each, also of a service that does not run here. */
    public static List<JsonNode> inputs(String service) {
        try (InputStream file = RESOURCES.getResource(file(service)).getInputStream()) {
            List<JsonNode> inputs = new ArrayList<>();
            new YAMLMapper().readTree(file).forEach(entry -> inputs.add(entry.at("/route/from")));
            return inputs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name of the bean that is a service's database. */
    public static String database(String service) {
        return service + "Database";
    }

    private static List<String> find() {
        try {
            return Stream.of(RESOURCES.getResources(file("*")))
                    .map(file -> file.getFilename().replace(END, ""))
                    .filter(name -> !file(name).equals(SHARED)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
