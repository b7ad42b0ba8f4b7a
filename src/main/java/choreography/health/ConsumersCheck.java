package choreography.health;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSession.QueueQuery;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.camel.CamelContext;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.spi.LifecycleStrategy;

/**
 * Shows something of this process' consumers and of what waits for them at the broker. It asks over a connection of its
 * own: to know how long a queue is takes no right of management.
 */
public abstract class ConsumersCheck extends AbstractHealthCheck {

    private ActiveMQConnectionFactory broker;

    ConsumersCheck(String id) {
        super("choreography", id);
    }

    public void setBroker(ActiveMQConnectionFactory broker) {
        this.broker = broker;
    }

    /** What it does when the process starts and ends. */
    abstract LifecycleStrategy lifecycle();

    @Override
    public void setCamelContext(CamelContext camelContext) {
        boolean again = getCamelContext() != null;
        super.setCamelContext(camelContext);
        if (!again) {
            camelContext.addLifecycleStrategy(lifecycle());
        }
    }

    final List<JmsConsumer> consumers() {
        return getCamelContext().getRoutes().stream().map(route -> route.getConsumer())
                .filter(JmsConsumer.class::isInstance).map(JmsConsumer.class::cast).toList();
    }

    /** @throws Exception so it is declared: the broker cannot be asked */
    final Map<String, Long> messageCounts(Collection<String> queues) throws Exception {
        return ask(queues, QueueQuery::getMessageCount);
    }

    /** @throws Exception so it is declared: the broker cannot be asked */
    final <T> Map<String, T> ask(Collection<String> queues, Function<QueueQuery, T> question) throws Exception {
        Map<String, T> answers = new TreeMap<>();
        try (ClientSessionFactory connection = broker.getServerLocator().createSessionFactory();
             ClientSession session = connection.createSession(broker.getUser(), broker.getPassword(), false, true, true,
                     false, 0)) {
            for (String queue : queues) {
                answers.put(queue, question.apply(session.queueQuery(SimpleString.of(queue))));
            }
        }
        return answers;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }
}
