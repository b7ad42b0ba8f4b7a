package choreography;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.Exchange;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The first step of every consumer: checks the message against the schema of its name and lays it out for the route.
 */
public class MessageReader {

    /** Exchange property: where a message is parked that this consumer cannot read. */
    static final String DEAD_LETTER_QUEUE = "deadLetterQueue";

    private static final Pattern ADDRESS = Pattern.compile("(?:queue|topic):(?:/*)(\\w+)");
    private static final Pattern SUBSCRIPTION = Pattern.compile("subscriptionName=([\\w-]+)");
    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() { };

    private final ObjectMapper json = new ObjectMapper();
    private Schemas schemas;

    public void setSchemas(Schemas schemas) {
        this.schemas = schemas;
    }

    /**
     * Leaves the message's fields in the body (a Map), its text in the variable {@code message} and its name in the
     * variable {@code type}.
     *
     * @throws InvalidDocumentException if the message does not fit its schema or comes without the ids of the event and of its flow
     */
    public void read(Exchange exchange) throws InvalidDocumentException {
        String endpoint = exchange.getFromEndpoint().getEndpointUri();
        String address = first(ADDRESS, endpoint, "");
        exchange.setProperty(DEAD_LETTER_QUEUE, "DLQ." + first(SUBSCRIPTION, endpoint,
                endpoint.contains("topic:") ? CloudEvents.service(exchange) : address));

        if (!(exchange.getMessage().getBody() instanceof String text)) {
            throw new InvalidDocumentException(List.of(new Violation("", "is not a text message")));
        }
        Map<String, Object> fields = json.convertValue(schemas.read(address, text.getBytes(UTF_8)), FIELDS);
        require(exchange, CloudEvents.ID);
        require(exchange, "JMSCorrelationID");
        exchange.setVariable("type", address);
        exchange.setVariable("message", text);
        exchange.getMessage().setBody(fields);
    }

    private static String first(Pattern pattern, String endpoint, String otherwise) {
        Matcher matcher = pattern.matcher(endpoint);
        return matcher.find() ? matcher.group(1) : otherwise;
    }

    private static void require(Exchange exchange, String header) throws InvalidDocumentException {
        if (!(exchange.getMessage().getHeader(header) instanceof String text) || !UUID_TEXT.matcher(text).matches()) {
            throw new InvalidDocumentException(List.of(new Violation("", "has no property " + header + " with a UUID")));
        }
    }
}
