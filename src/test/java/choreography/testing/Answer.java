package choreography.testing;

import java.net.http.HttpHeaders;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** What an HTTP call was answered. */
public record Answer(int status, HttpHeaders headers, String body) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public String header(String name) {
        return String.join(", ", headers.allValues(name));
    }

    public JsonNode json() {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(toString(), e);
        }
    }

    /** The value of a top-level field, as text. */
    public String field(String name) {
        return json().path(name).asText();
    }

    @Override
    public String toString() {
        return status + " " + headers.map() + " " + body;
    }
}
