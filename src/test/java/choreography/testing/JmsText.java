package choreography.testing;

import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import java.util.TreeMap;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;

/** JMS messages without a broker: they keep properties, correlation id and text, and ignore the rest. */
public final class JmsText {

    private JmsText() { }

    public static TextMessage text(String text) throws JMSException {
        TextMessage message = message(TextMessage.class);
        message.setText(text);
        return message;
    }

    public static <M extends Message> M message(Class<M> kind) {
        Map<String, Object> properties = new TreeMap<>();
        Map<String, Object> fields = new TreeMap<>(Map.of("JMSMessageID", "ID:1"));
        return proxy(kind, (method, arguments) -> switch (method) {
            case "setStringProperty", "setObjectProperty", "setLongProperty", "setIntProperty", "setBooleanProperty" ->
                properties.put((String) arguments[0], arguments[1]);
            case "getObjectProperty", "getStringProperty" -> properties.get(arguments[0]);
            case "propertyExists" -> properties.containsKey(arguments[0]);
            case "getPropertyNames" -> Collections.enumeration(properties.keySet());
            case "getText", "getJMSCorrelationID", "getJMSMessageID" -> fields.get(method.substring(3));
            case "setText", "setJMSCorrelationID", "setJMSMessageID" -> fields.put(method.substring(3), arguments[0]);
            default -> null;
        });
    }

    /** A session that makes such messages. */
    public static Session session() {
        return proxy(Session.class, (method, arguments) -> method.equals("createTextMessage")
                ? message(TextMessage.class) : null);
    }

    public static Map<String, Object> properties(Message message) throws JMSException {
        Map<String, Object> all = new TreeMap<>();
        for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
            String name = (String) names.nextElement();
            all.put(name, message.getObjectProperty(name));
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
