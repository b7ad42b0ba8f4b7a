package choreography.contract;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;

import choreography.catalogue.MessageCatalogue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;

/** Tells where a schema refuses messages that its last release accepted. A schema that accepts more is compatible. */
final class SchemaCompatibility {

    private static final Set<String> SAYS_NOTHING = Set.of("$schema", "$id", "$comment", "title", "description",
            "examples", "deprecated", "errorMessage");

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
            compareFields(where, old.path(keyword), next.path(keyword));
        } else if (keyword.equals("items") && was != null && is != null) {
            compare(where + "/items", was, is);
        } else if (is != null && !is.equals(was)) { // else it asks for less, or the same
            compareRule(where, keyword, old, next);
        }
    }

    private void compareFields(String where, JsonNode old, JsonNode next) {
        old.properties().forEach(field -> {
            String below = where + "/" + field.getKey();
            if (next.has(field.getKey())) {
                compare(below, field.getValue(), next.get(field.getKey()));
            } else {
                broken(below, "is gone");
            }
        });
    }

    private void compareRule(String where, String keyword, JsonNode old, JsonNode next) {
        JsonNode was = old.get(keyword);
        JsonNode is = next.get(keyword);
        switch (keyword) {
            case "required" -> newIn(is, was).forEach(field ->
                    broken(where + "/" + field.asText(), "is required now"));
            case "type" -> holds(takesTypes(is, was), where, "was of type %s and is %s now", was, is);
            case "enum", "const" -> holds(takesValues(next, old), where, "allowed %s and allows %s now",
                    allowed(old).isEmpty() ? "any value" : allowed(old), allowed(next));
            case "minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties" ->
                    holds(was != null && isAtMost(is, was), where, "had %s %s and has %s now", keyword,
                            was == null ? "unlimited" : was, is);
            case "maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties" ->
                    holds(was != null && isAtMost(was, is), where, "had %s %s and has %s now", keyword,
                            was == null ? "unlimited" : was, is);
            default -> holds(keyword.equals("additionalProperties") && is.asBoolean()
                            || keyword.equals("pattern") && hasOneMoreAlternative(is, was), where,
                    "had %s %s and has %s now, which may refuse what was accepted", keyword,
                    was == null ? "unset" : was, is);
        }
    }

    private void holds(boolean rule, String where, String broken, Object... about) {
        if (!rule) {
            broken(where, broken.formatted(about));
        }
    }

    private static Set<JsonNode> newIn(JsonNode is, JsonNode was) {
        Set<JsonNode> more = new LinkedHashSet<>(values(is));
        more.removeAll(values(was));
        return more;
    }

    private static boolean takesTypes(JsonNode is, JsonNode was) {
        boolean number = values(was).equals(Set.of(text("integer"))) && values(is).contains(text("number"));
        return was != null && (number || values(is).containsAll(values(was)));
    }

    private static boolean takesValues(JsonNode next, JsonNode old) {
        return !allowed(old).isEmpty() && allowed(next).containsAll(allowed(old));
    }

    private static boolean hasOneMoreAlternative(JsonNode is, JsonNode was) {
        return was != null && is.asText().startsWith(was.asText() + "|");
    }

    private static boolean isAtMost(JsonNode less, JsonNode more) {
        return less.decimalValue().compareTo(more.decimalValue()) <= 0;
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
        return TextNode.valueOf(value);
    }
}
