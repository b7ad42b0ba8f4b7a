package choreography.health;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Shows what a service's last check for things of one kind that do not come to their end has found: as metrics
 * ({@code <kind>_stuck}, {@code <kind>_stuck_oldest_seconds}, {@code <kind>_reminded_total}) and in the message of a
 * health check. This is always UP: the service works, only people can tell why something does not end.
 */
public class StuckCheck extends AbstractHealthCheck {

    private final String kind;
    private final String meaning;
    private final AtomicLong reminded = new AtomicLong();
    private volatile long stuck;
    private volatile double seconds;
    private volatile String oldest = "";

    /**
     * @param kind    of the things, in the plural: orders
     * @param meaning what it means that they are stuck: Orders that have not ended in time
     */
    public StuckCheck(String kind, String meaning) {
        super("choreography", "stuck-" + kind);
        this.kind = kind;
        this.meaning = meaning;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        boolean again = getCamelContext() != null;
        super.setCamelContext(camelContext);
        MeterRegistry meters = camelContext.getRegistry().findSingleByType(MeterRegistry.class);
        if (meters != null && !again) {
            Gauge.builder(kind + ".stuck", () -> stuck).description(meaning).register(meters);
            Gauge.builder(kind + ".stuck.oldest", () -> seconds).baseUnit("seconds")
                    .description("Age of the oldest of them").register(meters);
            FunctionCounter.builder(kind + ".reminded", reminded, AtomicLong::get)
                    .description("How often they were asked for again").register(meters);
        }
    }

    /** @param row of a statement {@code count-stuck-<kind>.sql} */
    public void found(Map<String, Object> row) {
        stuck = (long) row.get("stuck");
        seconds = (double) row.get("seconds");
        oldest = (String) row.get("oldest");
    }

    /** One of them was asked for again. */
    public void reminded() {
        reminded.incrementAndGet();
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up().detail("stuck", stuck);
        if (stuck > 0) {
            builder.message("%s: %s, the oldest for %s s".formatted(meaning, stuck, Math.round(seconds)))
                    .detail("oldest", oldest);
        }
    }
}
