package choreography.catalogue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import choreography.Main;
import choreography.contract.Services;
import choreography.messaging.Addresses;
import choreography.sandbox.SandboxSettings;
import choreography.sql.ServiceDatabase;
import choreography.testing.BrokerClient;
import choreography.testing.FreePorts;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.mail.MailEndpoint;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCreatedEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.support.EventNotifierSupport;

import static org.awaitility.Awaitility.await;

/**
 * Runs the whole system, plays requests, and records what its routes really do: every message published and consumed,
 * every HTTP call, every mail, in the order of time.
 */
public final class RecordedRun implements AutoCloseable {

    private static final Diagram.Act MAIL = new Diagram.Does("sending email");

    private final List<Diagram.Step> steps = new CopyOnWriteArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final org.apache.camel.main.Main camel = new org.apache.camel.main.Main();
    private final Recorder recorder = new Recorder();
    private final String broker;
    private final String gateway;

    public RecordedRun() throws Exception {
        SandboxSettings sandbox = FreePorts.forSandbox(Files.createTempDirectory(Path.of("target"), "recorded-run"));
        FreePorts.properties(sandbox).forEach(this::set);
        broker = "tcp://localhost:" + sandbox.brokerPort();
        int port = FreePorts.one();
        set("http.port", port);
        set("management.port", FreePorts.one());
        gateway = "http://localhost:" + port;
        HttpClientConfigurer client = builder -> {
            camel.lookup("lookUpClient", HttpClientConfigurer.class).configureHttpClient(builder);
            builder.addRequestInterceptorFirst((request, entity, context) -> recorder.lookUp(request.getPath()));
        };
        camel.bind("recordingClient", client);
        set("camel.component.http.http-client-configurer", "#bean:recordingClient");
        camel.addMainListener(new Main());
        camel.start();
        for (ServiceDatabase database : camel.getCamelContext().getRegistry().findByType(ServiceDatabase.class)) {
            database.getConnection().close(); // the tables are made before the first request
        }
        camel.getCamelContext().getManagementStrategy().addEventNotifier(recorder);
    }

    private void set(String name, Object value) {
        camel.addOverrideProperty(name, value.toString());
    }

    /** The two flows of the specification, without refusals. */
    static List<Diagram.Step> ofBothFlows() throws Exception {
        try (RecordedRun run = new RecordedRun()) {
            run.order(run.register("ada@example.com"), "BOOK-1", "PAYED");
            return run.steps();
        }
    }

    /** What was recorded, up to the last thing that each played request brings about. */
    public List<Diagram.Step> steps() {
        try (BrokerClient client = new BrokerClient(broker)) {
            client.awaitQuiet();
        }
        return List.copyOf(steps);
    }

    /** @return the user's id, or none if refused */
    public String register(String email) throws Exception {
        JsonNode user = post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"%s\"}".formatted(email));
        if (user.has("userId")) {
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> get("/accounts/" + user.path("userId").asText()).has("balance"));
        }
        return user.path("userId").asText();
    }

    /** @param status in which the order has to end; null if it is refused */
    public void order(String userId, String sku, String status) throws Exception {
        JsonNode order = post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":2}]}".formatted(userId, sku));
        if (status != null) {
            await().atMost(Duration.ofSeconds(10)).until(() ->
                    get("/orders/" + order.path("orderId").asText()).path("status").asText()
                            .equals(status));
        }
    }

    /** Asks twice under one key, the second time for something else, which is refused. */
    public void reuseKeys(String userId) throws Exception {
        for (String name : List.of("Grace Hopper", "Grace Murray Hopper")) {
            post("/register", "{\"name\":\"%s\",\"email\":\"grace@example.com\"}".formatted(name), "Idempotency-Key",
                    "grace");
        }
        for (String sku : List.of("NO-SUCH-SKU", "NO-OTHER-SKU")) {
            post("/order", "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":1}]}".formatted(userId, sku),
                    "Idempotency-Key", "sku");
        }
    }

    private JsonNode post(String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway + path))
                .header("Content-Type", "application/json");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.POST(HttpRequest.BodyPublishers.ofString(body)).build());
    }

    private JsonNode get(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(gateway + path)).build());
    }

    private JsonNode send(HttpRequest request) throws Exception {
        return json.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    @Override
    public void close() {
        camel.stop();
    }

    private final class Recorder extends EventNotifierSupport {

        private final ThreadLocal<Exchange> asking = new ThreadLocal<>();

        @Override
        public void notify(CamelEvent event) {
            if (event instanceof ExchangeCreatedEvent created) {
                input(created.getExchange());
            } else if (event instanceof ExchangeSendingEvent sending) {
                output(sending.getExchange(), sending.getEndpoint());
            } else if (event instanceof ExchangeCompletedEvent completed && request(completed.getExchange()) != null) {
                record(completed.getExchange(), new Diagram.Responds());
            }
        }

        private void input(Exchange exchange) {
            if (exchange.getFromEndpoint() instanceof JmsEndpoint consumed) {
                Diagram.Act consumes = new Diagram.Consumes(Addresses.message(consumed));
                steps.add(new Diagram.Step(service(exchange), null, consumes));
            } else if (request(exchange) != null) {
                steps.add(new Diagram.Step(service(exchange), null, new Diagram.Answers(request(exchange))));
            }
        }

        private void output(Exchange exchange, Endpoint to) {
            if (to instanceof JmsEndpoint jms) {
                record(exchange, new Diagram.Publishes(jms.getDestinationName()));
            } else if (to instanceof HttpEndpoint) {
                asking.set(exchange);
            } else if (to instanceof MailEndpoint) {
                record(exchange, MAIL);
            } else if (to.getEndpointUri().contains("open-account.sql")) {
                record(exchange, new Diagram.Does("creating account"));
            }
        }

        /** As the HTTP client sends it, on the thread of the route that asks. */
        private void lookUp(String path) {
            record(asking.get(), new Diagram.Asks(path.split("/")[1].replaceAll("s$", ""),
                    path.replaceAll("/[0-9a-f-]{36}/", "/{id}/")));
        }

        private void record(Exchange exchange, Diagram.Act act) {
            String outcome = exchange.getVariable("outcome", String.class);
            steps.add(new Diagram.Step(service(exchange), outcome != null ? outcome
                    : exchange.getFromEndpoint() instanceof JmsEndpoint consumed ? Addresses.message(consumed)
                    : request(exchange), act));
        }

        /** What a caller asks for; null if it is only to read. */
        private String request(Exchange exchange) {
            return exchange.getFromEndpoint() instanceof PlatformHttpEndpoint http
                    && "POST".equals(http.getHttpMethodRestrict()) ? "POST " + http.getPath() : null;
        }

        private String service(Exchange exchange) {
            return Services.of(exchange.getContext().getRoutes().stream()
                    .filter(any -> any.getEndpoint() == exchange.getFromEndpoint()).findFirst().orElseThrow()
                    .getRouteId());
        }
    }
}
