package choreography.messaging;

import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.jms.JmsMessage;

import static org.apache.activemq.artemis.api.core.Message.HDR_DUPLICATE_DETECTION_ID;
import static org.apache.activemq.artemis.api.core.Message.HDR_ORIGINAL_ADDRESS;
import static org.apache.activemq.artemis.api.core.Message.HDR_ORIGINAL_QUEUE;
import static org.apache.activemq.artemis.api.core.Message.HDR_ORIG_ROUTING_TYPE;

/**
 * Puts a message into the dead-letter queue of its consumer: the message itself, of whatever kind, with all that came
 * with it, in the session in which it is consumed. It says where it came from, as the broker does, so that the
 * console's "retry" finds the way back.
 */
public class Parking implements Processor {

    /** Property of a message that was parked because it cannot be read: why. */
    static final String REASON = "reason";

    /** The step for a message that cannot be read: parks it, with the reason. */
    @Override
    public void process(Exchange exchange) throws JMSException {
        JmsMessage consumed = exchange.getIn(JmsMessage.class);
        Retries.core(consumed.getJmsMessage()).putStringProperty(REASON,
                exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class).getMessage());
        park(consumed.getJmsSession(), consumed.getJmsMessage(), (JmsEndpoint) exchange.getFromEndpoint());
    }

    /** @param consumer whose message it is */
    static void park(Session session, Message message, JmsEndpoint consumer) throws JMSException {
        ClientMessage core = Retries.core(message); // JMS lets nobody change a message that was received
        UnreadBodies.restoreKind(core);
        core.putStringProperty(HDR_ORIGINAL_ADDRESS, SimpleString.of(consumer.getDestinationName()));
        if (consumer.isPubSubDomain() && consumer.getSubscriptionName() == null) {
            core.removeProperty(HDR_ORIGINAL_QUEUE); // a gateway's own subscription, which goes with the gateway
        } else {
            core.putStringProperty(HDR_ORIGINAL_QUEUE, SimpleString.of(DeadLetterQueue.consumedBy(consumer)));
        }
        core.removeProperty(HDR_ORIG_ROUTING_TYPE); // of the dead-letter queue, if it was returned from there
        core.removeProperty(HDR_DUPLICATE_DETECTION_ID); // else the broker takes what comes again for a duplicate
        String deadLetterQueue = DeadLetterQueue.of(DeadLetterQueue.consumedBy(consumer));
        try (MessageProducer producer = session.createProducer(session.createQueue(deadLetterQueue))) {
            producer.send(message, DeliveryMode.PERSISTENT, message.getJMSPriority(), Message.DEFAULT_TIME_TO_LIVE);
        }
    }
}
