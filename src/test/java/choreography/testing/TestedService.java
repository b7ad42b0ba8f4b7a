package choreography.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import choreography.contract.Schemas;
import choreography.contract.Services;
import choreography.messaging.CloudEvents;
import choreography.sql.ServiceDatabase;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.ObjectMessage;
import jakarta.jms.StreamMessage;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQMessage;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.component.jms.EndpointMessageListener;
import org.apache.camel.component.jms.JmsConsumer;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.mock.InterceptSendToMockEndpointStrategy;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.InterceptSendToEndpoint;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * One service as {@link choreography.Main} runs it, with the routes, properties and kind of database of production. Two
 * things around it are replaced: the broker, by the test itself ({@link #consume} hands in a message,
 * {@link #published} is what came out), and the services it looks things up at, by canned answers.
 */
public final class TestedService implements AutoCloseable {

    /** A message as the broker would get it. */
    public record Published(String address, Class<?> kind, String text, String correlationId,
            Map<String, Object> properties) {
        @Override
        public String toString() {
            return address + " " + text;
        }
    }

    /** The correlation id of every consumed message. */
    public static final String FLOW = "6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Schemas SCHEMAS = new Schemas();

    public final Siblings siblings = new Siblings();
    private final Main main = new Main();
    /** What consumers have put into dead-letter queues. */
    private final List<Published> parked = new ArrayList<>();

    /** @param properties names and values in turn that differ from application.properties */
    public static TestedService start(String service, String... properties) throws Exception {
        return start(configure(service, properties).mocked());
    }

    /** Lets the routes publish to the {@link SilentBroker}, which may refuse it. */
    public static TestedService startUnmocked(String service, String... properties) throws Exception {
        return start(configure(service, properties));
    }

    private static TestedService start(TestedService tested) throws Exception {
        tested.main.start();
        for (ServiceDatabase database : tested.camel().getRegistry().findByType(ServiceDatabase.class)) {
            database.getConnection().close(); // makes the tables, which tests read before the service does
        }
        return tested;
    }

    /** Does not start the routes, so that they may be wrong. */
    public static TestedService load(String services, String... properties) throws Exception {
        TestedService tested = configure(services, properties).mocked();
        tested.main.init();
        return tested;
    }

    private static TestedService configure(String service, String... properties) {
        TestedService tested = new TestedService();
        tested.main.addOverrideProperty("services", service);
        tested.main.addOverrideProperty("database.url", TestDatabase.url());
        tested.main.addOverrideProperty("camel.component.jms.connection-factory",
                "#class:" + SilentBroker.class.getName());
        for (String owner : Services.all()) {
            tested.main.addOverrideProperty(owner + ".url", tested.siblings.url());
        }
        tested.main.addOverrideProperty("http.port", "0");
        tested.main.addOverrideProperty("camel.management.enabled", "false");
        for (int i = 0; i < properties.length; i += 2) {
            tested.main.addOverrideProperty(properties[i], properties[i + 1]);
        }
        tested.main.configure().setAutoStartupExcludePattern("jms:*");
        tested.main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport starting) {
                new choreography.Main().beforeInitialize(starting);
            }
        });
        return tested;
    }

    private TestedService mocked() {
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeInitialize(BaseMainSupport starting) {
                starting.getCamelContext().getCamelContextExtension()
                        .registerEndpointCallback(new InterceptSendToMockEndpointStrategy("jms:*", true));
            }
        });
        return this;
    }

    public CamelContext camel() {
        return main.getCamelContext();
    }

    public static String newId() {
        return UUID.randomUUID().toString();
    }

    /** Hands a message to its consumer as the broker would, and throws what the consumer throws. */
    public void consume(String address, String eventId, String text) throws JMSException {
        consume(address, event(eventId, text));
    }

    public void consume(String address, Message message) throws JMSException {
        JmsConsumer consumer = (JmsConsumer) camel().getRoutes().stream()
                .filter(route -> route.getEndpoint().getEndpointUri()
                .matches("jms://(queue|topic):(gateway\\.)?" + address + "(\\?.*)?"))
                .map(Route::getConsumer).findFirst().orElseThrow();
        new EndpointMessageListener(consumer, consumer.getEndpoint(), consumer.getProcessor())
                .onMessage(message, JmsText.session((queue, sent) -> parked.add(published(queue, sent))));
    }

    /** A message as a sibling publishes it. */
    public static TextMessage event(String id, String text) throws JMSException {
        TextMessage event = JmsText.text(text);
        event.setStringProperty(CloudEvents.ID, id);
        event.setStringProperty("gateway", "replica-1");
        event.setJMSCorrelationID(FLOW);
        return event;
    }

    /**
     * Hands in all that a consumer cannot read, and asserts that each is parked as it came, with the reason, and that
     * nothing else happens.
     *
     * @param fitting a text that the consumer could read
     */
    public void assertParksTheUnreadable(String address, String deadLetterQueue, String fitting) throws Exception {
        TextMessage withoutId = JmsText.text(fitting);
        withoutId.setJMSCorrelationID(FLOW);
        TextMessage withoutFlow = JmsText.text(fitting);
        withoutFlow.setStringProperty(CloudEvents.ID, newId());
        assertParks(address, deadLetterQueue, event(newId(), "an order, please"), "is not JSON (line 1");
        assertParks(address, deadLetterQueue, event(newId(), "{}"), "is missing");
        assertParks(address, deadLetterQueue, event(newId(), fitting.replaceFirst("}$", ",\"discount\":1}")),
                "/discount: is not known here");
        assertParks(address, deadLetterQueue,
                event(newId(), fitting.replaceFirst("}$", ",\"" + "m".repeat(2000) + "\":1}")), "/mmm");
        assertParks(address, deadLetterQueue, withoutId, "has no property cloudEvents_id with a UUID");
        assertParks(address, deadLetterQueue, event("1", fitting), "has no property cloudEvents_id with a UUID");
        assertParks(address, deadLetterQueue, withoutFlow, "has no property JMSCorrelationID with a UUID");
        for (Class<? extends Message> kind : List.of(BytesMessage.class, MapMessage.class, ObjectMessage.class,
                StreamMessage.class, Message.class)) {
            Message noText = JmsText.message(kind);
            noText.setStringProperty(CloudEvents.ID, newId());
            assertParks(address, deadLetterQueue, noText, "is not a text message");
        }
    }

    private void assertParks(String address, String deadLetterQueue, Message message, String reason) throws Exception {
        forget();
        ClientMessage core = ((ActiveMQMessage) message).getCoreMessage();
        core.putStringProperty("content-type", "of another client"); // JMS has no such name
        Map<String, Object> properties = JmsText.properties(message);
        core.putStringProperty("_AMQ_DUPL_ID", newId());
        boolean heard = deadLetterQueue.equals("DLQ.gateway");
        consume(address, message);
        assertThat(published()).singleElement().satisfies(parked -> {
            assertThat(parked.address()).isEqualTo(deadLetterQueue);
            assertThat(parked.kind()).isEqualTo(message.getClass());
            assertThat(parked.properties()).containsAllEntriesOf(properties)
                    .containsEntry("_AMQ_ORIG_ADDRESS", (heard ? "gateway." : "") + address)
                    .doesNotContainKey("_AMQ_DUPL_ID")
                    .hasEntrySatisfying("reason",
                    given -> assertThat((String) given).contains(reason).hasSizeLessThanOrEqualTo(1000));
            assertThat(parked.properties().get("_AMQ_ORIG_QUEUE"))
                    .isEqualTo(heard ? null : deadLetterQueue.substring("DLQ.".length()));
            assertThat(parked.correlationId()).isEqualTo(message.getJMSCorrelationID());
            if (message instanceof TextMessage text) {
                assertThat(parked.text()).isEqualTo(text.getText());
            }
        });
        assertThat(siblings.calls()).isEmpty();
    }

    /** A lookup's answer and its status. */
    private record LookedUp(int status, String body) { }

    /**
     * Answers a lookup with much that is not the document asked for, and asserts that the step fails each time and
     * publishes nothing.
     *
     * @param document the right answer, with {@code id} in it
     */
    public void assertBelievesNothingElse(String path, String document, String id, ThrowingCallable step)
            throws Exception {
        String notFound = """
                {"type":"urn:problem-type:choreography:not-found","title":"t","status":404,"detail":"d"}""";
        for (LookedUp wrong : List.of(
                new LookedUp(200, document.replace(id, newId())),
                new LookedUp(200, document.replaceFirst("}$", ",\"discount\":1}")),
                new LookedUp(200, document.substring(1)), new LookedUp(200, "[" + document + "]"),
                new LookedUp(200, "{\"userId\":\"%s\",\"orderId\":\"%s\"}".formatted(id, id)),
                new LookedUp(200, "null"), new LookedUp(200, "{}"),
                new LookedUp(200, "<html>login</html>"), new LookedUp(200, ""), new LookedUp(200, noSuch(path, id)),
                new LookedUp(200, "{\"total\":1e1000000000}"), new LookedUp(200, document + " ".repeat(262_144)),
                new LookedUp(204, ""),
                new LookedUp(302, document), new LookedUp(304, ""), new LookedUp(401, noSuch(path, id)),
                new LookedUp(403, notFound),
                new LookedUp(404, notFound), new LookedUp(404, document), new LookedUp(404, ""),
                new LookedUp(404, "<html></html>"),
                new LookedUp(404, noSuch(path, newId())), new LookedUp(404, noSuch("/carts/x/", id)),
                new LookedUp(410, noSuch(path, id)), new LookedUp(500, document), new LookedUp(503, notFound))) {
            siblings.answer(path, wrong.status(), wrong.body());
            forget();
            assertThatThrownBy(step).as(wrong.toString()).isNotNull();
            assertThat(published()).as(wrong.toString()).isEmpty();
            assertThat(siblings.calls()).as(wrong.toString()).containsExactly("GET " + path);
        }
        siblings.answer(path, document);
    }

    /** The problem by which a service says that what was looked up does not exist. */
    public static String noSuch(String path, String id) {
        String resource = path.split("/")[1];
        return """
                {"type":"urn:problem-type:choreography:no-such-%s","title":"t","status":404,"detail":"d",\
                "instance":"/%s/%s"}"""
                .formatted(resource.replaceAll("s$", ""), resource, id);
    }

    /** Executes a statement of the service, for example {@code billing/record-bill}, as a step does. */
    public void execute(String statement, Map<String, Object> message, Map<String, Object> variables) {
        Exchange executed = camel().createProducerTemplate().send("sql:classpath:sql/%s.sql?dataSource=#%sDatabase"
                .formatted(statement, statement.replaceFirst("/.*", "")), step -> {
            step.getMessage().setHeader(CloudEvents.ID, newId());
            step.getMessage().setBody(message);
            variables.forEach(step::setVariable);
        });
        assertThat(executed.getException()).isNull();
    }

    /** Where messages to an address end: for expectations, and to fail or react when one arrives. */
    public MockEndpoint mock(String address) {
        return camel().getEndpoint("mock:jms:" + address, MockEndpoint.class);
    }

    /** What was published since {@link #forget()}, ordered by address; each fits its schema. */
    public List<Published> published() throws Exception {
        List<Published> events = camel().getEndpoints().stream()
                .filter(endpoint -> endpoint.getEndpointUri().startsWith("mock://jms:"))
                .flatMap(mock -> ((MockEndpoint) mock).getReceivedExchanges().stream())
                .map(this::asMessage).toList();
        for (Published event : events) {
            SCHEMAS.read(event.address(), event.text().getBytes(UTF_8));
        }
        return Stream.concat(events.stream(), parked.stream()).sorted(Comparator.comparing(Published::address))
                .toList();
    }

    /** What was published since {@link #forget()}: {@code BillPayed {"orderId":"..."}}. */
    public List<String> publishedTexts() throws Exception {
        return published().stream().map(Published::toString).toList();
    }

    private Published asMessage(Exchange sent) {
        try {
            String uri = sent.getProperty(Exchange.TO_ENDPOINT, String.class);
            JmsEndpoint endpoint = (JmsEndpoint) ((InterceptSendToEndpoint) camel().getEndpoint(uri))
                    .getOriginalEndpoint();
            String address = sent.getMessage().getHeader("CamelJmsDestinationName",
                    endpoint.getDestinationName(), String.class);
            return published(address, endpoint.getBinding()
                    .makeJmsMessage(sent, sent.getMessage(), JmsText.session(), null));
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Published published(String address, Message message) {
        try {
            return new Published(address, message.getClass(),
                    message instanceof TextMessage text ? text.getText() : null,
                    message.getJMSCorrelationID(), JmsText.properties(message));
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    public HttpResponse<String> get(String path, String... headersAndValues) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        if (headersAndValues.length > 0) {
            request.headers(headersAndValues);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort() + path));
    }

    public int httpPort() {
        return camel().getRegistry().findByType(VertxPlatformHttpRouter.class).iterator().next().getServer().getPort();
    }

    /** To be called before each test: nothing has been published or looked up. */
    public void forget() {
        MockEndpoint.resetMocks(camel());
        parked.clear();
        siblings.forgetCalls();
    }

    @Override
    public void close() {
        main.stop();
        siblings.close();
    }
}
