package choreography.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Random;

import choreography.catalogue.MessageCatalogue;
import choreography.catalogue.Topology;
import choreography.testing.BrokerClient;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.management.ResourceNames;

import static org.awaitility.Awaitility.await;

/**
 * Publishes every message that is published a second time, with the same body and properties, some later than others.
 * The broker makes the copies by diverts; none is lost when it dies.
 */
final class Copier implements AutoCloseable {

    /** A property that keeps a message from being copied (again). */
    static final String COPIED = "copied";

    private static final String COPIES = "faults-copies";
    /** What a consumer puts back is not published, and its copy would have its delay. */
    private static final String PUBLISHED = COPIED + " IS NULL AND firstMessageId IS NULL";

    private final Broker broker;
    private final Random random;
    private final Thread thread = new Thread(this::run, "copier");
    private volatile boolean copying = true;
    private volatile long copies;

    Copier(Broker broker, long seed) {
        this.broker = broker;
        random = new Random(seed);
        broker.manage(ResourceNames.BROKER, "createQueue", QueueConfiguration.of(COPIES)
                .setRoutingType(RoutingType.ANYCAST).setAutoCreateAddress(true).toJSON(), true);
        for (String address : addresses()) {
            try {
                broker.manage(ResourceNames.BROKER, "createDivert", name(address), name(address), address, COPIES,
                        false, PUBLISHED, null);
            } catch (IllegalArgumentException alreadyThere) {
                // it answered just before it died
            }
        }
        thread.setDaemon(true);
        thread.start();
    }

    private static List<String> addresses() {
        return Topology.MESSAGES.stream().map(MessageCatalogue.Message::name).toList();
    }

    private static String name(String address) {
        return "copy-" + address;
    }

    void stopCopying() {
        for (String address : addresses()) {
            try {
                broker.manage(ResourceNames.BROKER, "destroyDivert", name(address));
            } catch (IllegalArgumentException goneAlready) {
                // with a broker that was killed
            }
        }
        copying = false;
    }

    /** @return how many copies were published */
    long awaitAllDelivered() {
        await("all copies are delivered").atMost(Duration.ofSeconds(60)).until(() -> !thread.isAlive());
        return copies;
    }

    private void run() {
        while (true) {
            try (BrokerClient client = broker.client(); JMSContext jms = client.session(JMSContext.SESSION_TRANSACTED);
                 JMSConsumer consumer = jms.createConsumer(jms.createQueue(COPIES))) {
                while (true) {
                    List<Message> some = receive(consumer, random.nextBoolean() ? 1 : 1 + random.nextInt(20));
                    if (some.isEmpty() && !copying) {
                        return;
                    }
                    Collections.shuffle(some, random);
                    for (Message message : some) {
                        publishAgain(jms, message);
                    }
                    jms.commit();
                    copies += some.size();
                }
            } catch (JMSException | JMSRuntimeException brokerIsAway) {
                await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> {
                    broker.client().close();
                    return true;
                });
            }
        }
    }

    private static List<Message> receive(JMSConsumer consumer, int atMost) {
        List<Message> messages = new ArrayList<>();
        for (Message message = consumer.receive(500); message != null; message = messages.size() < atMost
                ? consumer.receive(100) : null) {
            messages.add(message);
        }
        return messages;
    }

    private static void publishAgain(JMSContext jms, Message message) throws JMSException {
        TextMessage copy = jms.createTextMessage(message.getBody(String.class));
        copy.setJMSCorrelationID(message.getJMSCorrelationID());
        for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
            String name = (String) names.nextElement();
            if (!name.startsWith("_") && !name.startsWith("JMSX")) {
                copy.setObjectProperty(name, message.getObjectProperty(name));
            }
        }
        copy.setStringProperty(COPIED, "yes");
        jms.createProducer().send(Broker.destination(jms, message.getStringProperty("_AMQ_ORIG_ADDRESS")), copy);
    }

    @Override
    public void close() {
        copying = false;
    }
}
