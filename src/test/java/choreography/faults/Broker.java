package choreography.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.messaging.Addresses;
import choreography.testing.FreePorts;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.TemporaryQueue;
import org.apache.activemq.artemis.api.core.ActiveMQAddressFullException;
import org.apache.activemq.artemis.api.core.management.ResourceNames;
import org.apache.activemq.artemis.api.jms.management.JMSManagementHelper;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;

import static org.awaitility.Awaitility.await;

/**
 * The Artemis distribution with a copy of the project's configuration, that can be killed and started again on the
 * same data and ports.
 */
final class Broker {

    /** Where a divert of the tests puts its copies. */
    static final String COPIES = "faults-copies";

    private static final String FREE_SPACE = "<min-disk-free>200M</min-disk-free>";
    private static final String FREE_SPACE_THAT_NO_DISK_HAS = "<min-disk-free>900000G</min-disk-free>";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A queue as the broker lists it; scheduled messages count. */
    record QueueState(String name, String address, long messages, long everAdded) { }


    private final Path folder;
    private final int port = FreePorts.one();
    private final int consolePort = FreePorts.one();
    private final ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory("tcp://127.0.0.1:" + port);
    private Process process;

    /** @param folder for its configuration and data */
    Broker(Path folder, int maxRedeliveryDelayMs) throws IOException {
        this.folder = folder;
        factory.setCallTimeout(3000); // a broker that was just starting may never answer
        try (Stream<Path> files = Files.walk(Path.of("broker"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        edit("<max-redelivery-delay>30000<", "<max-redelivery-delay>" + maxRedeliveryDelayMs + "<");
        edit("<max-size-bytes>16M<", "<max-size-bytes>16K<"); // some ten messages: more are paged
        edit("<max-size-bytes>1M<", "<max-size-bytes>4K<");
        // more than groups under way
        edit("<address-full-policy>DROP<", "<max-size-bytes>256K</max-size-bytes><address-full-policy>DROP<");
        edit("<global-max-size>200M<", "<global-max-size>1M<");
        edit("<address-full-policy>PAGE<", "<page-size-bytes>32K</page-size-bytes><address-full-policy>PAGE<");
        edit(FREE_SPACE, FREE_SPACE + "<disk-scan-period>500</disk-scan-period>");
        edit("</addresses>",
                "<address name=\"%1$s\"><anycast><queue name=\"%1$s\"/></anycast></address></addresses>".formatted(
                        COPIES));
    }

    private void edit(String old, String now) throws IOException {
        Path file = folder.resolve("broker/etc/broker.xml");
        String text = Files.readString(file);
        if (!text.contains(old)) {
            throw new IllegalStateException("broker.xml has no " + old + " any more: adapt the fault suite");
        }
        Files.writeString(file, text.replace(old, now));
    }

    String url() {
        return "tcp://127.0.0.1:" + port;
    }

    void start() throws IOException {
        Path artemis;
        try (Stream<Path> unpacked = Files.list(Path.of("target"))) {
            artemis = unpacked.filter(path -> path.getFileName().toString().startsWith("apache-artemis-")).findFirst()
                    .orElseThrow();
        }
        ProcessBuilder builder = new ProcessBuilder(folder.resolve("broker/run").toString(), artemis.toAbsolutePath()
                .toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("broker.log").toFile()));
        builder.environment().putAll(Map.of(
                "JAVA_HOME", System.getProperty("java.home"),
                "BROKER_JAVA_OPTS", "-XX:TieredStopAtLevel=1",
                "BROKER_DATA", folder.resolve("data").toString(),
                "BROKER_PORT", Integer.toString(port),
                "CONSOLE_PORT", Integer.toString(consolePort)));
        process = builder.start();
    }

    /** @param plenty more than there is; from its next start */
    void wantFreeSpace(boolean plenty) throws IOException {
        edit(plenty ? FREE_SPACE : FREE_SPACE_THAT_NO_DISK_HAS, plenty ? FREE_SPACE_THAT_NO_DISK_HAS : FREE_SPACE);
    }

    /** True if it is there and takes no commands because its disk is full. */
    boolean refusesCommands() {
        try (JMSContext jms = connect(JMSContext.SESSION_TRANSACTED)) {
            jms.createProducer().send(jms.createQueue("OrderRequested"), "This is never committed.");
            return false;
        } catch (JMSRuntimeException e) {
            return e.getCause().getCause() instanceof ActiveMQAddressFullException;
        }
    }

    void awaitStarted() {
        await("broker, see " + folder.resolve("broker.log")).atMost(Duration.ofSeconds(60))
                .failFast(() -> !process.isAlive()).until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    /** {@code kill -9} */
    void kill() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    /** STOP: it keeps its connections and answers nobody, until CONT. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }

    /** True while messages of the choreography lie in page files. */
    boolean pages() throws IOException {
        Path paging = folder.resolve("data/paging");
        if (!Files.exists(paging)) {
            return false;
        }
        try (Stream<Path> files = Files.walk(paging)) {
            return files.anyMatch(file -> file.toString().endsWith(".page"));
        }
    }

    JMSContext connect(int sessionMode) {
        return factory.createContext("services", "services", sessionMode);
    }

    /** Is repeated while the broker is away. */
    Object manage(String resource, String operation, Object... arguments) {
        return await(operation).atMost(Duration.ofSeconds(60))
                .ignoreExceptionsMatching(e -> !(e instanceof IllegalArgumentException))
                .until(() -> new Object[] {ask(resource, operation, arguments)}, answer -> true)[0];
    }

    private Object ask(String resource, String operation, Object... arguments) throws Exception {
        try (JMSContext admin = factory.createContext("admin", "admin")) {
            TemporaryQueue answers = admin.createTemporaryQueue();
            Message question = admin.createMessage();
            question.setJMSReplyTo(answers);
            JMSManagementHelper.putOperationInvocation(question, resource, operation, arguments);
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
    }

    List<QueueState> queues() throws IOException {
        List<QueueState> queues = new ArrayList<>();
        for (JsonNode queue : JSON.readTree((String) manage(ResourceNames.BROKER, "listQueues", "", 1, 1000))
                .path("data")) {
            if (!queue.path("temporary").asBoolean() || isConsumed(queue.path("address").asText())) {
                queues.add(new QueueState(queue.path("name").asText(), queue.path("address").asText(),
                        queue.path("messageCount").asLong(), queue.path("messagesAdded").asLong()));
            }
        }
        return queues;
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

    private Object manageIfThere(QueueState queue, String operation, Object... arguments) {
        try {
            return manage(ResourceNames.QUEUE + queue.name(), operation, arguments);
        } catch (IllegalArgumentException gone) {
            return null; // a gateway's subscription ends with the gateway
        }
    }

    /** @param properties of the message besides the ids of event and flow */
    void send(String address, String body, String eventId, String flow, Map<String, String> properties) {
        try (JMSContext jms = connect(JMSContext.AUTO_ACKNOWLEDGE)) {
            JMSProducer producer = jms.createProducer().setJMSCorrelationID(flow)
                    .setProperty("cloudEvents_id", eventId);
            properties.forEach(producer::setProperty);
            producer.send(destination(jms, address), body);
        }
    }

    static Destination destination(JMSContext jms, String address) {
        return Topology.isTopic(address) ? jms.createTopic(address) : jms.createQueue(address);
    }

    /** The properties of all messages of a queue, which stay in it, by name; {@code body} too. */
    List<Map<String, String>> browse(String queue) throws Exception {
        try (JMSContext jms = connect(JMSContext.AUTO_ACKNOWLEDGE); var browser =
                jms.createBrowser(jms.createQueue(queue))) {
            List<Map<String, String>> messages = new ArrayList<>();
            for (Enumeration<?> all = browser.getEnumeration(); all.hasMoreElements();) {
                Message message = (Message) all.nextElement();
                Map<String, String> properties = new LinkedHashMap<>();
                for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
                    String name = (String) names.nextElement();
                    properties.put(name, message.getStringProperty(name));
                }
                properties.put("flow", message.getJMSCorrelationID());
                messages.add(properties);
            }
            return messages;
        }
    }
}
