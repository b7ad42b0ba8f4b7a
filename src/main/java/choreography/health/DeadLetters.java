package choreography.health;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import choreography.messaging.DeadLetterQueue;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.jms.JMSException;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.jms.client.ActiveMQConnection;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.support.LifecycleStrategySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows how many messages are in the dead-letter queues of this process' consumers: as a metric ({@code dead_letters}
 * by {@code queue}), in the message of a health check, and, when they become more, in the log. The broker puts them
 * there and tells nobody. The check is always UP: the service works, only people can tell what to do about them.
 *
 * <p>It asks the broker every 10 s over a connection of its own: to know how long a queue is takes no right of
 * management.
 */
public class DeadLetters extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
    private static final int PERIOD_S = 10;

    private final Map<String, Long> counts = new ConcurrentSkipListMap<>();
    private ActiveMQConnectionFactory broker;

    public DeadLetters() {
        super("choreography", "dead-letters");
    }

    public void setBroker(ActiveMQConnectionFactory broker) {
        this.broker = broker;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        boolean again = getCamelContext() != null;
        super.setCamelContext(camelContext);
        if (!again) {
            camelContext.addLifecycleStrategy(new Clock());
        }
    }

    private final class Clock extends LifecycleStrategySupport {

        private ScheduledExecutorService timer;

        @Override
        public void onContextStarted(CamelContext context) {
            timer = Executors.newSingleThreadScheduledExecutor(work -> {
                Thread thread = new Thread(work, "dead-letters");
                thread.setDaemon(true); // it may be waiting for a broker that does not answer
                return thread;
            });
            timer.scheduleWithFixedDelay(DeadLetters.this::count, 0, PERIOD_S, TimeUnit.SECONDS);
        }

        @Override
        public void onContextStopping(CamelContext context) {
            if (timer != null) { // it was started
                timer.shutdownNow();
            }
        }
    }

    private void count() {
        try (ActiveMQConnection connection = (ActiveMQConnection) broker.createConnection()) {
            for (String queue : consumerQueues()) {
                count(connection.getInitialSession(), queue);
            }
        } catch (JMSException | ActiveMQException | RuntimeException e) {
            LOG.debug("The broker cannot be asked for dead letters", e); // consumers say that it is away
        }
    }

    private void count(ClientSession session, String queue) throws ActiveMQException {
        long count = session.queueQuery(SimpleString.of(DeadLetterQueue.of(queue))).getMessageCount();
        Long before = counts.put(queue, count);
        if (before == null) {
            register(queue);
        }
        if (count > (before == null ? 0 : before)) {
            LOG.warn("{} holds {} messages, {} more than before: "
                            + "what to do about them is in the README, When things fail",
                    DeadLetterQueue.of(queue), count, count - (before == null ? 0 : before));
        }
    }

    private void register(String queue) {
        MeterRegistry meters = getCamelContext().getRegistry().findSingleByType(MeterRegistry.class);
        if (meters != null) {
            Gauge.builder("dead.letters", () -> counts.get(queue)).tag("queue", queue)
                    .description("Messages that this consumer could not process").register(meters);
        }
    }

    private Set<String> consumerQueues() {
        Set<String> queues = new TreeSet<>();
        for (Route route : getCamelContext().getRoutes()) {
            if (route.getConsumer() instanceof JmsConsumer consumer) {
                queues.add(DeadLetterQueue.consumedBy(consumer.getEndpoint()));
            }
        }
        return queues;
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up();
        counts.forEach((queue, count) -> builder.detail(queue, count));
        String some = counts.entrySet().stream().filter(one -> one.getValue() > 0)
                .map(one -> DeadLetterQueue.of(one.getKey()) + ": " + one.getValue()).collect(Collectors.joining(", "));
        if (!some.isEmpty()) {
            builder.message("Messages that could not be processed: " + some);
        }
    }
}
