package choreography.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.QueueBrowser;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.management.ResourceNames;
import org.apache.activemq.artemis.api.jms.management.JMSManagementHelper;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.awaitility.core.ConditionTimeoutException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** A plain JMS client: what anybody else on the broker sees and can do. */
public final class BrokerClient implements AutoCloseable {

    /**
     * A message as it is on the broker.
     *
     * @param destination its queue or topic
     * @param flow        its JMSCorrelationID
     * @param properties  all its properties, save those that the broker adds on delivery (JMSX..., __AMQ_CID)
     */
    public record Event(String destination, String body, String flow, Map<String, String> properties) {

        public static Event of(Message message) {
            try {
                Map<String, String> properties = new TreeMap<>();
                for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
                    String name = (String) names.nextElement();
                    if (!Set.of("JMSXDeliveryCount", "__AMQ_CID").contains(name)) {
                        properties.put(name, message.getStringProperty(name));
                    }
                }
                String destination = message.getJMSDestination().toString();
                return new Event(destination.replaceFirst("^.*[\\[:/]([\\w.-]+)\\]?$", "$1"),
                        message instanceof TextMessage text ? text.getText() : null, message.getJMSCorrelationID(),
                        properties);
            } catch (JMSException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * A queue as the broker lists it.
     *
     * @param messages  that it holds, also those in delivery or waiting for their next try
     * @param added     how many messages ever were
     * @param scheduled that failed and wait for their next try
     */
    public record Listed(String name, String address, boolean temporary, long messages, long added, long scheduled,
            long consumers) { }

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ActiveMQConnectionFactory broker;
    private final JMSContext services;
    private final JMSContext admin;
    private final TemporaryQueue answers;
    private final List<Event> heard = new CopyOnWriteArrayList<>();

    public BrokerClient(String url) {
        broker = new ActiveMQConnectionFactory(url);
        try {
            services = broker.createContext("services", "services");
            admin = broker.createContext("admin", "admin");
            answers = admin.createTemporaryQueue();
        } catch (JMSRuntimeException e) {
            broker.close();
            throw e;
        }
    }

    /** Another session on the connection of this client, for who consumes, or commits. */
    public JMSContext session(int mode) {
        return services.createContext(mode);
    }

    /** Starts to listen to these topics, as a gateway does: without keeping what is said while it is away. */
    public BrokerClient subscribe(String... topics) {
        JMSContext subscriptions = session(JMSContext.AUTO_ACKNOWLEDGE);
        for (String topic : topics) {
            subscriptions.createConsumer(subscriptions.createTopic(topic))
                    .setMessageListener(message -> heard.add(Event.of(message)));
        }
        return this;
    }

    /** The events of a flow that were heard so far, in the order of their coming. */
    public List<Event> heard(String flow) {
        return heard.stream().filter(event -> flow.equals(event.flow())).toList();
    }

    public Destination queue(String name) {
        return services.createQueue(name);
    }

    public Destination topic(String name) {
        return services.createTopic(name);
    }

    /** @param eventId, flow null: none */
    public void send(Destination destination, String body, String eventId, String flow) {
        producer(eventId, flow).send(destination, body);
    }

    /** @param gateway the replica that waits for the outcome */
    public void sendFor(String gateway, Destination destination, String body, String eventId, String flow) {
        producer(eventId, flow).setProperty("gateway", gateway).send(destination, body);
    }

    public void sendBytes(Destination destination, byte[] body, String eventId, String flow) {
        producer(eventId, flow).send(destination, body);
    }

    private JMSProducer producer(String eventId, String flow) {
        JMSProducer producer = services.createProducer().setJMSCorrelationID(flow);
        if (eventId != null) {
            producer.setProperty("cloudEvents_id", eventId);
        }
        return producer;
    }

    /** The messages of a queue, which stay in it. */
    public List<Event> browse(String queue) throws JMSException {
        return messages(queue).stream().map(Event::of).toList();
    }

    /** As {@link #browse}, with all that they have. */
    public List<Message> messages(String queue) throws JMSException {
        try (QueueBrowser browser = services.createBrowser(services.createQueue(queue))) {
            List<Message> messages = new ArrayList<>();
            for (Enumeration<?> all = browser.getEnumeration(); all.hasMoreElements();) {
                messages.add((Message) all.nextElement());
            }
            return messages;
        }
    }

    /** Takes one message out of a queue, waiting for it. */
    public Event take(String queue) {
        try (JMSConsumer consumer = services.createConsumer(services.createQueue(queue))) {
            Message message = consumer.receive(20_000);
            if (message == null) {
                throw new AssertionError("No message came to " + queue);
            }
            return Event.of(message);
        }
    }

    /** All queues but this client's own, subscriptions included. */
    public List<Listed> queues() {
        try {
            List<Listed> queues = new ArrayList<>();
            for (JsonNode queue : JSON.readTree((String) ask(ResourceNames.BROKER, "listQueues", "", 1, 1000))
                    .path("data")) {
                if (!queue.path("name").asText().equals(answers.getQueueName())) {
                    queues.add(new Listed(queue.path("name").asText(), queue.path("address").asText(),
                            queue.path("temporary").asBoolean(), queue.path("messageCount").asLong(),
                            queue.path("messagesAdded").asLong(), queue.path("scheduledCount").asLong(),
                            queue.path("consumerCount").asLong()));
                }
            }
            return queues;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * How many messages each queue holds, also those in delivery or waiting for their next try. Subscriptions
     * included.
     */
    public Map<String, Long> messageCounts() {
        return counts(Listed::messages);
    }

    /** How often the messages that wait were handed to a consumer in vain: each queue's largest number. */
    public Map<String, Integer> failedAttempts() throws Exception {
        Map<String, Integer> attempts = new TreeMap<>();
        for (Listed queue : queues()) {
            if (queue.messages() > 0) {
                for (Message message : messages(queue.address() + "::" + queue.name())) {
                    attempts.merge(queue.name(), message.getIntProperty("JMSXDeliveryCount"), Math::max);
                }
            }
        }
        return attempts;
    }

    /** How many messages were ever added to each queue. */
    public Map<String, Long> messagesAdded() {
        return counts(Listed::added);
    }

    /** How many messages of each queue have failed and wait for their next try. */
    public Map<String, Long> messagesToComeAgain() {
        return counts(Listed::scheduled);
    }

    /** How many consumers a queue has. */
    public long consumers(String queue) {
        return counts(Listed::consumers).get(queue);
    }

    private Map<String, Long> counts(Function<Listed, Long> field) {
        Map<String, Long> counts = new TreeMap<>();
        queues().forEach(queue -> counts.put(queue.name(), field.apply(queue)));
        return counts;
    }

    /** Removes all messages of a queue, as an administrator does. @return how many there were */
    public int remove(String queue) throws Exception {
        return remove(queue, "");
    }

    /** @param filter removes those that it selects */
    public int remove(String queue, String filter) throws Exception {
        return ((Number) ask(ResourceNames.QUEUE + queue, "removeMessages", filter)).intValue();
    }

    /** Returns the messages of a dead-letter queue to where they came from, as the console does. @return how many */
    public int retry(String queue) throws Exception {
        return ((Number) ask(ResourceNames.QUEUE + queue, "retryMessages")).intValue();
    }

    /** Has the broker itself put the messages of a queue into its dead-letter queue. */
    public void giveUp(String queue) throws Exception {
        ask(ResourceNames.QUEUE + queue, "sendMessagesToDeadLetterAddress", "");
    }

    /** Makes a queue again, as a restarted broker does. @param address of a topic, or the queue's own name */
    public void create(String address, String queue) throws Exception {
        ask(ResourceNames.BROKER, "createQueue", QueueConfiguration.of(queue).setAddress(address)
                .setRoutingType(address.equals(queue) ? RoutingType.ANYCAST : RoutingType.MULTICAST).toJSON());
    }

    /** Holds back the messages of a queue, those that come included. */
    public void pause(String queue) throws Exception {
        ask(ResourceNames.QUEUE + queue, "pause");
    }

    public void resume(String queue) throws Exception {
        ask(ResourceNames.QUEUE + queue, "resume");
    }

    /** Deletes a queue with what is in it, but not its address, as an administrator does. */
    public void delete(String queue) throws Exception {
        ask(ResourceNames.BROKER, "destroyQueue", queue, true, false);
    }

    /**
     * Asks the broker's management.
     *
     * @param resource what is to do it: {@link ResourceNames}
     * @throws IllegalArgumentException if it is refused
     */
    public Object ask(String resource, String operation, Object... parameters) throws Exception {
        Message question = admin.createMessage();
        question.setJMSReplyTo(answers);
        JMSManagementHelper.putOperationInvocation(question, resource, operation, parameters);
        try (JMSConsumer consumer = admin.createConsumer(answers)) {
            admin.createProducer().send(admin.createQueue("activemq.management"), question);
            Message answer = consumer.receive(10_000);
            if (answer == null) {
                throw new IllegalStateException("The broker does not answer to " + operation);
            }
            Object result = JMSManagementHelper.getResult(answer);
            if (!JMSManagementHelper.hasOperationSucceeded(answer)) {
                throw new IllegalArgumentException("The broker refuses " + operation + ": " + result);
            }
            return result;
        }
    }

    /**
     * Waits until no queue holds a message and none is on its way: every flow has come to its end, none to a
     * dead-letter queue.
     */
    public void awaitQuiet() {
        try {
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                Map<String, Long> before = messagesAdded();
                Map<String, Long> waiting = messageCounts();
                waiting.values().removeIf(count -> count == 0);
                assertThat(waiting.keySet()).as("queues with messages").noneMatch(queue -> queue.startsWith("DLQ."));
                return waiting.isEmpty() && messagesAdded().equals(before);
            });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("These queues do not become empty; if one has no consumer, nobody runs its "
                    + "service: " + queues().stream().filter(queue -> queue.messages() > 0).toList(), e);
        }
    }

    @Override
    public void close() {
        services.close();
        admin.close();
        broker.close();
    }
}
