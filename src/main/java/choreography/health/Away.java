package choreography.health;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import choreography.messaging.DeadLetterQueue;
import choreography.messaging.Dependencies;
import choreography.messaging.Dependency;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.spi.LifecycleStrategy;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * Shows what is away that consumers of this process depend on: as metrics ({@code dependency_away_seconds} by
 * {@code dependency}, {@code dependency_waiting_messages} by {@code consumer} too) and in a health check: since when,
 * why, which consumers wait for it, and how many messages wait for them. The check is always UP: to take the service
 * away too would help nobody.
 */
public class Away extends ConsumersCheck {

    public Away() {
        super("away");
    }

    @Override
    LifecycleStrategy lifecycle() {
        return new LifecycleStrategySupport() {
            @Override
            public void onContextStarted(CamelContext context) {
                register();
            }
        };
    }

    private Dependencies dependencies() {
        return getCamelContext().getRegistry().findSingleByType(Dependencies.class);
    }

    private void register() {
        consumers().forEach(consumer -> dependencies().of(consumer.getEndpoint()));
        MeterRegistry meters = getCamelContext().getRegistry().findSingleByType(MeterRegistry.class);
        if (meters != null) {
            dependencies().all().forEach(one -> register(one, meters));
        }
    }

    private void register(Dependency one, MeterRegistry meters) {
        Gauge.builder("dependency.away", one::awaySeconds).tag("dependency", one.name()).baseUnit("seconds")
                .description("For how long it has been away; 0: it answers").register(meters);
        for (String consumer : one.name().equals(Dependencies.BROKER) ? Set.<String>of() : one.consumers()) {
            Gauge.builder("dependency.waiting", () -> waiting(one, consumer)).baseUnit("messages")
                    .tag("dependency", one.name()).tag("consumer", consumer)
                    .description("How many messages wait until it is back; 0: it answers").register(meters);
        }
    }

    /** Not a number: the broker is away too. */
    private double waiting(Dependency one, String consumer) {
        try {
            if (!one.isAway()) {
                return 0;
            }
            String queue = queue(consumer);
            return isBrokerAway() ? Double.NaN : messageCounts(List.of(queue)).get(queue);
        } catch (Exception e) { // so it is declared
            return Double.NaN;
        }
    }

    private boolean isBrokerAway() {
        return dependencies().all().stream().anyMatch(one -> one.name().equals(Dependencies.BROKER) && one.isAway());
    }

    private String queue(String consumer) {
        JmsConsumer of = (JmsConsumer) getCamelContext().getRoute(consumer).getConsumer();
        return DeadLetterQueue.consumedBy(of.getEndpoint());
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up();
        List<String> away = new ArrayList<>();
        for (Dependency one : dependencies().all()) {
            if (one.isAway()) {
                away.add("%s since %s (%s): %s".formatted(one.name(), one.awaySince(), one.reason(), waiting(one)));
            }
        }
        if (!away.isEmpty()) {
            builder.message("Away: " + String.join("; ", away));
        }
    }

    /** Which consumers wait, and for each how many messages; without the broker nobody can know those. */
    private String waiting(Dependency dependency) {
        Map<String, String> queues = new LinkedHashMap<>();
        dependency.consumers().forEach(consumer -> queues.put(consumer, queue(consumer)));
        try {
            Map<String, Long> counts = messageCounts(queues.values());
            List<String> consumers = new ArrayList<>();
            queues.forEach((consumer, queue) -> consumers.add(consumer + " has " + counts.get(queue)));
            return String.join(", ", consumers) + " messages to wait";
        } catch (Exception e) { // so it is declared
            return String.join(", ", dependency.consumers()) + " wait";
        }
    }
}
