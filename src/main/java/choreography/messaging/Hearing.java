package choreography.messaging;

import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.jms.MessageListenerContainerFactory;
import org.springframework.jms.listener.AbstractMessageListenerContainer;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/** Consumers that only listen: they make no transaction, and depend on nothing but the broker. */
public class Hearing implements MessageListenerContainerFactory {

    @Override
    public AbstractMessageListenerContainer createMessageListenerContainer(JmsEndpoint endpoint) {
        return new DependentContainer(endpoint);
    }

    /** Whether a consumer has let go of its queue because something is away that its route depends on. */
    public static boolean isWaiting(DefaultMessageListenerContainer consumer) {
        return consumer instanceof DependentContainer dependent && dependent.isWaiting();
    }
}
