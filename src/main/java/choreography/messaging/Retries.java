package choreography.messaging;

import java.time.Duration;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQMessage;
import org.apache.camel.component.jms.JmsEndpoint;

import static org.apache.activemq.artemis.api.core.Message.HDR_DUPLICATE_DETECTION_ID;

/**
 * Puts a message back into the queue of its consumer, from where it comes again after a time: in the session that
 * consumes it, which is committed, so that the others of its group need not come again too. Only for a message of which
 * nothing is written, or nothing is rolled back.
 */
public class Retries {

    private static final long FIRST_MS = 200;
    /**
     * Property of a message that was put back or parked: its JMSMessageID, which is another one then. Who has claimed
     * something for it goes on with that.
     */
    private static final String FIRST_ID = "firstMessageId";
    /** Property of such a message: its first JMSTimestamp. */
    static final String FIRST_SENT = "firstSent";
    private static final int MOST_COUNTED = 1000;
    /** Times the first wait is more than any longest. */
    private static final int MOST_DOUBLED = 20;

    private volatile long longestMs;

    /** Of the waits between the attempts of a message that was put back. */
    public void setLongestMs(long longestMs) {
        this.longestMs = longestMs;
    }

    /** As the broker waits before it delivers a message again, but for its random part. */
    Duration after(int attempts) {
        return Duration.ofMillis(Math.min(longestMs, FIRST_MS << Math.min(attempts - 1, MOST_DOUBLED)));
    }

    /** Gives a message that was put back, or parked, its first JMSMessageID. */
    static void restoreId(Message message) throws JMSException {
        if (core(message).getObjectProperty(FIRST_ID) instanceof SimpleString id && id.toString().startsWith("ID:")) {
            message.setJMSMessageID(id.toString());
        }
    }

    static void keepIdAndTime(Message message) throws JMSException {
        restoreId(message); // nobody may have looked at it since it was put back
        core(message).putStringProperty(FIRST_ID, message.getJMSMessageID());
        core(message).putLongProperty(FIRST_SENT, firstSent(message));
    }

    /** @param consumer whose message it is */
    static void putBack(Session session, Message message, JmsEndpoint consumer, Duration delay) throws JMSException {
        keepIdAndTime(message);
        ClientMessage core = core(message);
        UnreadBodies.restoreKind(core);
        core.removeProperty(HDR_DUPLICATE_DETECTION_ID); // else the broker takes what comes again for a duplicate
        String back = consumer.getDestinationName() + "::" + DeadLetterQueue.consumedBy(consumer);
        try (MessageProducer producer = session.createProducer(consumer.isPubSubDomain()
                ? session.createTopic(back) : session.createQueue(back))) {
            producer.setPriority(message.getJMSPriority());
            producer.setDeliveryDelay(delay.toMillis());
            producer.send(message);
        }
    }

    /** @param counter property that says how often it was put back */
    static void countOneMore(Message message, String counter) {
        core(message).putIntProperty(counter, count(message, counter) + 1); // JMS lets nobody change what was received
    }

    /** How often it was put back. */
    static int count(Message message, String counter) {
        return core(message).getObjectProperty(counter) instanceof Integer count
                ? Math.min(Math.max(0, count), MOST_COUNTED) : 0;
    }

    /** @return milliseconds since 1970 */
    static long firstSent(Message message) throws JMSException {
        return message.getObjectProperty(FIRST_SENT) instanceof Long first ? first : message.getJMSTimestamp();
    }

    static ClientMessage core(Message message) {
        return ((ActiveMQMessage) message).getCoreMessage();
    }
}
