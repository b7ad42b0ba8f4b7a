package choreography.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

import org.apache.camel.util.StringHelper;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The services: each has a file in {@code camel/}, which is named after it, and so are its routes. */
public final class Services {

    /** Not a service's: what the routes of all share. */
    public static final String SHARED = file("event-consumer");

    private static final String END = ".camel.yaml";
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

    /** The YAML of its routes. */
    public static String text(String service) {
        try {
            return new PathMatchingResourcePatternResolver().getResource(file(service)).getContentAsString(UTF_8);
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
            return Stream.of(new PathMatchingResourcePatternResolver().getResources(file("*")))
                    .map(file -> file.getFilename().replace(END, ""))
                    .filter(name -> !file(name).equals(SHARED)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
