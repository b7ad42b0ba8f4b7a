package choreography.health;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import choreography.messaging.Consumers;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.activemq.artemis.api.core.client.ClientSession.QueueQuery;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.spi.LifecycleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when a queue is gone where something of this process' waits for a service, whether that runs or not: of an
 * event with several subscribers nobody else would notice, and what is published meanwhile is lost for one of them. The
 * process is not ready then, and the metric {@code queues_missing} counts them.
 */
public class DeclaredQueues extends ConsumersCheck {

    private static final Logger LOG = LoggerFactory.getLogger(DeclaredQueues.class);

    /** By queue: its address. Null: nobody has looked yet. */
    private Map<String, String> declared;
    /** As of the last time that the broker answered. */
    private volatile Set<String> missing = Set.of();

    public DeclaredQueues() {
        super("declared-queues");
    }

    @Override
    LifecycleStrategy lifecycle() {
        return new Clock("declared-queues", this::look);
    }

    private void look() {
        if (declared == null) {
            declared = Consumers.addressesOfQueues();
            register();
        }
        try {
            Set<String> before = missing;
            missing = ask(ours(), QueueQuery::isExists).entrySet().stream().filter(found -> !found.getValue())
                    .map(Map.Entry::getKey).collect(Collectors.toUnmodifiableSet());
            if (!before.containsAll(missing)) {
                LOG.warn("{}", message());
            }
        } catch (Exception e) { // so it is declared
            LOG.debug("The broker cannot be asked for queues", e); // consumers say that it is away
        }
    }

    private void register() {
        MeterRegistry meters = getCamelContext().getRegistry().findSingleByType(MeterRegistry.class);
        if (meters != null) {
            Gauge.builder("queues.missing", () -> missing.size())
                    .description("Queues that somebody has deleted, where something of this process' waits")
                    .register(meters);
        }
    }

    /** Of all services' queues those that this process sends to, or consumes. */
    private List<String> ours() {
        Set<String> addresses = getCamelContext().getEndpoints().stream().filter(JmsEndpoint.class::isInstance)
                .map(endpoint -> ((JmsEndpoint) endpoint).getDestinationName()).collect(Collectors.toSet());
        return declared.entrySet().stream().filter(queue -> addresses.contains(queue.getValue()))
                .map(Map.Entry::getKey).toList();
    }

    private String message() {
        return missing.isEmpty() ? "" : "Somebody has deleted %s: what is published for them meanwhile is lost, or a "
                .formatted(missing.stream().sorted().collect(Collectors.joining(", ")))
                + "dead letter; a restart of the broker makes them again";
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.state(missing.isEmpty() ? State.UP : State.DOWN).message(message());
    }
}
