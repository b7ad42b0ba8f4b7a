package choreography.testing;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQQueue;
import org.apache.activemq.artemis.jms.client.ActiveMQTopic;

/**
 * In place of the broker for who only browses queues and publishes: each queue is empty, or {@link #WAITING} says when
 * its oldest message was sent; what is published is forgotten, or its commit fails.
 */
public class SilentBroker extends ActiveMQConnectionFactory {

    /** Milliseconds since 1970, by queue. */
    public static final Map<String, Long> WAITING = new ConcurrentHashMap<>();
    /** A property of each oldest message, and its value: then it was sent again now. */
    public static final Map<String, Long> SENT_AGAIN_WITH = new ConcurrentHashMap<>();

    private static final AtomicInteger REFUSED = new AtomicInteger();
    private static volatile boolean refusing;

    public static void refuseCommits(boolean from) {
        refusing = from;
        REFUSED.set(0);
    }

    /** How often, since {@link #refuseCommits}. */
    public static int refusedCommits() {
        return REFUSED.get();
    }

    @Override
    public Connection createConnection() {
        return JmsText.proxy(Connection.class, (method, arguments) -> method.equals("createSession")
                ? session(arguments != null && Boolean.TRUE.equals(arguments[0])) : null);
    }

    @Override
    public Connection createConnection(String user, String password) {
        return createConnection();
    }

    private static Session session(boolean transacted) {
        return JmsText.proxy(Session.class, (method, arguments) -> switch (method) {
            case "getTransacted" -> transacted;
            case "createQueue" -> new ActiveMQQueue((String) arguments[0]);
            case "createTopic" -> new ActiveMQTopic((String) arguments[0]);
            case "createBrowser" -> browser(((ActiveMQQueue) arguments[0]).getAddress());
            case "createTextMessage" -> JmsText.text((String) arguments[0]);
            case "createProducer" -> JmsText.proxy(MessageProducer.class, (send, message) -> null);
            case "commit" -> commit();
            default -> null;
        });
    }

    private static Object commit() throws JMSException {
        if (refusing) {
            REFUSED.incrementAndGet();
            throw new JMSException("the connection is lost");
        }
        return null;
    }

    private static QueueBrowser browser(String queue) {
        List<Message> messages = WAITING.containsKey(queue) ? List.of(sentAt(WAITING.get(queue))) : List.of();
        return JmsText.proxy(QueueBrowser.class, (method, arguments) ->
                method.equals("getEnumeration") ? Collections.enumeration(messages) : null);
    }

    private static Message sentAt(long time) {
        return JmsText.proxy(Message.class, (method, arguments) -> switch (method) {
            case "getJMSTimestamp" -> SENT_AGAIN_WITH.isEmpty() ? time : (Object) System.currentTimeMillis();
            case "getObjectProperty" -> SENT_AGAIN_WITH.get((String) arguments[0]);
            default -> null;
        });
    }
}
