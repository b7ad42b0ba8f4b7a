package choreography.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

import choreography.contract.Services;
import choreography.messaging.CloudEvents;
import org.apache.camel.Exchange;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;

/**
 * The routes of one service's YAML file, without broker, database and siblings. A test
 * replaces by {@code adviceWith} what its route looks up and records, then starts the context and {@link #consume}s;
 * what is published is at {@code mock:jms:topic:<Message>}. What a statement decides is the matter of
 * {@link TestedService}.
 */
public abstract class RouteTest extends CamelMainTestSupport {

    /** The id of every consumed message. */
    protected static final String EVENT = "2b1c6d0a-9f0e-4c55-8c1f-6f8b1e9c7e11";

    private final String service;

    /** @param properties names and values in turn that differ from application.properties */
    @SuppressWarnings("this-escape") // as camel-test is used: it asks for its configuration before each test
    protected RouteTest(String service, String... properties) {
        this.service = service;
        Properties changed = new Properties();
        changed.setProperty("database.url", "jdbc:postgresql://localhost:1/none");
        changed.setProperty("camel.server.enabled", "false");
        changed.setProperty("camel.management.enabled", "false");
        for (int i = 0; i < properties.length; i += 2) {
            changed.setProperty(properties[i], properties[i + 1]);
        }
        testConfiguration().withUseAdviceWith(true);
        camelContextConfiguration()
                .withUseOverridePropertiesWithPropertiesComponent(changed)
                .withMockEndpointsAndSkip("jms:*")
                .withAutoStartupExcludePatterns("jms:*,platform-http:*");
    }

    @Override
    protected void configure(MainConfigurationProperties configuration) {
        configuration.setRoutesIncludePattern(Services.SHARED + "," + Services.file(service));
    }

    /** Hands a message to the route that consumes it, as the broker would, and throws what the route throws. */
    protected void consume(String routeId, String text) throws Exception {
        DefaultConsumer consumer = (DefaultConsumer) context.getRoute(routeId).getConsumer();
        Exchange message = consumer.createExchange(false);
        message.getMessage().setBody(text);
        message.getMessage().setHeaders(new HashMap<>(
                Map.of(CloudEvents.ID, EVENT, "JMSCorrelationID", TestedService.FLOW)));
        consumer.getProcessor().process(message);
        if (message.getException() != null) {
            throw message.getException();
        }
    }
}
