package choreography.gateway;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;

import choreography.contract.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One text for all JSON documents that mean the same: members in the order of their names, no white space, one way to
 * write each string and each number. As RFC 8785, but numbers are exact.
 */
final class CanonicalJson {

    /** Longer numbers are written with an exponent: what is short as {@code 1e1000000000} stays short. */
    private static final int LONGEST_PLAIN = 20;

    private CanonicalJson() { }

    public static String of(JsonNode document) {
        return Json.write(canonical(document));
    }

    private static JsonNode canonical(JsonNode node) {
        if (node.isObject()) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            node.properties().forEach(member -> sorted.put(member.getKey(), canonical(member.getValue())));
            ObjectNode object = Json.mapper().createObjectNode();
            return object.setAll(sorted);
        }
        if (node.isArray()) {
            ArrayNode array = Json.mapper().createArrayNode();
            node.forEach(element -> array.add(canonical(element)));
            return array;
        }
        return node.isNumber() ? DecimalNode.valueOf(canonical(node.decimalValue())) : node;
    }

    private static BigDecimal canonical(BigDecimal number) {
        BigDecimal shortest = number.stripTrailingZeros();
        boolean plain = shortest.scale() < 0 && shortest.precision() - (long) shortest.scale() <= LONGEST_PLAIN;
        return plain ? shortest.setScale(0) : shortest;
    }
}
