package choreography.messaging;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Enumeration;
import java.util.List;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.QueueBrowser;
import jakarta.jms.Session;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.jms.JmsComponent;

/**
 * What waits in some queues. A queue hands out its messages in the order in which they came, and first what was put
 * back ({@link Retries}), so what was sent before the first one that waits was handed to a consumer, or somebody has
 * removed it. What fails there waits for its next attempt, which no browser sees; what waits longer than attempts take
 * ({@link NotYetException}) is asked for again.
 */
public class Backlog implements CamelContextAware {

    private record Look(Instant at, Instant oldest) { }

    private final List<String> queues;
    /** The last ones, the newest at the end. */
    private final Deque<Look> looks = new ArrayDeque<>();
    private CamelContext camelContext;

    /** @param queues separated by commas; the queue of a topic's subscription as {@code topic::queue} */
    public Backlog(String queues) {
        this.queues = List.of(queues.split(","));
    }

    /**
     * @param attemptsMs how long the attempts at a message may take
     * @return from when on what is older by {@code attemptsMs} neither waits in one of the queues nor was handed out so
     *         shortly ago that it may wait for its next attempt: RFC 3339
     */
    public synchronized String oldestWaiting(long attemptsMs) throws JMSException {
        Instant now = Instant.now();
        Instant oldest = oldest(now);
        looks.add(new Look(now, oldest));
        while (looks.getFirst().at().isBefore(now.minusMillis(attemptsMs))) {
            looks.removeFirst();
        }
        for (Look look : looks) {
            Instant handedOut = look.oldest().plusMillis(attemptsMs);
            oldest = handedOut.isBefore(oldest) ? handedOut : oldest;
        }
        return oldest.toString();
    }

    private Instant oldest(Instant now) throws JMSException {
        Instant oldest = now;
        try (Connection connection = connect(); Session session = connection.createSession()) {
            for (String queue : queues) {
                Instant first = firstSent(session, queue);
                oldest = first.isBefore(oldest) ? first : oldest;
            }
        }
        return oldest;
    }

    private static Instant firstSent(Session session, String queue) throws JMSException {
        try (QueueBrowser browser = session.createBrowser(session.createQueue(queue))) {
            Enumeration<?> waiting = browser.getEnumeration();
            return waiting.hasMoreElements()
                    ? Instant.ofEpochMilli(Retries.firstSent((Message) waiting.nextElement())) : Instant.MAX;
        }
    }

    private Connection connect() throws JMSException {
        return camelContext.getComponent("jms", JmsComponent.class).getConnectionFactory().createConnection();
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
