package choreography.contract;

import java.io.IOException;
import java.util.Map;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * How this system reads and writes JSON: numbers exactly as they are written, no member twice, nothing behind the end.
 * All use this one mapper, Camel's data format {@code json} too: it is the registry's (application.properties).
 */
public final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8) // as written to a String
            .nodeFactory(new ExactNumbers())
            .build();

    private static final ObjectReader FIELDS = MAPPER.readerForMapOf(Object.class);

    private Json() { }

    public static JsonMapper mapper() {
        return MAPPER;
    }

    public static String write(Object document) {
        try {
            return MAPPER.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The members of a document that was read, as a route's expressions and statements ask for them. */
    public static Map<String, Object> fields(JsonNode document) {
        try {
            return FIELDS.readValue(document);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
