package choreography.order;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Shows what the last check for orders that do not end has found: as metrics ({@code orders_stuck}, {@code orders_given_up},
 * {@code orders_reminded_total}) and in the message of a health check. This is always UP: the service works, only people can tell why an
 * order does not end.
 */
public class StuckOrders extends AbstractHealthCheck {

    private volatile long stuck;
    private volatile long givenUp;
    private volatile String oldest = "";
    private final AtomicLong reminders = new AtomicLong();

    public StuckOrders() {
        super("choreography", "stuck-orders");
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        boolean again = getCamelContext() != null;
        super.setCamelContext(camelContext);
        MeterRegistry meters = camelContext.getRegistry().findSingleByType(MeterRegistry.class);
        if (meters != null && !again) {
            Gauge.builder("orders.stuck", () -> stuck).description("Orders that have not ended in time").register(meters);
            Gauge.builder("orders.given.up", () -> givenUp).description("Those of them whose billing is not asked for any more").register(meters);
            FunctionCounter.builder("orders.reminded", reminders, AtomicLong::get).description("How often billing was asked for again").register(meters);
        }
    }

    /** @param row of count-stuck-orders.sql */
    public void found(Map<String, Object> row) {
        stuck = (long) row.get("stuck");
        givenUp = (long) row.get("given_up");
        oldest = (String) row.get("oldest");
    }

    /** The billing of an order was asked for again. */
    public void reminded() {
        reminders.incrementAndGet();
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up().detail("stuck", stuck).detail("givenUp", givenUp);
        if (stuck > 0) {
            builder.message("Orders that have not ended in time: " + stuck
                    + (givenUp == 0 ? "" : "; asked in vain for the billing of " + givenUp + ": " + oldest));
        }
    }
}
