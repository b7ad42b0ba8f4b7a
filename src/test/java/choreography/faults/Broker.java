package choreography.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.messaging.Addresses;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerProcess;
import jakarta.jms.Destination;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import org.apache.activemq.artemis.api.core.ActiveMQAddressFullException;
import org.apache.activemq.artemis.api.core.management.ResourceNames;

import static org.awaitility.Awaitility.await;

/** The broker with little memory, so that a few messages are much for it. */
final class Broker {

    /** A queue as the broker lists it; scheduled messages count. */
    record QueueState(String name, String address, long messages, long everAdded) { }

    private static final String MORE_SPACE_THAN_ANY_DISK_HAS = "minDiskFree=900000000000000";

    private final Path data;
    private final BrokerProcess process;
    private final List<String> settings;
    private volatile boolean wantsMoreSpace;

    Broker(Path data, int maxRedeliveryDelayMs) {
        this.data = data;
        process = new BrokerProcess(data);
        settings = List.of(
                "addressSettings.#.maxRedeliveryDelay=" + maxRedeliveryDelayMs,
                "addressSettings.#.maxSizeBytes=16384", // some ten messages: more are paged
                "addressSettings.#.pageSizeBytes=32768",
                "addressSettings.\"DLQ.#\".maxSizeBytes=4096",
                "addressSettings.\"gateway.#\".maxSizeBytes=262144", // more than groups under way
                "globalMaxSize=1048576",
                "diskScanPeriod=500");
    }

    String url() {
        return process.url();
    }

    void start() {
        process.start(Stream.concat(settings.stream(), wantsMoreSpace ? Stream.of(MORE_SPACE_THAN_ANY_DISK_HAS)
                : Stream.of()).toArray(String[]::new));
    }

    /** @param more than there is; from its next start */
    void wantFreeSpace(boolean more) {
        wantsMoreSpace = more;
    }

    /** True if it is there and takes no commands because its disk is full. */
    boolean refusesCommands() {
        try (BrokerClient client = client(); JMSContext jms = client.session(JMSContext.SESSION_TRANSACTED)) {
            jms.createProducer().send(jms.createQueue("OrderRequested"), "This is never committed.");
            return false;
        } catch (JMSRuntimeException e) {
            return e.getCause().getCause() instanceof ActiveMQAddressFullException;
        }
    }

    void awaitStarted() {
        process.awaitStarted();
    }

    /** {@code kill -9} */
    void kill() {
        process.kill();
    }

    void hang() {
        process.hang();
    }

    void goOn() {
        process.goOn();
    }

    /** True while messages of the choreography lie in page files. */
    boolean pages() throws IOException {
        Path paging = data.resolve("paging");
        if (!Files.exists(paging)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(paging)) {
            return files.anyMatch(file -> file.toString().endsWith(".page"));
        }
    }

    /** A broker that was just starting may never answer. */
    BrokerClient client() {
        return new BrokerClient(url() + "?callTimeout=3000");
    }

    /** Is repeated while the broker is away. */
    Object manage(String resource, String operation, Object... arguments) {
        return untilThere(operation, client -> client.ask(resource, operation, arguments));
    }

    private interface Question<T> {
        T ask(BrokerClient client) throws Exception;
    }

    private <T> T untilThere(String what, Question<T> question) {
        return await(what).atMost(Duration.ofSeconds(60))
                .ignoreExceptionsMatching(e -> !(e instanceof IllegalArgumentException))
                .until(() -> {
                    try (BrokerClient client = client()) {
                        return Collections.singletonList(question.ask(client));
                    }
                }, answered -> true).get(0);
    }

    List<QueueState> queues() {
        return untilThere("queues", BrokerClient::queues).stream()
                .filter(queue -> !queue.temporary() || isConsumed(queue.address()))
                .map(queue -> new QueueState(queue.name(), queue.address(), queue.messages(), queue.added())).toList();
    }

    /** True for what the choreography publishes, and for the gateways' copies of it. */
    static boolean isConsumed(String address) {
        return Topology.isMessage(Addresses.message(address));
    }

    void pause(QueueState queue) {
        manageIfThere(queue, "pause");
    }

    void resume(QueueState queue) {
        manageIfThere(queue, "resume");
    }

    /** @return how many messages were removed that a filter selects */
    int remove(QueueState queue, String filter) {
        return manageIfThere(queue, "removeMessages", filter) instanceof Number removed ? removed.intValue() : 0;
    }

    /** With what is in it. */
    void delete(QueueState queue) {
        untilThere("delete", client -> {
            client.delete(queue.name());
            return queue;
        });
    }

    /** And gives it back what has come meanwhile; does nothing if a restart of the broker was earlier. */
    void create(QueueState queue) {
        untilThere("create", client -> {
            if (!client.messageCounts().containsKey(queue.name())) {
                client.create(queue.address(), queue.name());
            }
            return client.retry("DLQ." + queue.name());
        });
    }

    private Object manageIfThere(QueueState queue, String operation, Object... arguments) {
        try {
            return manage(ResourceNames.QUEUE + queue.name(), operation, arguments);
        } catch (IllegalArgumentException gone) {
            return null; // a gateway's subscription ends with the gateway
        }
    }

    /** @param properties of the message besides the ids of event and flow */
    void send(String address, String body, String eventId, String flow, Map<String, String> properties) {
        try (BrokerClient client = client(); JMSContext jms = client.session(JMSContext.AUTO_ACKNOWLEDGE)) {
            JMSProducer producer = jms.createProducer().setJMSCorrelationID(flow)
                    .setProperty("cloudEvents_id", eventId);
            properties.forEach(producer::setProperty);
            producer.send(destination(jms, address), body);
        }
    }

    static Destination destination(JMSContext jms, String address) {
        return Topology.isTopic(address) ? jms.createTopic(address) : jms.createQueue(address);
    }

    /** The messages of a queue, which stay in it. */
    List<BrokerClient.Event> browse(String queue) throws Exception {
        try (BrokerClient client = client()) {
            return client.browse(queue);
        }
    }
}
