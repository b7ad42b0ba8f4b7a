package choreography.messaging;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Json;
import choreography.contract.Schemas;
import choreography.contract.Violation;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.spi.DataFormat;
import org.apache.camel.support.DefaultMessage;
import org.apache.camel.support.service.ServiceSupport;

/**
 * The first step of every consumer, {@code unmarshal}: checks the message against the schema of its name and makes it
 * the fields that the route asks for.
 */
public class MessageReader extends ServiceSupport implements DataFormat {

    /** Exchange property: where a message is parked that this consumer cannot read. */
    static final String DEAD_LETTER_QUEUE = "deadLetterQueue";

    private static final Pattern UUID_TEXT = Pattern.compile(
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private Schemas schemas;

    public void setSchemas(Schemas schemas) {
        this.schemas = schemas;
    }

    /**
     * @return a plain message with the fields in its body, a Map: one of camel-jms is dear to copy
     * (docs/decisions/0009)
     * @throws InvalidDocumentException if the message does not fit its schema or comes without the ids of the event and
     * of its flow
     */
    @Override
    public Object unmarshal(Exchange exchange, Object body) throws InvalidDocumentException {
        JmsEndpoint consumer = (JmsEndpoint) exchange.getFromEndpoint();
        exchange.setProperty(DEAD_LETTER_QUEUE, DeadLetterQueue.of(DeadLetterQueue.consumedBy(consumer)));
        String type = Addresses.message(consumer);

        Message message = exchange.getMessage();
        if (!(body instanceof String text)) {
            throw new InvalidDocumentException(List.of(new Violation("", "is not a text message, or a large one")));
        }
        Map<String, Object> fields = Json.fields(schemas.read(type, text));
        require(message, CloudEvents.ID);
        require(message, "JMSCorrelationID");
        message.removeHeader("JMSXGroupID"); // is of this message, not of those it brings about
        Message plain = new DefaultMessage(exchange);
        plain.setHeaders(message.getHeaders());
        plain.setBody(fields);
        return plain;
    }

    @Override
    public Object unmarshal(Exchange exchange, InputStream body) throws InvalidDocumentException {
        return unmarshal(exchange, (Object) body);
    }

    @Override
    public void marshal(Exchange exchange, Object document, OutputStream text) {
        throw new UnsupportedOperationException("What is published comes from a statement, or from marshal with json");
    }

    private static void require(Message message, String header) throws InvalidDocumentException {
        if (!(message.getHeader(header) instanceof String text) || !UUID_TEXT.matcher(text).matches()) {
            throw new InvalidDocumentException(List.of(new Violation("",
                    "has no property " + header + " with a UUID")));
        }
    }
}
