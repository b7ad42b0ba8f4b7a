package choreography.messaging;

import java.time.Instant;
import java.util.Enumeration;
import java.util.List;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.jms.JmsComponent;

/**
 * What waits in some queues. A queue hands out its messages in the order in which they came, so what was sent before
 * the oldest one that waits does not wait any more: it was handed to a consumer, or somebody has removed it.
 */
public class Backlog implements CamelContextAware {

    private final List<String> queues;
    private CamelContext camelContext;

    /** @param queues separated by commas; the queue of a topic's subscription as {@code topic::queue} */
    public Backlog(String queues) {
        this.queues = List.of(queues.split(","));
    }

    /** @return when the oldest message was sent that waits in one of the queues, now if none does: RFC 3339 */
    public String oldestWaiting() throws JMSException {
        ConnectionFactory broker = camelContext.getComponent("jms", JmsComponent.class).getConnectionFactory();
        Instant oldest = Instant.now();
        try (Connection connection = broker.createConnection(); Session session = connection.createSession()) {
            for (String queue : queues) {
                Instant first = firstSent(session, queue);
                oldest = first.isBefore(oldest) ? first : oldest;
            }
        }
        return oldest.toString();
    }

    private static Instant firstSent(Session session, String queue) throws JMSException {
        try (QueueBrowser browser = session.createBrowser(session.createQueue(queue))) {
            Enumeration<?> waiting = browser.getEnumeration();
            return waiting.hasMoreElements()
                    ? Instant.ofEpochMilli(((Message) waiting.nextElement()).getJMSTimestamp()) : Instant.MAX;
        }
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
