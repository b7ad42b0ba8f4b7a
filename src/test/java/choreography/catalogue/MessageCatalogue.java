package choreography.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import choreography.catalogue.RouteModel.Act;
import choreography.catalogue.RouteModel.Answers;
import choreography.catalogue.RouteModel.Consumes;
import choreography.catalogue.RouteModel.Publishes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * All messages: who sends and receives them by the routes, what their schemas say. {@link BrokerXml} has
 * broker.xml say the same.
 */
public final class MessageCatalogue {

    public static final Path SCHEMAS = Path.of("src/main/resources/schemas");

    /**
     * @param queue           where the message waits for it; null: a subscription of its own, as long as it runs
     * @param deadLetterQueue where it parks what it cannot read and, with a queue, what it could not process is put
     */
    public record Receiver(String service, String routeId, String queue, String deadLetterQueue) { }

    /** @param kind queue or topic; @param senders none if it is only received until its queues are empty */
    public record Message(String name, String kind, JsonNode schema, List<Publishes> senders,
            List<Receiver> receivers) { }

    private final RouteModel routes;
    private final Map<String, JsonNode> schemas;

    private MessageCatalogue(RouteModel routes, Map<String, JsonNode> schemas) {
        this.routes = routes;
        this.schemas = schemas;
    }

    public static MessageCatalogue load() {
        try {
            return new MessageCatalogue(RouteModel.load(), schemas(SCHEMAS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The schemas in a folder by their names, which are the names of the files. */
    public static Map<String, JsonNode> schemas(Path folder) throws IOException {
        Map<String, JsonNode> schemas = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                schemas.put(file.getFileName().toString().replace(".json", ""),
                        new ObjectMapper().readTree(Files.readString(file)));
            }
        }
        return schemas;
    }

    /** A schema with what its $ref stands for; what is written beside the $ref goes before. */
    public static JsonNode resolve(JsonNode schema, Map<String, JsonNode> schemas) {
        if (!schema.has("$ref")) {
            return schema;
        }
        String[] ref = schema.get("$ref").asText().split("\\.json#", 2);
        ObjectNode resolved = resolve(schemas.get(ref[0]).at(ref[1]), schemas).deepCopy();
        resolved.setAll((ObjectNode) schema);
        return resolved.without("$ref");
    }

    public Map<String, JsonNode> schemas() {
        return schemas;
    }

    /** What the route is for, in its own words. */
    String description(String routeId) {
        return routes.routes().stream().filter(route -> route.getRouteId().equals(routeId)).findFirst().orElseThrow()
                .getDescriptionText();
    }

    /** Every message, in the order of the story: what a request causes, then what that causes. */
    public List<Message> messages() {
        Map<String, String> kinds = new LinkedHashMap<>();
        Set<String> askedFor = Set.copyOf(routes.acts(Answers.class).stream().map(Act::routeId).toList());
        ArrayDeque<Publishes> next = new ArrayDeque<>();
        for (Publishes command : routes.acts(Publishes.class).stream().filter(p -> askedFor.contains(p.routeId()))
                .toList()) {
            next.add(command);
            while (!next.isEmpty()) {
                Publishes told = next.poll();
                if (kinds.putIfAbsent(told.message(), told.kind()) == null) {
                    Set<String> caused = Set.copyOf(consumers(told.message()).stream().map(Act::routeId).toList());
                    routes.acts(Publishes.class).stream().filter(p -> caused.contains(p.routeId())).forEach(next::add);
                }
            }
        }
        routes.acts(Publishes.class).forEach(p -> kinds.putIfAbsent(p.message(), p.kind()));
        routes.acts(Consumes.class).forEach(c -> kinds.putIfAbsent(c.message(), c.kind()));
        return kinds.entrySet().stream().map(message -> message(message.getKey(), message.getValue())).toList();
    }

    private Message message(String name, String kind) {
        return new Message(name, kind, schemas.getOrDefault(name, MissingNode.getInstance()),
                routes.acts(Publishes.class).stream().filter(p -> p.message().equals(name)).toList(),
                consumers(name).stream().map(MessageCatalogue::receiver).toList());
    }

    private List<Consumes> consumers(String message) {
        return routes.acts(Consumes.class).stream().filter(c -> c.message().equals(message))
                .sorted(Comparator.comparing(c -> c.queue() != null)).toList(); // first who waits for it
    }

    private static Receiver receiver(Consumes c) {
        return new Receiver(c.service(), c.routeId(), c.queue(), c.deadLetterQueue());
    }

    /** The dead-letter queues, each with the messages that may get there. */
    Map<String, Set<String>> deadLetterQueues() {
        Map<String, Set<String>> queues = new LinkedHashMap<>();
        messages().forEach(message -> message.receivers()
                .forEach(receiver -> queues.computeIfAbsent(receiver.deadLetterQueue(), q -> new LinkedHashSet<>())
                .add(message.name())));
        return queues;
    }
}
