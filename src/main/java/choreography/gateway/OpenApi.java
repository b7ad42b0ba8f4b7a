package choreography.gateway;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/**
 * Makes the OpenAPI document complete in itself, as generators of clients need it: each schema that openapi.yaml or
 * one of its schemas refers to becomes a component, named like its file, or like its definition in common.json.
 */
final class OpenApi {

    private static final URI FILE = URI.create("openapi.yaml");
    private static final String COMPONENTS = "#/components/schemas/";
    private static final YAMLMapper YAML = new YAMLMapper();

    private final ObjectNode document;
    private final ObjectNode components;
    private final Map<String, URI> sources = new HashMap<>();

    private OpenApi() throws IOException {
        document = (ObjectNode) read(FILE);
        components = document.withObject("/components/schemas");
        complete(document, FILE);
    }

    /** @return the document, read from the classpath */
    static ObjectNode document() throws IOException {
        return new OpenApi().document;
    }

    private void complete(JsonNode node, URI file) throws IOException {
        if (node.path("$ref").isTextual()) {
            URI target = file.resolve(node.path("$ref").textValue());
            if (!target.getPath().equals(FILE.getPath())) {
                ((ObjectNode) node).put("$ref", COMPONENTS + component(target));
            }
        }
        // what Java and JavaScript know of Unicode, Python does not: a client made there could not read a name
        if (node.path("pattern").isTextual() && node.path("pattern").textValue().contains("\\p{")) {
            ((ObjectNode) node).remove(List.of("pattern", "errorMessage"));
        }
        for (JsonNode child : node) {
            complete(child, file);
        }
    }

    private String component(URI target) throws IOException {
        String name = name(target);
        URI source = sources.putIfAbsent(name, target);
        if (source == null) {
            ObjectNode schema = (ObjectNode) read(target).requiredAt(fragment(target));
            schema.remove(List.of("$schema", "$id", "$defs"));
            components.set(name, schema);
            complete(schema, target);
        } else if (!source.equals(target)) {
            throw new IllegalStateException(source + " and " + target + " would have the same name");
        }
        return name;
    }

    /** {@code Order} of schemas/Order.json, {@code Amount} of schemas/common.json#/$defs/amount. */
    private static String name(URI target) {
        String path = target.getPath().replaceFirst("\\.json$", "") + fragment(target);
        String name = path.substring(path.lastIndexOf('/') + 1);
        return Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    private static String fragment(URI target) {
        return target.getFragment() == null ? "" : target.getFragment();
    }

    private static JsonNode read(URI file) throws IOException {
        try (InputStream content = OpenApi.class.getClassLoader().getResourceAsStream(file.getPath())) {
            if (content == null) {
                throw new FileNotFoundException("There is no " + file + " on the classpath");
            }
            return YAML.readTree(content);
        }
    }
}
