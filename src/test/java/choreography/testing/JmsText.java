package choreography.testing;

import java.lang.reflect.Proxy;
import java.util.Enumeration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.ObjectMessage;
import jakarta.jms.Session;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.core.client.impl.ClientMessageImpl;
import org.apache.activemq.artemis.jms.client.ActiveMQBytesMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQMapMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQObjectMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQQueue;
import org.apache.activemq.artemis.jms.client.ActiveMQStreamMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQTextMessage;

/** JMS messages of Artemis without a broker. */
public final class JmsText {

    private static final Map<Class<? extends Message>, Byte> KINDS = Map.of(
            Message.class, ActiveMQMessage.TYPE,
            TextMessage.class, ActiveMQTextMessage.TYPE,
            BytesMessage.class, ActiveMQBytesMessage.TYPE,
            MapMessage.class, ActiveMQMapMessage.TYPE,
            ObjectMessage.class, ActiveMQObjectMessage.TYPE,
            StreamMessage.class, ActiveMQStreamMessage.TYPE);

    private JmsText() { }

    public static TextMessage text(String text) throws JMSException {
        TextMessage message = message(TextMessage.class);
        message.setText(text);
        return message;
    }

    public static <M extends Message> M message(Class<M> kind) {
        try {
            Message message = ActiveMQMessage.createMessage(
                    new ClientMessageImpl(KINDS.get(kind), true, 0, 0, (byte) 4, 1024), null);
            message.clearBody(); // one that was received can be read only
            message.clearProperties();
            message.setJMSMessageID("ID:1");
            return kind.cast(message);
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A session that makes such messages. */
    public static Session session() {
        return session((queue, sent) -> { });
    }

    /** @param sent is told of the messages that are sent in this session, by the name of their queue */
    public static Session session(BiConsumer<String, Message> sent) {
        return proxy(Session.class, (method, arguments) -> switch (method) {
            case "createTextMessage" -> arguments == null ? message(TextMessage.class) : text((String) arguments[0]);
            case "createQueue" -> new ActiveMQQueue((String) arguments[0]);
            case "createProducer" -> producer(((ActiveMQQueue) arguments[0]).getAddress(), sent);
            default -> null;
        });
    }

    private static MessageProducer producer(String queue, BiConsumer<String, Message> sent) {
        return proxy(MessageProducer.class, (method, arguments) -> {
            if (method.equals("send")) {
                sent.accept(queue, (Message) arguments[0]);
            }
            return null;
        });
    }

    /** All but those that the broker sets at a delivery. */
    public static Map<String, Object> properties(Message message) throws JMSException {
        Map<String, Object> all = new TreeMap<>();
        for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
            String name = (String) names.nextElement();
            if (!name.startsWith("JMSX") || name.equals("JMSXGroupID")) { // of the others the broker makes one
                all.put(name, message.getObjectProperty(name));
            }
        }
        return all;
    }

    interface Answers {
        Object to(String method, Object[] arguments) throws JMSException;
    }

    static <T> T proxy(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
                (self, method, arguments) -> {
            Object answer = answers.to(method.getName(), arguments);
            if (answer != null || !method.getReturnType().isPrimitive()) {
                return method.getReturnType() == void.class ? null : answer;
            }
            return method.getReturnType() == void.class ? null : switch (method.getReturnType().getName()) {
                case "boolean" -> false;
                case "long" -> 0L;
                default -> 0;
            };
        }));
    }
}
