package choreography.system;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Servers;
import choreography.testing.Siblings;
import choreography.testing.TestedService;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import jakarta.jms.ObjectMessage;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.core.client.impl.ClientSessionFactoryInternal;
import org.apache.activemq.artemis.core.client.impl.ClientSessionInternal;
import org.apache.activemq.artemis.core.protocol.core.Channel;
import org.apache.activemq.artemis.core.protocol.core.CoreRemotingConnection;
import org.apache.activemq.artemis.core.protocol.core.impl.PacketImpl;
import org.apache.activemq.artemis.core.protocol.core.impl.wireformat.ReattachSessionMessage;
import org.apache.activemq.artemis.core.protocol.core.impl.wireformat.ReattachSessionResponseMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQConnection;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.jms.client.ActiveMQSession;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.DefaultExchangeHolder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What advisories of the libraries describe, tried on the running system. SECURITY.md: which line holds off what. */
@ExtendWith(OneProcess.class)
class KnownHolesIT {

    private static BrokerClient broker;
    private final Caller shop = OneProcess.services().caller();

    /** Notices when it is read. */
    static final class Planted implements Serializable {

        private static final long serialVersionUID = 1;
        static final AtomicBoolean READ = new AtomicBoolean();
        private final byte[] padding = new byte[1000]; // to be large

        private void readObject(ObjectInputStream in) {
            READ.set(true);
        }
    }

    @BeforeAll
    static void connect() {
        broker = new BrokerClient(Servers.sandbox().brokerUrl()).subscribe("OrderCreated", "BillPayed", "OrderPayed");
        broker.awaitQuiet();
    }

    @AfterAll
    static void disconnect() {
        broker.close();
    }

    @Test
    void shouldAnswerNoProtocolButItsOwn() throws IOException {
        Map<String, String> hellos = Map.of(
                "AMQP", "414d515003010000",
                "MQTT", "100c00044d5154540402003c0000",
                "STOMP", "434f4e4e4543540a6163636570742d76657273696f6e3a312e320a686f73743a6c6f63616c686f73740a0a00",
                "OpenWire", "0000002a01416374697665" + "4d5100000001" + "010000001800000000");
        int port = URI.create(Servers.sandbox().brokerUrl()).getPort();
        Map<String, Socket> strangers = new HashMap<>();
        try {
            for (String protocol : hellos.keySet()) {
                Socket stranger = new Socket(InetAddress.getLoopbackAddress(), port);
                strangers.put(protocol, stranger);
                stranger.getOutputStream().write(HexFormat.of().parseHex(hellos.get(protocol)));
            }
            for (String protocol : strangers.keySet()) {
                assertThat(firstByte(strangers.get(protocol))).as("answer to " + protocol).isEqualTo(-1);
            }
        } finally {
            for (Socket stranger : strangers.values()) {
                stranger.close();
            }
        }
    }

    /** @return -1: there is no answer in a time in which a broker that speaks the protocol has long given one */
    private static int firstByte(Socket stranger) throws IOException {
        stranger.setSoTimeout(2000);
        try {
            return stranger.getInputStream().read();
        } catch (SocketTimeoutException | SocketException nothing) {
            return -1;
        }
    }

    /** A client that asks for a resend cache (confirmationWindowSize) would let a stranger take its session over. */
    @Test
    void shouldNotLetAStrangerTakeOverASession() throws Exception {
        try (ActiveMQConnectionFactory factory = asConfigured();
                ActiveMQConnection service = (ActiveMQConnection) factory.createConnection("services", "services");
                ServerLocator locator = ActiveMQClient.createServerLocator(Servers.sandbox().brokerUrl());
                ClientSessionFactoryInternal stranger = (ClientSessionFactoryInternal) locator.createSessionFactory()) {
            ActiveMQSession session = (ActiveMQSession) service.createSession();
            String name = ((ClientSessionInternal) session.getCoreSession()).getName();
            Channel channel = ((CoreRemotingConnection) stranger.getConnection()).getChannel(1, -1);

            var answer = (ReattachSessionResponseMessage) channel.sendBlocking(new ReattachSessionMessage(name, 0),
                    PacketImpl.REATTACH_SESSION_RESP);

            assertThat(answer.isReattached()).isFalse();
        }
    }

    @Test
    void shouldReadNoJavaObject() throws Exception {
        assertIsNotRead(new Planted());
        assertThat(Planted.READ).isFalse();
    }

    /** An exchange that is sent as an object would replace body, headers and properties of the one that receives it. */
    @Test
    void shouldReadNoExchangeOfAStranger() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            DefaultExchange exchange = new DefaultExchange(camel);
            exchange.getMessage().setBody("smuggled".repeat(100));
            assertIsNotRead(DefaultExchangeHolder.marshal(exchange));
        }
    }

    /** It comes as bytes, which nobody makes an object of; without the interceptor as an object of no trusted class. */
    private static void assertIsNotRead(Serializable object) throws Exception {
        assertThat(sentAndReceived(object, factory -> { })).isInstanceOf(BytesMessage.class);
        assertThat(sentAndReceived(object, factory -> factory.setMinLargeMessageSize(400))) // more than the headers are
                .isInstanceOf(BytesMessage.class);
        Message unchecked = sentAndReceived(object, factory -> factory.setIncomingInterceptorList(""));
        assertThatThrownBy(((ObjectMessage) unchecked)::getObject).isInstanceOf(JMSException.class)
                .hasStackTraceContaining("not trusted");
    }

    private static Message sentAndReceived(Serializable object, Consumer<ActiveMQConnectionFactory> change)
            throws Exception {
        try (ActiveMQConnectionFactory factory = asConfigured()) {
            change.accept(factory);
            try (JMSContext services = factory.createContext("services", "services");
                 JMSConsumer consumer = services.createConsumer(services.createQueue("Expired"))) {
                services.createProducer().send(services.createQueue("Expired"), object);
                return consumer.receive(5000);
            }
        }
    }

    /** @return the connection factory of the services, for the broker of the test */
    private static ActiveMQConnectionFactory asConfigured() throws Exception {
        try (TestedService order = TestedService.load("order", "broker.url", Servers.sandbox().brokerUrl())) {
            return order.camel().getRegistry().lookupByNameAndType("broker", ActiveMQConnectionFactory.class);
        }
    }

    /** Names as nobody thought of writing them: Camel finds headers in any case. */
    @ParameterizedTest
    @ValueSource(strings = {"Camel", "camel", "CAmel", "cAMEL"})
    void shouldNotBelievePropertiesThatSteerCamel(String camel) {
        String user = shop.register();
        broker.awaitQuiet();
        String order = UUID.randomUUID().toString();

        sendOrder(user, order, producer -> List.of("SqlQuery", "SqlParameters", "JmsDestinationName", "HttpUri",
                "HttpPath", "HttpMethod", "HttpQuery", "BeanMethodName", "MailTo")
                .forEach(header -> producer.setProperty(camel + header, "smuggled")));
        broker.awaitQuiet();

        assertThat(shop.get("/orders/" + order).field("status")).isEqualTo("PAYED");
        assertThat(broker.heard(order)).extracting(BrokerClient.Event::destination)
                .containsExactly("OrderCreated", "BillPayed", "OrderPayed");
        assertThat(broker.heard(order).toString()).doesNotContain("smuggled");
    }

    @Test
    void shouldAnswerNobodyWhoAsksForAReply() {
        String user = shop.register();
        broker.awaitQuiet();
        String order = UUID.randomUUID().toString();
        long before = broker.messagesAdded().get("Expired");

        sendOrder(user, order, producer -> producer.setJMSReplyTo(broker.queue("Expired")));
        broker.awaitQuiet();

        assertThat(shop.get("/orders/" + order).field("status")).isEqualTo("PAYED");
        assertThat(broker.messagesAdded().get("Expired")).isEqualTo(before);
    }

    private static void sendOrder(String user, String order, Consumer<JMSProducer> attack) {
        try (JMSContext services = broker.session(JMSContext.AUTO_ACKNOWLEDGE)) {
            JMSProducer producer = services.createProducer().setJMSCorrelationID(order)
                    .setProperty("cloudEvents_id", UUID.randomUUID().toString());
            attack.accept(producer);
            producer.send(services.createQueue("OrderRequested"), """
                    {"orderId":"%s","userId":"%s","lines":[{"sku":"MUG-1","quantity":1}]}""".formatted(order, user));
        }
    }

    /** The gateway's answers are for nobody else's pages. */
    @Test
    void shouldInviteNoOtherOrigin() {
        Answer answer = shop.call("GET", "/products", null, new byte[0], "Origin", "http://evil.example");

        assertThat(answer.headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("access-control"));
    }

    /** Hawtio would fetch any URL for whoever is logged in to the console. */
    @Test
    void shouldFetchNothingForTheConsole() throws Exception {
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        String console = Servers.sandbox().console().toString();
        HttpResponse<String> login = browser.send(HttpRequest.newBuilder(URI.create(console + "/auth/login"))
                .header("Origin", console.replace("/console", "")).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"username\":\"admin\",\"password\":\"admin\"}")).build(),
                BodyHandlers.ofString());
        assertThat(login.statusCode()).as(login.body()).isEqualTo(200);
        try (Siblings elsewhere = new Siblings()) {
            String secret = elsewhere.url().replace("://", "/").replace("localhost:", "127.0.0.1/") + "/secret";
            browser.send(HttpRequest.newBuilder(URI.create(console + "/proxy/" + secret)).build(),
                    BodyHandlers.ofString());

            assertThat(elsewhere.calls()).isEmpty();
        }
    }
}
