package choreography.messaging;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import org.springframework.jms.support.converter.MessageConversionException;
import org.springframework.jms.support.converter.MessageConverter;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a route sees of a message: its text, or no body if it is of another kind. Camel would read each kind before the
 * first step of the route: a stream to cache it, an object by deserialising it. Such a message is parked unread.
 */
public class TextOnly implements MessageConverter {

    @Override
    public String fromMessage(Message message) throws JMSException {
        if (message instanceof TextMessage text) {
            return text.getText() == null ? "" : text.getText();
        }
        return null;
    }

    @Override
    public Message toMessage(Object body, Session session) throws JMSException {
        if (body instanceof byte[] text) {
            return session.createTextMessage(new String(text, UTF_8));
        }
        if (body instanceof String text) {
            return session.createTextMessage(text);
        }
        throw new MessageConversionException("Messages are texts");
    }
}
