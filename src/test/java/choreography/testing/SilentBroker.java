package choreography.testing;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import jakarta.jms.Connection;
import jakarta.jms.Message;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQQueue;

/** In place of the broker for who only browses queues: each is empty, or {@link #WAITING} says when its oldest message was sent. */
public class SilentBroker extends ActiveMQConnectionFactory {

    /** Milliseconds since 1970, by queue. */
    public static final Map<String, Long> WAITING = new ConcurrentHashMap<>();

    @Override
    public Connection createConnection() {
        return JmsText.proxy(Connection.class, (method, arguments) -> method.equals("createSession") ? session() : null);
    }

    @Override
    public Connection createConnection(String user, String password) {
        return createConnection();
    }

    private static Session session() {
        return JmsText.proxy(Session.class, (method, arguments) -> switch (method) {
            case "createQueue" -> new ActiveMQQueue((String) arguments[0]);
            case "createBrowser" -> browser(((ActiveMQQueue) arguments[0]).getAddress());
            default -> null;
        });
    }

    private static QueueBrowser browser(String queue) {
        List<Message> messages = WAITING.containsKey(queue) ? List.of(sentAt(WAITING.get(queue))) : List.of();
        return JmsText.proxy(QueueBrowser.class, (method, arguments) ->
                method.equals("getEnumeration") ? Collections.enumeration(messages) : null);
    }

    private static Message sentAt(long time) {
        return JmsText.proxy(Message.class, (method, arguments) ->
                method.equals("getJMSTimestamp") ? time : null);
    }
}
