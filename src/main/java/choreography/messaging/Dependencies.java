package choreography.messaging;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.support.LifecycleStrategySupport;

/** What the routes of this process depend on; those who share something share its {@link Dependency}. */
public abstract class Dependencies implements CamelContextAware {

    /** Its name among them. */
    public static final String BROKER = "broker";

    private final Map<String, Dependency> all = new ConcurrentSkipListMap<>();
    private final Map<Endpoint, List<Dependency>> ofConsumers = new ConcurrentHashMap<>();
    private final Dependency broker = share(BROKER, this::connect);
    private CamelContext camelContext;
    private volatile long probeEveryMs;

    /** How often what is away is asked whether it is back. */
    public void setProbeEveryMs(long probeEveryMs) {
        this.probeEveryMs = probeEveryMs;
    }

    /** @return what the steps of a route need, besides the broker: each by its name, with the way to probe it */
    protected abstract Map<String, Dependency.Probe> find(Route consumer);

    /** All that are known so far. */
    public Collection<Dependency> all() {
        return all.values();
    }

    Dependency broker() {
        return broker;
    }

    /** @return those of the route that begins there, besides the broker; none, while the route is being made */
    public List<Dependency> of(Endpoint consumed) {
        List<Dependency> known = ofConsumers.get(consumed);
        return known != null ? known : camelContext.getRoutes().stream()
                .filter(route -> route.getEndpoint() == consumed).findFirst().map(this::of).orElse(List.of());
    }

    private synchronized List<Dependency> of(Route consumer) {
        return ofConsumers.computeIfAbsent(consumer.getEndpoint(), consumed -> {
            List<Dependency> found = new ArrayList<>();
            find(consumer).forEach((name, probe) -> found.add(share(name, probe)));
            found.forEach(one -> one.consumers().add(consumer.getRouteId()));
            broker.consumers().add(consumer.getRouteId());
            return List.copyOf(found);
        });
    }

    /** For a route that a timer starts, before it begins: whether something is away that its steps need. */
    public boolean isSomethingAway(Exchange tick) {
        return needed(tick).anyMatch(Dependency::isAway);
    }

    /** For a route that a timer starts, when a step has failed. */
    public void askWhetherThere(Exchange tick) {
        needed(tick).forEach(Dependency::answers);
    }

    private Stream<Dependency> needed(Exchange tick) {
        return find(camelContext.getRoute(tick.getFromRouteId())).entrySet().stream()
                .map(one -> share(one.getKey(), one.getValue()));
    }

    private Dependency share(String name, Dependency.Probe probe) {
        return all.computeIfAbsent(name, unknown -> new Dependency(name, probe, () -> probeEveryMs));
    }

    private void connect() throws Exception {
        ConnectionFactory factory = camelContext.getRegistry().lookupByNameAndType("broker", ConnectionFactory.class);
        try (Connection connection = factory.createConnection()) {
            connection.createSession().close();
        }
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        if (this.camelContext == null) {
            camelContext.addLifecycleStrategy(new LifecycleStrategySupport() {
                @Override
                public void onContextStopping(CamelContext context) {
                    all.values().forEach(Dependency::end);
                }
            });
        }
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }
}
