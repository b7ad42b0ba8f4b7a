package choreography.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

import choreography.catalogue.MessageCatalogue;
import com.fasterxml.jackson.databind.JsonNode;

/** Tells where a schema refuses messages that its last release accepted. A schema that accepts more is compatible. */
final class SchemaCompatibility {

    private static final Set<String> SAYS_NOTHING = Set.of("$schema", "$id", "$comment", "title", "description",
            "examples", "deprecated", "errorMessage");
    private static final Set<String> AT_LEAST = Set.of("minLength", "minimum", "exclusiveMinimum", "minItems",
            "minProperties");
    private static final Set<String> AT_MOST = Set.of("maxLength", "maximum", "exclusiveMaximum", "maxItems",
            "maxProperties");

    private final Map<String, JsonNode> released;
    private final Map<String, JsonNode> current;
    private final List<String> breaks = new ArrayList<>();

    private SchemaCompatibility(Map<String, JsonNode> released, Map<String, JsonNode> current) {
        this.released = released;
        this.current = current;
    }

    /** @return what breaks, a sentence each; empty if nothing does */
    static List<String> breaks(Map<String, JsonNode> released, Map<String, JsonNode> current) {
        SchemaCompatibility comparison = new SchemaCompatibility(released, current);
        released.forEach((name, schema) -> {
            if (schema.path("type").isMissingNode()) {
                return; // common.json, which is compared where it is referred to
            }
            if (current.containsKey(name)) {
                comparison.compare(name, schema, current.get(name));
            } else {
                comparison.broken(name, "is gone");
            }
        });
        return comparison.breaks;
    }

    private void broken(String where, String what) {
        breaks.add(where + " " + what);
    }

    private void compare(String where, JsonNode before, JsonNode now) {
        JsonNode old = MessageCatalogue.resolve(before, released);
        JsonNode next = MessageCatalogue.resolve(now, current);
        Set<String> keywords = names(old);
        keywords.addAll(names(next));
        keywords.removeAll(SAYS_NOTHING);
        for (String keyword : keywords) {
            compare(where, keyword, old, next);
        }
    }

    private void compare(String where, String keyword, JsonNode old, JsonNode next) {
        JsonNode was = old.get(keyword);
        JsonNode is = next.get(keyword);
        if (keyword.equals("properties")) {
            old.path(keyword).properties().forEach(field -> {
                if (next.path(keyword).has(field.getKey())) {
                    compare(where + "/" + field.getKey(), field.getValue(), next.get(keyword).get(field.getKey()));
                } else {
                    broken(where + "/" + field.getKey(), "is gone");
                }
            });
        } else if (keyword.equals("items") && was != null && is != null) {
            compare(where + "/items", was, is);
        } else if (is == null || is.equals(was)) {
            return; // asks for less, or the same
        } else if (keyword.equals("pattern") && was != null && is.asText().startsWith(was.asText() + "|")) {
            return; // has one more alternative
        } else if (keyword.equals("required")) {
            values(is).stream().filter(field -> !values(was).contains(field))
                    .forEach(field -> broken(where + "/" + field.asText(), "is required now"));
        } else if (keyword.equals("type")) {
            if (was == null || !values(is).containsAll(values(was))
                    && !(values(was).equals(Set.of(text("integer"))) && values(is).contains(text("number")))) {
                broken(where, "was of type %s and is %s now".formatted(was, is));
            }
        } else if (keyword.equals("enum") || keyword.equals("const")) {
            if (allowed(old).isEmpty() || !allowed(next).containsAll(allowed(old))) {
                broken(where,
                        "allowed %s and allows %s now".formatted(allowed(old).isEmpty() ? "any value" : allowed(old),
                        allowed(next)));
            }
        } else if (AT_LEAST.contains(keyword) || AT_MOST.contains(keyword)) {
            if (was == null || (is.decimalValue().compareTo(was.decimalValue()) > 0) == AT_LEAST.contains(keyword)) {
                broken(where, "had %s %s and has %s now".formatted(keyword, was == null ? "unlimited" : was, is));
            }
        } else if (!(keyword.equals("additionalProperties") && is.asBoolean())) {
            broken(where,
                    "had %s %s and has %s now, which may refuse what was accepted".formatted(keyword,
                    was == null ? "unset" : was, is));
        }
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Set<JsonNode> values(JsonNode oneOrMany) {
        return oneOrMany == null ? Set.of() : oneOrMany.isArray()
                ? Set.copyOf(StreamSupport.stream(oneOrMany.spliterator(), false).toList()) : Set.of(oneOrMany);
    }

    private static Set<JsonNode> allowed(JsonNode schema) {
        return schema.has("const") ? Set.of(schema.get("const")) : values(schema.get("enum"));
    }

    private static JsonNode text(String value) {
        return new com.fasterxml.jackson.databind.node.TextNode(value);
    }
}
