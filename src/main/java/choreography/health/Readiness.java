package choreography.health;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import choreography.messaging.Hearing;
import choreography.sql.ServiceDatabase;
import org.apache.camel.Route;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/**
 * Ready means: every consumer and subscription of this process is registered with the broker, save those that wait for
 * something that is away (else one pause would take away all services that are asked), and every database of this
 * process answers and has its tables. The message says what is missing.
 */
public class Readiness extends AbstractHealthCheck {

    public Readiness() {
        super("choreography", "services");
    }

    @Override
    public boolean isLiveness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        List<String> missing = new ArrayList<>();
        for (Route route : getCamelContext().getRoutes()) {
            if (route.getConsumer() instanceof JmsConsumer consumer && !isRegistered(consumer)) {
                missing.add(route.getRouteId() + " is not registered with the broker");
            }
        }
        for (ServiceDatabase database : getCamelContext().getRegistry().findByType(ServiceDatabase.class)) {
            try (Connection connection = database.getConnection()) {
                if (!connection.isValid(1)) {
                    missing.add("the database of " + database.getPoolName() + " does not answer");
                }
            } catch (SQLException e) {
                missing.add("the database of " + database.getPoolName() + " cannot be used: " + e.getMessage());
            }
        }
        builder.state(missing.isEmpty() ? State.UP : State.DOWN).message(String.join("; ", missing));
    }

    private static boolean isRegistered(JmsConsumer consumer) {
        try {
            var container = (DefaultMessageListenerContainer) consumer.getListenerContainer();
            return container.isRegisteredWithDestination() || Hearing.isWaiting(container);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
