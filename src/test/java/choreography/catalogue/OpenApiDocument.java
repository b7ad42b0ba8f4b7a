package choreography.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Schemas;
import choreography.contract.Violation;
import choreography.http.Problem;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The OpenAPI document as a judge of answers: says what is wrong with one, and what it documents that none ever was.
 */
public final class OpenApiDocument {

    private static final Set<String> NOT_DOCUMENTED = Set.of("content-type", "content-length", "transfer-encoding",
            "connection", "date");

    /** @param headers by lower-case name */
    public record Answer(int status, Map<String, String> headers, String body) { }

    private final ObjectMapper json = new ObjectMapper();
    private final Schemas schemas = new Schemas();
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private final JsonNode document;
    private final Set<String> answered = new TreeSet<>();

    public OpenApiDocument() throws IOException {
        try (InputStream yaml = OpenApiDocument.class.getResourceAsStream("/openapi.yaml")) {
            document = new YAMLMapper().readTree(yaml);
        }
    }

    /** Every operation, as {@code GET /users/{id}}. */
    public Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        document.path("paths").properties().forEach(path -> path.getValue().fieldNames()
                .forEachRemaining(method -> operations.add(method.toUpperCase() + " " + path.getKey())));
        return operations;
    }

    /** The names of the schemas of all request bodies and answers. */
    public Set<String> bodies() {
        return schemaNames(List.of(document));
    }

    /** The names of the schemas of all request bodies. */
    public Set<String> requestBodies() {
        return schemaNames(document.findValues("requestBody"));
    }

    private static Set<String> schemaNames(List<JsonNode> nodes) {
        Set<String> names = new TreeSet<>();
        for (JsonNode node : nodes) {
            for (JsonNode schema : node.findValues("schema")) {
                names.add(schemaName(schema));
            }
        }
        names.remove(""); // those that stand in the document itself
        return names;
    }

    /** What the document has that no answer had: operation, status, content type, and of a problem its type. */
    public List<String> neverAnswered() {
        Set<String> never = new TreeSet<>();
        for (String operation : operations()) {
            operation(operation).path("responses").properties().forEach(response ->
                    follow(response.getValue()).path("content").properties().forEach(content -> {
                        String kind = operation + " " + response.getKey() + " " + content.getKey();
                        if (content.getKey().equals(Problem.CONTENT_TYPE)) {
                            content.getValue().path("examples").fieldNames()
                                    .forEachRemaining(type -> never.add(kind + " " + type));
                        } else {
                            never.add(kind);
                        }
                    }));
        }
        never.removeAll(answered);
        return List.copyOf(never);
    }

    /** Each example with the name of its schema: of request bodies and answers. */
    Map<String, JsonNode> examples(String schema) {
        Map<String, JsonNode> examples = new TreeMap<>();
        for (JsonNode content : document.findParents("examples")) {
            if (schema.equals(schemaName(content.path("schema")))) {
                content.path("examples").properties().forEach(example ->
                        examples.put(example.getKey() + examples.size(), follow(example.getValue()).path("value")));
            }
        }
        return examples;
    }

    /** What is wrong with an answer to this request, nothing if it is as documented; remembers that it was given. */
    public List<String> faults(String method, String path, Answer answer) {
        String template = document.path("paths").properties().stream().map(Map.Entry::getKey)
                .filter(known -> path.replaceFirst("[?].*", "").matches(known.replaceAll("\\{\\w+}", "[^/]+") + "/?"))
                .findFirst().orElseThrow();
        boolean allowed = operations().contains(method + " " + template);
        if (allowed == (answer.status() == 405)) {
            return List.of("the status is " + answer.status());
        }
        List<String> faults = new ArrayList<>();
        for (String operation : operations()) {
            if (operation.equals(method + " " + template) || !allowed && operation.endsWith(" " + template)) {
                faults.addAll(faultsOf(operation, answer));
            }
        }
        return faults;
    }

    private List<String> faultsOf(String operation, Answer answer) {
        JsonNode response = follow(operation(operation).path("responses").path("" + answer.status()));
        if (response.isMissingNode()) {
            return List.of("the status " + answer.status() + " is not documented");
        }
        if (!response.has("content") && answer.body().isEmpty()) {
            return headerFaults(response.path("headers"), answer.headers());
        }
        String contentType = answer.headers().getOrDefault("content-type", "none").replaceFirst(" *;.*", "");
        JsonNode content = response.path("content").path(contentType);
        if (content.isMissingNode()) {
            return List.of("the content type " + contentType + " is not documented");
        }
        List<String> faults = new ArrayList<>(headerFaults(response.path("headers"), answer.headers()));
        String kind = operation + " " + answer.status() + " " + contentType;
        faults.addAll(bodyFaults(content.path("schema"), answer.body()));
        if (faults.isEmpty() && contentType.equals(Problem.CONTENT_TYPE)) {
            ObjectNode problem = (ObjectNode) parse(answer.body());
            String type = problem.path("type").asText().replaceFirst(".*:", "");
            JsonNode example = follow(content.path("examples").path(type)).path("value");
            kind += " " + type;
            if (example.isMissingNode()) {
                faults.add("the problem " + type + " is not documented");
            } else if (!withoutDetails(problem).equals(withoutDetails(example))) {
                faults.add("the problem is documented as " + example);
            } else if (problem.has("violations") != example.has("violations")) {
                faults.add("violations are there or not, against the document");
            } else if (problem.has("instance") != example.has("instance")) {
                faults.add("an instance is there or not, against the document");
            }
        }
        if (faults.isEmpty()) {
            answered.add(kind);
        }
        return faults;
    }

    private List<String> headerFaults(JsonNode documented, Map<String, String> headers) {
        List<String> faults = new ArrayList<>();
        Set<String> unknown = new TreeSet<>(headers.keySet());
        unknown.removeAll(NOT_DOCUMENTED);
        documented.properties().forEach(header -> {
            String name = header.getKey().toLowerCase();
            JsonNode schema = follow(header.getValue()).path("schema");
            unknown.remove(name);
            if (!headers.containsKey(name)) {
                if (follow(header.getValue()).path("required").asBoolean()) {
                    faults.add("the header " + name + " is missing");
                }
            } else {
                String text = headers.get(name);
                JsonNode value = schema.path("type").asText().equals("integer") && text.matches("\\d+")
                        ? IntNode.valueOf(Integer.parseInt(text)) : JsonNodeFactory.instance.textNode(text);
                registry.getSchema(schema).validate(value)
                        .forEach(error -> faults.add("the header " + name + ": " + error.getMessage()));
            }
        });
        unknown.forEach(name -> faults.add("the header " + name + " is not documented"));
        return faults;
    }

    private List<String> bodyFaults(JsonNode schema, String body) {
        if (schema.has("$ref")) {
            try {
                schemas.read(schemaName(schema), body.getBytes(UTF_8));
                return List.of();
            } catch (InvalidDocumentException e) {
                return e.violations().stream().map(Violation::toString).toList();
            }
        }
        JsonNode value = schema.path("type").asText().equals("object") ? parse(body)
                : JsonNodeFactory.instance.textNode(body);
        return registry.getSchema(schema).validate(value).stream().map(error -> "the body: " + error.getMessage())
                .toList();
    }

    private JsonNode operation(String operation) {
        String[] words = operation.split(" ");
        return document.path("paths").path(words[1]).path(words[0].toLowerCase());
    }

    /** The node itself, or what it refers to in this document. */
    private JsonNode follow(JsonNode node) {
        String reference = node.path("$ref").asText();
        return reference.startsWith("#") ? document.at(reference.substring(1)) : node;
    }

    private static String schemaName(JsonNode schema) {
        return schema.path("$ref").asText().replaceFirst("^schemas/(.*)\\.json$", "$1");
    }

    private JsonNode parse(String body) {
        try {
            return json.readTree(body);
        } catch (IOException e) {
            return JsonNodeFactory.instance.missingNode();
        }
    }

    /** What all problems of a kind have in common. */
    private static JsonNode withoutDetails(JsonNode problem) {
        return ((ObjectNode) problem.deepCopy()).without(List.of("violations", "instance"));
    }
}
