package choreography;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

import org.apache.camel.Route;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.springframework.jms.listener.DefaultMessageListenerContainer;

/**
 * Ready means: every consumer and subscription of this process is registered with the broker, and every database of
 * this process answers.
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
        builder.up();
        for (Route route : getCamelContext().getRoutes()) {
            if (route.getConsumer() instanceof JmsConsumer consumer && !isRegistered(consumer)) {
                builder.detail(route.getRouteId(), "is not registered with the broker").down();
            }
        }
        for (ServiceDatabase database : getCamelContext().getRegistry().findByType(ServiceDatabase.class)) {
            try (Connection connection = database.getConnection()) {
                if (!connection.isValid(1)) {
                    builder.detail(database.getPoolName(), "the database does not answer").down();
                }
            } catch (SQLException e) {
                builder.detail(database.getPoolName(), "the database cannot be reached").down();
            }
        }
    }

    private static boolean isRegistered(JmsConsumer consumer) {
        try {
            return ((DefaultMessageListenerContainer) consumer.getListenerContainer()).isRegisteredWithDestination();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
