package choreography.health;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;

import choreography.messaging.DeadLetterQueue;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.spi.LifecycleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows how many messages are in the dead-letter queues of this process' consumers: as a metric ({@code dead_letters}
 * by {@code queue}), in the message of a health check, and, when they become more, in the log. The broker puts them
 * there and tells nobody. The check is always UP: the service works, only people can tell what to do about them.
 */
public class DeadLetters extends ConsumersCheck {

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

    /** As of the last time that the broker answered, by the queue of the consumer. */
    private final Map<String, Long> counts = new ConcurrentSkipListMap<>();

    public DeadLetters() {
        super("dead-letters");
    }

    @Override
    LifecycleStrategy lifecycle() {
        return new Clock("dead-letters", this::count);
    }

    private void count() {
        try {
            Map<String, Long> now = messageCounts(queues().stream().map(DeadLetterQueue::of).toList());
            queues().forEach(queue -> found(queue, now.get(DeadLetterQueue.of(queue))));
        } catch (Exception e) { // so it is declared
            LOG.debug("The broker cannot be asked for dead letters", e); // consumers say that it is away
        }
    }

    private void found(String queue, long count) {
        Long before = counts.put(queue, count);
        if (before == null) {
            register(queue);
        }
        if (count > (before == null ? 0 : before)) {
            LOG.warn("{} holds {} messages, {} more than before: "
                            + "what to do about them is in docs/failures.md",
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

    private Set<String> queues() {
        return consumers().stream().map(consumer -> DeadLetterQueue.consumedBy(consumer.getEndpoint()))
                .collect(Collectors.toCollection(TreeSet::new));
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
