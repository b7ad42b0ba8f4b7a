package choreography.messaging;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Schemas;
import choreography.contract.Violation;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.util.StringHelper;

/**
 * The first step of every consumer: checks the message against the schema of its name and lays it out for the route.
 */
public class MessageReader implements Processor {

    /** Exchange property: where a message is parked that this consumer cannot read. */
    static final String DEAD_LETTER_QUEUE = "deadLetterQueue";

    /** Before the name of an event: the address of the copies that gateways hear. */
    private static final String COPIES = "gateway.";
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
     * @throws InvalidDocumentException if the message does not fit its schema or comes without the ids of the event and
     * of its flow
     */
    @Override
    public void process(Exchange exchange) throws InvalidDocumentException {
        JmsEndpoint consumer = (JmsEndpoint) exchange.getFromEndpoint();
        exchange.setProperty(DEAD_LETTER_QUEUE, DeadLetterQueue.of(DeadLetterQueue.consumedBy(consumer)));
        String type = StringHelper.after(consumer.getDestinationName(), COPIES, consumer.getDestinationName());

        Message message = exchange.getMessage();
        if (!(message.getBody() instanceof String text)) {
            throw new InvalidDocumentException(List.of(new Violation("", "is not a text message")));
        }
        Map<String, Object> fields = json.convertValue(schemas.read(type, text), FIELDS);
        require(message, CloudEvents.ID);
        require(message, "JMSCorrelationID");
        exchange.setVariable("type", type);
        exchange.setVariable("message", text);
        message.removeHeader("JMSXGroupID"); // is of this message, not of those it brings about
        message.setBody(fields);
    }

    private static void require(Message message, String header) throws InvalidDocumentException {
        if (!(message.getHeader(header) instanceof String text) || !UUID_TEXT.matcher(text).matches()) {
            throw new InvalidDocumentException(List.of(new Violation("",
                    "has no property " + header + " with a UUID")));
        }
    }
}
