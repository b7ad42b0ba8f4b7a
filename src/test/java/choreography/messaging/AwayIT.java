package choreography.messaging;

import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

import choreography.testing.BrokerProcess;
import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Who is away holds up nobody and misses nothing: the broker pages what waits for it, and gateways hear copies. */
class AwayIT {

    private static final int EVENTS = Integer.getInteger("away.events", 5_000);
    private static final int GROUP = 16;
    /** So that the events do not fit into the 16 MB from which the broker pages, but no gateway is that slow. */
    private static final String PADDING = "x".repeat(5_000);
    private static final int UNHEARD = 20 * GROUP;
    /** More than all events take: who publishes is never held up for long. */
    private static final Duration AT_MOST = Duration.ofSeconds(60);

    @TempDir
    private Path data;
    private BrokerProcess broker;
    private ActiveMQConnectionFactory factory;

    @BeforeEach
    void startBroker() throws Exception {
        broker = new BrokerProcess(data).start().awaitStarted();
        factory = new ActiveMQConnectionFactory(broker.url());
        factory.setProducerWindowSize(-1); // as the services
        factory.setCallTimeout(10_000);
    }

    @AfterEach
    void stopBroker() {
        factory.close();
        broker.close();
    }

    /**
     * Each group of events is published in one transaction with events and commands that others take at once, and a
     * gateway hears and acknowledges all of them.
     */
    @ParameterizedTest
    @CsvSource({"UserCreated, billing-user-created", "OrderCreated, statistics-order-created"})
    void shouldKeepAllThatADurableSubscriberMissesAlsoWhenTheBrokerIsKilled(String event, String subscription)
            throws Exception {
        try (JMSContext admin = factory.createContext("admin", "admin")) {
            admin.createSharedDurableConsumer(admin.createTopic(event), subscription).close();
        }

        AtomicInteger heard = new AtomicInteger();
        publish(event, EVENTS / 2, heard);
        broker.kill();
        broker.start().awaitStarted();
        publish(event, EVENTS / 2, heard);
        broker.kill();
        broker.start().awaitStarted();

        assertThat(heard).hasValue(EVENTS);
        assertThat(take(event, subscription)).isEqualTo(EVENTS);
        assertThat(take("BillingRequested", "BillingRequested")).isEqualTo(EVENTS);
    }

    private void publish(String event, int events, AtomicInteger heard) {
        int before = heard.get();
        try (JMSContext gateway = factory.createContext("services", "services");
             JMSContext service = factory.createContext("services", "services", JMSContext.SESSION_TRANSACTED)) {
            gateway.createConsumer(gateway.createTopic("gateway." + event), "gateway = 'a'")
                    .setMessageListener(copy -> heard.incrementAndGet());
            JMSProducer producer = service.createProducer().setProperty("gateway", "a").setProperty("padding", PADDING);
            Destination topic = service.createTopic(event);
            Destination queue = service.createQueue("BillingRequested");
            for (int i = 1; i <= events; i++) {
                producer.send(topic, "{\"userId\":\"%s\"}".formatted(UUID.randomUUID()));
                producer.send(queue, "{\"orderId\":\"%s\"}".formatted(UUID.randomUUID()));
                if (i % GROUP == 0 || i == events) {
                    service.commit();
                    if (i % UNHEARD == 0) {
                        awaitHeard(heard, before + i);
                    }
                }
            }
            awaitHeard(heard, before + events);
        }
    }

    private static void awaitHeard(AtomicInteger heard, int expected) {
        await().pollInterval(Duration.ofMillis(5)).atMost(AT_MOST).until(() -> heard.get() == expected);
    }

    private int take(String address, String queue) {
        try (JMSContext jms = factory.createContext("services", "services", JMSContext.DUPS_OK_ACKNOWLEDGE);
             JMSConsumer consumer = jms.createConsumer(jms.createQueue(address + "::" + queue))) {
            int count = 0;
            while (consumer.receive(3000) != null) {
                count++;
            }
            return count;
        }
    }
}
