package choreography.http;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

import choreography.catalogue.OpenApiDocument;
import choreography.catalogue.Topology;
import choreography.gateway.Resources;
import choreography.gateway.Resources.Resource;
import choreography.messaging.CloudEvents;
import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import choreography.testing.DatabaseClient;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.apache.camel.Exchange;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.util.Timeout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The running system answers as openapi.yaml says, and everything that it says is answered, broken servers included.
 */
class OpenApiIT {

    /** A step that fails for those messages, and only those, that name it. */
    public static class Fault extends CloudEvents {

        @Override
        public void onMessageCreated(Message message, Session session, Exchange exchange, Throwable cause) {
            if (exchange.getMessage().getBody(String.class).contains("FAULT")) {
                throw new IllegalStateException("as the test wants it");
            }
            super.onMessageCreated(message, session, exchange, cause);
            if (exchange.getMessage().getBody(String.class).contains("LATE")) { // the message may have left
                throw new IllegalStateException("as the test wants it");
            }
        }
    }

    private static final String JSON = "Content-Type: application/json";
    private static final String NOBODY = "/6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11";

    /** The common pool has one thread on two cores. */
    private static final Executor AT_ONCE = task -> new Thread(task).start();

    private final OpenApiDocument document = new OpenApiDocument();
    private final List<ServiceProcess> processes = new ArrayList<>();
    private final CloseableHttpClient client = HttpClients.custom().disableAutomaticRetries().disableRedirectHandling()
            .setDefaultRequestConfig(RequestConfig.custom().setResponseTimeout(Timeout.ofSeconds(15)).build())
            .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create().setMaxConnPerRoute(10).build())
            .build();
    private SandboxSettings settings;
    private Sandbox sandbox;
    private int system;

    OpenApiIT() throws IOException { }

    @BeforeEach
    void startSystem(@TempDir Path data) throws Exception {
        settings = FreePorts.forSandbox(data);
        sandbox = Sandbox.start(settings);
        Map<String, String> all = ServiceProcess.settings(Topology.ALL, settings);
        all.put("gateway.max-waiting", "2");
        all.put("user.check-interval-ms", "3600000"); // else the checks wait for the locks of late() too
        all.put("order.check-interval-ms", "3600000");
        all.put("camel.component.jms.message-created-strategy", "#class:" + Fault.class.getName());
        system = start(all);
    }

    @AfterEach
    void endSystem() throws Exception {
        processes.forEach(ServiceProcess::kill);
        sandbox.close();
        client.close();
    }

    @Test
    void shouldAnswerWhatIsDocumentedAndDocumentWhatItAnswers() throws Exception {
        String ada = register(201, "Ada", "ada@example.com", "Idempotency-Key: ada");
        register(201, "Ada", "ada@example.com", "Idempotency-Key: ada");
        register(409, "Ada", "ADA@example.com");
        register(422, "Bea", "bea@example.com", "Idempotency-Key: ada");
        register(400, "<Ada>", "nowhere");
        register(400, "Ada", "ada@example.com", "Idempotency-Key: a", "Idempotency-Key: b");
        register(413, "a".repeat(70_000), "ada@example.com");
        register(500, "FAULT", "cem@example.com");
        register(504, "LATE", "cem@example.com");
        call(400, "POST", "/register?x=%zz", "{}", JSON);
        call(400, "POST", "/register", "", JSON);
        call(415, "POST", "/register", "name=Ada", "Content-Type: application/x-www-form-urlencoded");
        call(405, "DELETE", "/register", null);

        String order = order(201, ada, "MUG-1", "2", "Idempotency-Key: order");
        order(201, ada, "MUG-1", "2", "Idempotency-Key: order");
        order(422, ada, "MUG-1", "3", "Idempotency-Key: order");
        order(422, ada, "NO-SUCH-THING", "1", "Idempotency-Key: no-sku");
        order(422, NOBODY.substring(1), "MUG-1", "1", "Idempotency-Key: nobody");
        order(201, ada, "MUG-1", "2.0");
        String tooMuch = order(201, ada, "SADDLE-1", "2");
        order(400, ada, "MUG-1", "0");
        order(400, ada, "MUG-1", "1", "Idempotency-Key: ");
        order(413, ada, "M".repeat(70_000), "1");
        order(500, ada, "FAULT-1", "1");
        order(504, ada, "LATE-1", "1");
        call(400, "POST", "/order?x=%zz", "{}", JSON);
        call(415, "POST", "/order", "order", "Content-Type: text/plain");
        call(405, "GET", "/order", null);

        becomes("/orders/" + order, "\"PAYED\"");
        becomes("/orders/" + tooMuch, "\"CANCELLED\"");
        for (String path : paths(ada, order)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> send(system, "GET", path, null).status() == 200);
        }
        view(system, ada, order);
        view(startGateway("http://localhost:" + system), ada, order);
        documents();

        late();
        stopping();
        outages(ada, order);

        assertThat(document.neverAnswered()).as("documented, but never answered").isEmpty();
    }

    private void view(int server, String user, String order) throws Exception {
        for (String path : paths(user, order)) {
            call(server, 200, "GET", path, null);
            call(server, 200, "GET", path + "/", null);
            call(server, 405, "PUT", path, "{}", JSON);
            call(server, 400, "GET", path + "?x=%zz", null);
        }
        call(server, 422, "GET", "/registrations/" + user + "/requests" + NOBODY, null);
        call(server, 422, "GET", "/orders/" + order + "/requests" + NOBODY, null);
        for (String path : templates().filter(template -> template.contains("{")).toList()) {
            call(server, 404, "GET", path.replaceAll("/\\{\\w+}", NOBODY), null);
            call(server, 404, "GET", path.replaceFirst("\\{\\w+}$", "nonsense").replace("/{id}", NOBODY), null);
        }
        // a gateway does not pass them on
        for (String path : server == system ? List.of("/accounts", "/mails") : List.<String>of()) {
            call(server, 200, "GET", path + "?ids=" + user, null);
            call(server, 200, "GET", path + "/?ids=" + user + "," + order, null);
            call(server, 400, "GET", path, null);
            call(server, 400, "GET", path + "?ids=nonsense", null);
            call(server, 400, "GET", path + "?ids=" + user + ",", null);
            call(server, 405, "PUT", path, "{}", JSON);
        }
    }

    /** What a gateway passes on: of this user and order. */
    private List<String> paths(String user, String order) {
        return templates().map(path -> path.replace("{request}", request(path, user, order))
                .replace("{id}", isOfUser(path) ? user : order)).toList();
    }

    private static Stream<String> templates() {
        return Resources.all().stream().map(Resource::path);
    }

    private static boolean isOfUser(String path) {
        return path.matches("/(users|registrations|accounts)/.*");
    }

    private String request(String path, String user, String order) {
        return isOfUser(path)
                ? one("select request_id from user_service.registration where user_id = '" + user + "'")
                : one("select request_id from order_service.orders where order_id = '" + order + "'");
    }

    private void documents() throws IOException {
        call(302, "GET", "/", null);
        call(405, "POST", "/", "{}", JSON);
        call(400, "GET", "/?x=%zz", null);
        for (String path : List.of("/openapi.yaml", "/openapi.json", "/asyncapi.yaml", "/docs", "/docs/swagger-ui.css",
                "/docs/page.js", "/schemas/Order.json")) {
            call(200, "GET", path, null);
            call(405, "POST", path, "{}", JSON);
            call(400, "GET", path + "?x=%zz", null);
        }
        call(404, "GET", "/docs/index.html", null);
        call(404, "GET", "/schemas/..%2fapplication.properties", null);
    }

    /** While the tables are locked no outcome is known: two requests wait in vain, and there is no room for a third. */
    private void late() throws Exception {
        CompletableFuture<String> registration;
        CompletableFuture<String> order;
        try (Connection connection = DatabaseClient.of(sandbox).connect();
             Statement lock = connection.createStatement()) {
            connection.setAutoCommit(false);
            lock.execute("lock table user_service.registration, order_service.orders");
            registration = CompletableFuture.supplyAsync(() -> register(202, "Dan", "dan@example.com"), AT_ONCE);
            order = CompletableFuture.supplyAsync(() -> order(202, NOBODY.substring(1), "MUG-1", "1"), AT_ONCE);
            await().atMost(Duration.ofSeconds(4))
                    .until(() -> count("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == 2);
            register(503, "Eve", "eve@example.com");
            order(503, NOBODY.substring(1), "MUG-1", "1");
            registration.join();
            order.join();
            connection.rollback();
        }
        becomes("/registrations/" + registration.join(), "\"REGISTERED\"");
        becomes("/orders/" + order.join(), "\"UNKNOWN_USER\"");
    }

    /** A gateway is told to end while a request waits, which ends it later: new requests are turned away meanwhile. */
    private void stopping() throws Exception {
        int gateway = startGateway("http://localhost:" + system);
        try (Connection connection = DatabaseClient.of(sandbox).connect();
             Statement lock = connection.createStatement()) {
            connection.setAutoCommit(false);
            lock.execute("lock table user_service.registration");
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() ->
                    call(gateway, 202, "POST", "/register", "{\"name\": \"Gil\", \"email\": \"gil@example.com\"}",
                            JSON), AT_ONCE);
            await().atMost(Duration.ofSeconds(4))
                    .until(() -> count("select count(*) from pg_stat_activity where wait_event_type = 'Lock'") == 1);
            processes.get(processes.size() - 1).stop();
            await().atMost(Duration.ofSeconds(4))
                    .until(() -> send(gateway, "POST", "/order", "{}", JSON).status() == 503);
            call(gateway, 503, "POST", "/register", "{}", JSON);
            call(gateway, 503, "POST", "/order", "{}", JSON);
            waiting.join();
            connection.rollback();
        }
    }

    /** Tables that are not there, siblings that are not there, then neither broker nor database. */
    private void outages(String user, String order) throws Exception {
        List<String> passedOn = paths(user, order);
        List<String> paths = new ArrayList<>(passedOn);
        paths.addAll(List.of("/accounts?ids=" + user, "/mails?ids=" + order));
        DatabaseClient.of(sandbox).execute(Topology.consumingServices().stream()
                .map("alter schema %1$s_service rename to %1$s_elsewhere"::formatted).toArray(String[]::new));
        for (String path : paths) {
            call(500, "GET", path, null);
        }
        int gateway = startGateway("http://localhost:" + FreePorts.one());
        for (String path : passedOn) {
            call(gateway, 503, "GET", path, null);
        }
        sandbox.close();
        paths.stream().map(path -> CompletableFuture.runAsync(() -> call(503, "GET", path, null), AT_ONCE)).toList()
                .forEach(CompletableFuture::join);
        register(503, "Fay", "fay@example.com");
        order(503, user, "MUG-1", "1");
    }

    private String register(int status, String name, String email, String... headers) {
        return id(post(status, "/register", "{\"name\": \"%s\", \"email\": \"%s\"}".formatted(name, email), headers));
    }

    private String order(int status, String user, String sku, String quantity, String... headers) {
        return id(post(status, "/order", "{\"userId\": \"%s\", \"lines\": [{\"sku\": \"%s\", \"quantity\": %s}]}"
                .formatted(user, sku, quantity), headers));
    }

    private OpenApiDocument.Answer post(int status, String path, String body, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.add(JSON);
        return call(status, "POST", path, body, all.toArray(String[]::new));
    }

    /** The id of what was made; of what may be made later, with its request. */
    private static String id(OpenApiDocument.Answer answer) {
        return answer.headers().getOrDefault("location", "").replaceFirst("^/\\w+/", "");
    }

    private void becomes(String path, String text) {
        await().atMost(Duration.ofSeconds(30)).until(() -> send(system, "GET", path, null).body().contains(text));
        call(200, "GET", path, null);
    }

    private OpenApiDocument.Answer call(int status, String method, String path, String body, String... headers) {
        return call(system, status, method, path, body, headers);
    }

    private OpenApiDocument.Answer call(int server, int status, String method, String path, String body,
            String... headers) {
        String call = method + " " + path;
        OpenApiDocument.Answer answer = send(server, method, path, body, headers);
        assertThat(answer.status()).as(call + ": " + answer.body()).isEqualTo(status);
        List<String> faults;
        synchronized (document) {
            faults = document.faults(method, path, answer);
        }
        assertThat(faults).as("openapi.yaml against %s, answered with %s", call, answer).isEmpty();
        return answer;
    }

    private OpenApiDocument.Answer send(int server, String method, String path, String body, String... headers) {
        // not java.net.http, which refuses to send what is no URI
        var request = new BasicClassicHttpRequest(method, new HttpHost("localhost", server), path);
        for (String header : headers) {
            request.addHeader(header.split(": ", 2)[0], header.split(": ", 2)[1]);
        }
        if (body != null) {
            request.setEntity(new StringEntity(body, null, null, false));
        }
        try {
            return client.execute(new HttpHost("localhost", server), request, response -> {
                Map<String, String> received = new TreeMap<>();
                for (var header : response.getHeaders()) {
                    received.put(header.getName().toLowerCase(), header.getValue());
                }
                String text = response.getEntity() == null ? "" : EntityUtils.toString(response.getEntity());
                return new OpenApiDocument.Answer(response.getCode(), received, Objects.requireNonNullElse(text, ""));
            });
        } catch (IOException e) {
            throw new IllegalStateException(method + " " + path, e);
        }
    }

    /** Starts a process of the application and returns its HTTP port when it is ready. */
    private int start(Map<String, String> properties) {
        processes.add(ServiceProcess.startWithTestClasses("openapi-" + processes.size(), properties).awaitReady());
        return processes.get(processes.size() - 1).caller().port();
    }

    private int startGateway(String siblings) {
        Map<String, String> gateway = ServiceProcess.settings("gateway", settings);
        ServiceProcess.askAt(siblings, gateway);
        return start(gateway);
    }

    private long count(String sql) {
        return Long.parseLong(one(sql));
    }

    private String one(String sql) {
        return DatabaseClient.of(sandbox).text(sql);
    }
}
