package choreography.messaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import choreography.testing.BrokerClient;
import choreography.testing.OneProcess;
import choreography.testing.Servers;
import jakarta.jms.BytesMessage;
import jakarta.jms.Destination;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.api.core.ActiveMQBuffer;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.jms.client.ActiveMQConnection;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What a consumer cannot read is parked as it came, whatever it is, and goes back when somebody returns it. */
@ExtendWith(OneProcess.class)
class ParkingIT {

    private static final int LARGE = 300_000;
    private static final Map<String, String> GATEWAY = new HashMap<>();

    private static BrokerClient broker;
    private static ActiveMQConnectionFactory plain;
    private static ActiveMQConnectionFactory compressing;
    /** What no other client can receive. */
    private static ActiveMQConnectionFactory reading;
    private static JMSContext jms;

    /** Makes a message. */
    private interface Maker {
        Message make(JMSContext context) throws JMSException;
    }

    @BeforeAll
    static void connect() {
        String url = Servers.sandbox().brokerUrl();
        broker = new BrokerClient(url);
        plain = new ActiveMQConnectionFactory(url, "services", "services");
        compressing = new ActiveMQConnectionFactory(url + "?compressLargeMessage=true", "services", "services");
        reading = new ActiveMQConnectionFactory(url + "?incomingInterceptorList=" + UnreadBodies.class.getName(),
                "services", "services");
        jms = plain.createContext();
    }

    @AfterAll
    static void disconnect() {
        jms.close();
        plain.close();
        compressing.close();
        reading.close();
        broker.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"choreography.catalogue.Topology#messagesAndQueues",
        "choreography.catalogue.Topology#copiesAndQueues"})
    void shouldParkWhatCannotBeReadAsItCame(String address, String queue) throws Exception {
        for (Map.Entry<String, Maker> kind : kinds().entrySet()) {
            assertComesAsItWas(kind.getKey(), kind.getValue(), plain, address, queue);
        }
        for (String kind : List.of("bytes, large", "text, large", "map, large")) {
            assertComesAsItWas(kind + ", compressed", kinds().get(kind), compressing, address, queue);
        }
        broker.awaitQuiet();
    }

    private static Map<String, Maker> kinds() {
        byte[] notUtf8 = new byte[256];
        for (int i = 0; i < notUtf8.length; i++) {
            notUtf8[i] = (byte) i;
        }
        Map<String, Maker> kinds = new HashMap<>();
        kinds.put("plain", JMSContext::createMessage);
        kinds.put("text, null", JMSContext::createTextMessage);
        kinds.put("text, empty", context -> context.createTextMessage(""));
        kinds.put("text, half a character", context -> context.createTextMessage("\ud83d\u0000"));
        kinds.put("text, many members", context -> context.createTextMessage(members(20_000, 1)));
        kinds.put("text, long members", context -> context.createTextMessage(members(20, 40_000)));
        kinds.put("text, large", context -> context.createTextMessage("z".repeat(LARGE)));
        kinds.put("bytes, empty", JMSContext::createBytesMessage);
        kinds.put("bytes", context -> bytes(context, notUtf8));
        kinds.put("bytes, large", context -> bytes(context, new byte[LARGE]));
        kinds.put("map, empty", JMSContext::createMapMessage);
        kinds.put("map", context -> map(context, notUtf8));
        kinds.put("map, large", context -> map(context, new byte[LARGE]));
        kinds.put("stream, empty", JMSContext::createStreamMessage);
        kinds.put("stream", context -> stream(context, notUtf8));
        kinds.put("stream, large", context -> stream(context, new byte[LARGE]));
        kinds.put("object, empty", JMSContext::createObjectMessage);
        kinds.put("object", context -> context.createObjectMessage(new ArrayList<>(List.of(1, "two"))));
        kinds.put("object, large", context -> context.createObjectMessage(new byte[LARGE]));
        return kinds;
    }

    /** A JSON object whose members no schema knows. */
    private static String members(int count, int length) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add("\"%s%d\":1".formatted("m".repeat(length), i));
        }
        return "{" + String.join(",", members) + "}";
    }

    private static Message bytes(JMSContext context, byte[] content) throws JMSException {
        BytesMessage message = context.createBytesMessage();
        message.writeBytes(content);
        return message;
    }

    private static Message map(JMSContext context, byte[] content) throws JMSException {
        MapMessage message = context.createMapMessage();
        message.setBytes("bytes", content);
        message.setDouble("double", 0.1);
        return message;
    }

    private static Message stream(JMSContext context, byte[] content) throws JMSException {
        StreamMessage message = context.createStreamMessage();
        message.writeBytes(content);
        message.writeChar('c');
        return message;
    }

    private void assertComesAsItWas(String what, Maker maker, ActiveMQConnectionFactory client, String address,
            String queue) throws Exception {
        try (JMSContext context = client.createContext()) {
            Message sent = maker.make(context);
            addProperties(sent, address.startsWith("gateway.") ? replica() : null);
            byte[] body = send(context, destination(address), sent);

            try (JMSConsumer consumer = context.createConsumer(context.createQueue("DLQ." + queue))) {
                Message parked = consumer.receive(20_000);

                assertThat(parked).as(what + " for " + address).isNotNull().hasSameClassAs(sent);
                assertThat(body(parked)).as(what).isEqualTo(body);
                assertThat(parked.getJMSCorrelationID()).isEqualTo("a flow");
                assertThat(parked.getJMSType()).isEqualTo("a type");
                assertThat(parked.getJMSReplyTo()).hasToString(sent.getJMSReplyTo().toString());
                assertThat(parked.getJMSPriority()).isEqualTo(7);
                assertThat(properties(parked)).as(what).containsAllEntriesOf(ownProperties())
                        .containsEntry("_AMQ_ORIG_ADDRESS", address).doesNotContainKey("_AMQ_DUPL_ID");
                assertThat(properties(parked).get("_AMQ_ORIG_QUEUE")).isEqualTo(queue.equals("gateway") ? null : queue);
                assertThat(parked.getStringProperty("reason")).as(what).isNotBlank().hasSizeLessThanOrEqualTo(1000);
                if (!(sent instanceof TextMessage)) {
                    assertThat(parked.getStringProperty("reason")).isEqualTo("is not a text message, or a large one");
                }
            }
        }
    }

    /** JMS cannot receive them: bodies that are not of their kind, and kinds that it does not know. */
    @ParameterizedTest(name = "kind {0}, body {1}")
    @CsvSource({"3,", "3,010000007f0101", "3,050505", "3,01ffffffff", "5,0909", "5,01000000ff", "2,01", "2,7fffffff",
        "1,", "7,00", "99,0102"})
    void shouldParkWhatNoClientCanReceive(byte kind, String body) throws Exception {
        assertIsParkedAsItCame(kind, HexFormat.of().parseHex(body == null ? "" : body));
    }

    /** The body of a large message comes later, in parts. */
    @ParameterizedTest(name = "kind {0}, body {1}")
    @CsvSource({"3,017fffffff", "3,01ffffffff", "5,0909", "2,7fffffff", "99,0102"})
    void shouldParkWhatIsLargeAndNoClientCanReceive(byte kind, String body) throws Exception {
        assertIsParkedAsItCame(kind, Arrays.copyOf(HexFormat.of().parseHex(body), LARGE));
    }

    /** Most clients send 100 KiB of them at most; the broker takes 490. */
    @ParameterizedTest
    @ValueSource(ints = {101_500, 480_000})
    void shouldParkWhatHasLargeProperties(int size) throws Exception {
        try (ActiveMQConnectionFactory client = new ActiveMQConnectionFactory(
                Servers.sandbox().brokerUrl() + "?minLargeMessageSize=1000000", "services", "services");
             JMSContext context = client.createContext()) {
            context.createProducer().setProperty("large", "p".repeat(size / 2)).send(
                    context.createQueue("RegistrationRequested"), "no JSON");

            try (JMSConsumer consumer = context.createConsumer(context.createQueue("DLQ.RegistrationRequested"))) {
                Message parked = consumer.receive(20_000);
                assertThat(parked).isNotNull();
                assertThat(parked.getStringProperty("large")).hasSize(size / 2);
            }
        }
    }

    /** It says that its body is compressed. */
    @ParameterizedTest(name = "kind {0}, body {1}")
    @CsvSource({"3,0100000000", "4,0102", "0,", "3,789c"})
    void shouldParkWhatIsNotCompressedAsItSays(byte kind, String body) throws Exception {
        assertIsParkedAsItCame(kind, HexFormat.of().parseHex(body == null ? "" : body), "_AMQ_LARGE_COMPRESSED");
    }

    private static void assertIsParkedAsItCame(byte kind, byte[] bytes, String... trueProperties) throws Exception {
        try (ActiveMQConnection connection = (ActiveMQConnection) reading.createConnection();
             ClientSession session = connection.getSessionFactory().createSession("services", "services", false, true,
                     true, false, 0)) {
            session.start();
            ClientMessage sent = session.createMessage(kind, true);
            sent.getBodyBuffer().writeBytes(bytes);
            for (String property : trueProperties) {
                sent.putBooleanProperty(property, true);
            }
            try (ClientProducer producer = session.createProducer("RegistrationRequested")) {
                producer.send(sent);
            }
            try (ClientConsumer consumer = session.createConsumer("DLQ.RegistrationRequested")) {
                ClientMessage parked = consumer.receive(20_000);

                assertThat(parked).isNotNull();
                parked.acknowledge();
                UnreadBodies.restoreKind(parked);
                assertThat(parked.getType()).isEqualTo(kind);
                assertThat(trueProperties).allMatch(parked::getBooleanProperty);
                byte[] came = new byte[parked.getBodySize()];
                parked.getBodyBuffer().readBytes(came);
                assertThat(came).isEqualTo(bytes);
                assertThat(parked.getStringProperty("reason")).isEqualTo("is not a text message, or a large one");
            }
        }
    }

    private static byte[] send(JMSContext context, Destination destination, Message message) {
        context.createProducer().setPriority(7).setJMSType("a type").setJMSCorrelationID("a flow")
                .setJMSReplyTo(context.createQueue("Expired")).send(destination, message);
        return body(message);
    }

    private static Map<String, Object> ownProperties() {
        return Map.of("content-type", "text/plain", "JMSXGroupID", "a group", "number", 7L, "my reason", "mine",
                "firstMessageId", "no id");
    }

    private static void addProperties(Message message, String gateway) throws JMSException {
        ClientMessage core = ((ActiveMQMessage) message).getCoreMessage();
        core.putStringProperty("content-type", "text/plain");
        core.putStringProperty("my reason", "mine");
        core.putStringProperty("firstMessageId", "no id"); // properties that a consumer gives
        core.putBytesProperty("tries", new byte[] {1, 2});
        core.putBytesProperty("failedLookUps", new byte[] {1, 2});
        core.putBytesProperty("bytes", new byte[] {1, 2});
        message.setStringProperty("JMSXGroupID", "a group");
        message.setLongProperty("number", 7);
        message.setStringProperty("gateway", gateway);
        message.setStringProperty("_AMQ_DUPL_ID", UUID.randomUUID().toString());
    }

    private static Map<String, Object> properties(Message message) throws JMSException {
        Map<String, Object> properties = new HashMap<>();
        for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
            String name = (String) names.nextElement();
            properties.put(name, message.getObjectProperty(name));
        }
        return properties;
    }

    /** As it is on the wire. */
    private static byte[] body(Message message) {
        ActiveMQBuffer buffer = ((ActiveMQMessage) message).getCoreMessage().getBodyBuffer();
        buffer.resetReaderIndex();
        byte[] body = new byte[buffer.readableBytes()];
        buffer.readBytes(body);
        return body;
    }

    /** The gateway that runs: the property that its subscriptions ask for. */
    private static String replica() {
        String marker = UUID.randomUUID() + "@example.com";
        return GATEWAY.computeIfAbsent("replica", any -> {
            try (BrokerClient listener = new BrokerClient(Servers.sandbox().brokerUrl())
                    .subscribe("gateway.UserCreated")) {
                String user = OneProcess.services().caller().post("/register",
                        "{\"name\":\"Ada\",\"email\":\"%s\"}".formatted(marker)).field("userId");
                await().atMost(Duration.ofSeconds(20)).until(() -> !listener.heard(user).isEmpty());
                return listener.heard(user).get(0).properties().get("gateway");
            }
        });
    }

    private static Destination destination(String address) {
        return address.endsWith("Requested") ? jms.createQueue(address) : jms.createTopic(address);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("choreography.catalogue.Topology#messagesAndQueues")
    void shouldGoBackAsOftenAsSomebodyReturnsIt(String address, String queue) throws Exception {
        Message sent = jms.createTextMessage("returned");
        sent.setStringProperty("_AMQ_DUPL_ID", UUID.randomUUID().toString());
        send(jms, destination(address), sent);

        for (int times = 0; times < 3; times++) {
            await().atMost(Duration.ofSeconds(20)).until(() -> !broker.browse("DLQ." + queue).isEmpty());
            long before = broker.messagesAdded().get(queue);
            assertThat(broker.retry("DLQ." + queue)).isEqualTo(1);
            await().atMost(Duration.ofSeconds(20)).until(() -> broker.messagesAdded().get(queue) == before + 1);
        }

        assertThat(broker.take("DLQ." + queue).body()).isEqualTo("returned");
        broker.awaitQuiet();
    }

    /** Nobody waits for it any more; returned to its event's address it would be told to the other services again. */
    @ParameterizedTest
    @MethodSource("choreography.catalogue.Topology#heardByGateways")
    void shouldLeaveWhereItIsWhatAGatewayCouldNotRead(String event) throws Exception {
        broker.sendFor(replica(), broker.topic(event), "unreadable", UUID.randomUUID().toString(), null);
        await().atMost(Duration.ofSeconds(20)).until(() -> !broker.browse("DLQ.gateway").isEmpty());
        if (event.equals("UserCreated")) {
            broker.take("DLQ.billing-user-created");
        }
        Map<String, Long> before = broker.messagesAdded();

        broker.retry("DLQ.gateway");

        assertThat(broker.take("DLQ.gateway").body()).isEqualTo("unreadable");
        assertThat(broker.messagesAdded()).isEqualTo(before);
    }
}
