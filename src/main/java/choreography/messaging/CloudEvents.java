package choreography.messaging;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

import choreography.contract.Services;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.jms.MessageCreatedStrategy;
import org.apache.camel.spi.InterceptSendToEndpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Makes every JMS message that a route publishes a CloudEvent (CloudEvents 1.0, attributes as JMS properties).
 * The id is derived from the consumed message and the type, so whoever sees the same event again recognises it.
 * Routes never set these attributes.
 */
public class CloudEvents implements MessageCreatedStrategy {

    public static final String ID = "cloudEvents_id";
    /** Extension attribute: the id of the message that was consumed when this one was published. */
    public static final String CAUSATION_ID = "cloudEvents_causationid";

    /** By the endpoint that a message is sent to. */
    private final Map<String, String> addresses = new ConcurrentHashMap<>();

    /** @return the id of the event of this type that the message or request {@code cause} brings about */
    public static String id(String cause, String type) {
        return UUID.nameUUIDFromBytes((cause + type).getBytes(UTF_8)).toString();
    }

    @Override
    public void onMessageCreated(Message message, Session session, Exchange exchange, Throwable cause) {
        try {
            String address = addresses.computeIfAbsent(exchange.getProperty(Exchange.TO_ENDPOINT, String.class),
                    uri -> address(exchange.getContext().getEndpoint(uri)));
            setAttributes(message, address, exchange);
            Sending.begin(exchange); // camel-jms makes the message when all else is there, and sends it next
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String address(Endpoint to) {
        Endpoint sentTo = to instanceof InterceptSendToEndpoint intercepted ? intercepted.getOriginalEndpoint() : to;
        return ((JmsEndpoint) sentTo).getDestinationName();
    }

    private static void setAttributes(Message message, String type, Exchange exchange) throws JMSException {
        String consumed = exchange.getMessage().getHeader(ID, String.class);
        String flow = exchange.getMessage().getHeader("JMSCorrelationID", String.class);
        message.setStringProperty(ID, id(consumed, type));
        message.setStringProperty("cloudEvents_specversion", "1.0");
        message.setStringProperty("cloudEvents_type", type);
        message.setStringProperty("cloudEvents_source", "/" + Services.of(exchange.getFromRouteId()));
        message.setStringProperty("cloudEvents_subject", flow);
        message.setStringProperty("cloudEvents_time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        message.setStringProperty("cloudEvents_datacontenttype", "application/json");
        message.setStringProperty(CAUSATION_ID, consumed);
    }
}
