package choreography.health;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import choreography.messaging.DeadLetterQueue;
import choreography.messaging.Dependencies;
import choreography.messaging.Dependency;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * Shows what is away that consumers of this process depend on: as a metric ({@code dependency_away_seconds} by
 * {@code dependency}) and in a health check: since when, why, which consumers wait for it, and how many messages wait
 * for them. The check is always UP: to take the service away too would help nobody.
 */
public class Away extends AbstractHealthCheck {

    private ActiveMQConnectionFactory broker;

    public Away() {
        super("choreography", "away");
    }

    public void setBroker(ActiveMQConnectionFactory broker) {
        this.broker = broker;
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        boolean again = getCamelContext() != null;
        super.setCamelContext(camelContext);
        if (!again) {
            camelContext.addLifecycleStrategy(new LifecycleStrategySupport() {
                @Override
                public void onContextStarted(CamelContext context) {
                    register();
                }
            });
        }
    }

    private Dependencies dependencies() {
        return getCamelContext().getRegistry().findSingleByType(Dependencies.class);
    }

    private void register() {
        for (Route route : getCamelContext().getRoutes()) {
            if (route.getConsumer() instanceof JmsConsumer) {
                dependencies().of(route.getEndpoint());
            }
        }
        MeterRegistry meters = getCamelContext().getRegistry().findSingleByType(MeterRegistry.class);
        if (meters != null) {
            for (Dependency one : dependencies().all()) {
                Gauge.builder("dependency.away", one::awaySeconds).tag("dependency", one.name()).baseUnit("seconds")
                        .description("For how long it has been away; 0: it answers").register(meters);
            }
        }
    }

    @Override
    public boolean isLiveness() {
        return false;
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
        try (ClientSessionFactory connection = broker.getServerLocator().createSessionFactory();
             ClientSession session = connection.createSession(broker.getUser(), broker.getPassword(), false, true, true,
                     false, 0)) {
            List<String> consumers = new ArrayList<>();
            for (String consumer : dependency.consumers()) {
                consumers.add(consumer + " has " + count(session, consumer));
            }
            return String.join(", ", consumers) + " messages to wait";
        } catch (Exception e) { // so it is declared
            return String.join(", ", dependency.consumers()) + " wait";
        }
    }

    private long count(ClientSession session, String consumer) throws ActiveMQException {
        JmsConsumer of = (JmsConsumer) getCamelContext().getRoute(consumer).getConsumer();
        return session.queueQuery(SimpleString.of(DeadLetterQueue.consumedBy(of.getEndpoint()))).getMessageCount();
    }
}
