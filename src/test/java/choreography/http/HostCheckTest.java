package choreography.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;

import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.Loopbacks;
import choreography.testing.TestedService;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.main.HttpManagementServerConfigurationProperties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Who may call a server by which name, and what health shows to whom. */
class HostCheckTest {

    private static TestedService gateway;
    private static Caller api;
    private static Caller management;

    @BeforeAll
    static void start() throws Exception {
        int port = FreePorts.one();
        gateway = TestedService.start("gateway", "camel.management.enabled", "true", "management.port",
                Integer.toString(port));
        management = new Caller(port);
        api = new Caller(gateway.camel().getRegistry().findByTypeWithName(VertxPlatformHttpRouter.class)
                .get("platform-http-router-0").getServer().getPort());
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    static Stream<String> strangers() {
        return Stream.of("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example:80",
                "0.0.0.0", "192.168.0.1", "");
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void shouldAnswerNobodyWhoCallsALoopbackServerByAnotherName(String host) throws IOException {
        for (String path : List.of("GET /products", "GET /nothing", "GET /docs", "GET /openapi.yaml", "POST /order",
                "DELETE /order")) {
            assertMisdirected(api.callWithBytes(request(path, host)));
        }
        for (String path : List.of("GET /observe/health", "GET /observe/health/live", "GET /observe/metrics", "GET /",
                "POST /observe/health")) {
            assertMisdirected(management.callWithBytes(request(path, host)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.example", "HTTP://evil.example:80", "http://localhost@evil.example", "ftp://x",
            "http://localhost.evil.example:8080", "http://"})
    void shouldBelieveTheHostInTheRequestLine(String host) throws IOException {
        assertMisdirected(api.callWithBytes(request("GET " + host + "/docs", "localhost")));
        assertMisdirected(management.callWithBytes(request("GET " + host + "/observe/health/live", "localhost")));
        for (String own : List.of("http://localhost", "http://LOCALHOST:1", "http://127.0.0.1:80", "http://[::1]:80")) {
            assertThat(api.callWithBytes(request("GET " + own + "/docs", "localhost"))).startsWith("HTTP/1.1 200 ");
        }
    }

    /** Whoever can reach it can ask it anything, but fills no log with it. */
    @ParameterizedTest
    @CsvSource({"GET /observe/health/%zz, 400", "GET /nothing, 404", "POST /observe/health, 405", "GET nothing, 404",
        "CONNECT localhost:80, 404", "GARBAGE, 400"})
    void shouldAnswerAtTheManagementPortWithProblemsToo(String request, int status) throws IOException {
        String answer = management.callWithBytes(request(request, "localhost"));

        assertThat(answer).matches("(?s)HTTP/1.[01] " + status + " .*").contains("application/problem+json")
                .containsPattern("(?i)\r\ndate: ");
        if (status == 405) {
            assertThat(answer).containsIgnoringCase("\r\nallow: GET");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example:localhost", "user@localhost", "{{http.host}}", "localhost evil.example"})
    void shouldNotReadANameThatIsNone(String host) throws IOException {
        assertThat(api.callWithBytes(request("GET /openapi.yaml", host))).startsWith("HTTP/1.1 400 ");
        assertThat(management.callWithBytes(request("GET /observe/health", host))).startsWith("HTTP/1.1 400 ");
    }

    private static void assertMisdirected(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 421 ").containsIgnoringCase("content-type: application/problem+json")
                .contains("urn:problem-type:choreography:misdirected-request");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "localhost:8080", "LocalHost:1", "localhost.", "127.0.0.1", "127.0.0.1:65535",
            "[::1]", "[::1]:80"})
    void shouldAnswerWhoCallsItByItsName(String host) throws IOException {
        assertThat(api.callWithBytes(request("GET /openapi.yaml", host))).startsWith("HTTP/1.1 200 ");
        assertThat(management.callWithBytes(request("GET /observe/health/live", host))).startsWith("HTTP/1.1 200 ");
        assertThat(management.callWithBytes(request("GET /observe/metrics", host))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void shouldListenWhateverLocalhostIs() throws Exception {
        for (InetAddress address : Loopbacks.all()) {
            assertThat(status(Loopbacks.url(address, api.port(), "/openapi.yaml"))).isEqualTo(200);
            assertThat(status(Loopbacks.url(address, management.port(), "/observe/health/live"))).isEqualTo(200);
        }
    }

    private static int status(String url) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(url)).build(),
                HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/observe/health/live", "/observe/metrics"})
    void shouldKnowHeadAndOptionsAtTheManagementPort(String path) throws IOException {
        assertThat(management.callWithBytes(request("HEAD " + path, "localhost"))).startsWith("HTTP/1.1 200 ")
                .endsWith("\r\n\r\n");
        assertThat(management.callWithBytes(request("OPTIONS " + path, "localhost"))).startsWith("HTTP/1.1 204 ")
                .containsIgnoringCase("\r\nallow: GET, HEAD, OPTIONS\r\n");
    }

    @Test
    void shouldAnswerWhoNamesNoHost() throws IOException {
        assertThat(api.callWithBytes("GET /openapi.yaml HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.0 200 ");
    }

    @Test
    void shouldNotCheckTheNameBeyondLoopback() {
        VertxPlatformHttpServerConfiguration server = new VertxPlatformHttpServerConfiguration();
        server.setBindHost("192.0.2.1");

        HostCheck.guard(server);

        assertThat(server.getAuthenticationConfig().isEnabled()).isFalse();
    }

    @Test
    void shouldShowDetailsOfHealthOnDemandOnly() {
        assertThat(management.get("/observe/health/live").body()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(management.get("/observe/health").body()).isEqualTo("{\"status\":\"DOWN\"}");
        assertThat(management.get("/observe/health/ready").body()).isEqualTo("{\"status\":\"DOWN\"}");
        assertThat(management.get("/observe/health/ready?exposureLevel=full&data=true").body()).contains("\"checks\"");
    }

    @Test
    void shouldShowNoDetailsOfHealthBeyondLoopback() throws Exception {
        var properties = new HttpManagementServerConfigurationProperties(null);
        properties.setHost("192.0.2.1");
        Vertx vertx = Vertx.vertx();
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            var server = (ManagementHttpServer) new HttpServerFactory().newHttpManagementServer(camel, properties);
            Router router = Router.router(vertx);
            server.getConfiguration().getAuthenticationConfig().getEntries().forEach(entry ->
                    router.route(entry.getPath()).handler(entry.createAuthenticationHandler(vertx)));
            router.route("/observe/health")
                    .handler(http -> http.end("asked for " + http.request().getParam("exposureLevel")));
            int port = vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").toCompletionStage()
                    .toCompletableFuture().get()
                    .actualPort();

            assertThat(new Caller(port).get("/observe/health?exposureLevel=full&data=true&stackTrace=true").body())
                    .isEqualTo("asked for null");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get();
        }
    }

    private static String request(String methodAndPath, String host) {
        return methodAndPath + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
    }
}
