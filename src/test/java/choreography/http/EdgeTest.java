package choreography.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import choreography.contract.Loopback;
import choreography.testing.TestedService;
import io.vertx.core.http.HttpMethod;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** What callers send besides documents: every answer is one that HTTP knows, and every error a problem. */
class EdgeTest {

    private static TestedService gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = TestedService.start("gateway", "gateway.reply-timeout-ms", "1");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    /** @return the whole answer */
    private static String send(String request, String address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, gateway.httpPort()));
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String send(String request) throws IOException {
        return send(request, "127.0.0.1");
    }

    private static String order(String headers) throws IOException {
        return send("POST /order HTTP/1.1\nHost: localhost\nConnection: close\nContent-Length: 2\n" + headers + "\n{}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "APPLICATION/JSON", "application/json ;charset=utf-8",
        "Application/Json;Charset=UTF-8", "application/json; charset=\"utf-8\"", "application/json\t;\tcharset=utf-8",
        "application/json; charset=\"u\\tf-8\"", "application/json; profile=\"a;b\"; charset=utf-8",
        "application/json;",
        "application/json;;charset=utf-8", "application/json; version=1"})
    void shouldReadEverySpellingOfTheMediaType(String type) throws IOException {
        assertThat(order("Content-Type: " + type + "\n")).startsWith("HTTP/1.1 400 ").contains("violations");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/json", "application/jsonx", "application/json charset=utf-8", "application/json; x",
        "application/json; charset=latin1", "application/json; charset=\"utf-16\"", "application/json, text/plain",
        "application/json; charset=utf-8; charset=latin1", "application/ json", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "application/json; charset=\"utf-8"})
    void shouldRefuseOtherTypes(String type) throws IOException {
        assertThat(order("Content-Type: " + type + "\n")).startsWith("HTTP/1.1 415 ").contains("problem+json");
        assertThat(order("Content-Type: application/json\nContent-Type: " + type + "\n"))
                .startsWith("HTTP/1.1 415 ");
    }

    @Test
    void shouldReadThousandsOfParametersWithoutEnd() throws IOException {
        assertThat(order("Content-Type: application/json" + ";".repeat(7000) + "\n")).startsWith("HTTP/1.1 400 ");
        assertThat(order("Content-Type: application/json;a=\"" + "\\a".repeat(3500) + "\"\n"))
                .startsWith("HTTP/1.1 415 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "GZIP", "br", "deflate", "identity, gzip"})
    void shouldSayThatNoContentCodingIsRead(String coding) throws IOException {
        assertThat(order("Content-Type: application/json\nContent-Encoding: " + coding + "\n"))
                .startsWith("HTTP/1.1 415 ").containsIgnoringCase("\naccept-encoding: identity");
        assertThat(order("Content-Type: application/json\nContent-Encoding: identity\nContent-Encoding: " + coding
                + "\n")).startsWith("HTTP/1.1 415 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "identity", "gzip"})
    void shouldSayThatNoTransferCodingIsReadButChunks(String coding) throws IOException {
        assertThat(send("POST /order HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: application/json\n"
                + "Transfer-Encoding: " + coding + "\n\n0\n\n")).startsWith("HTTP/1.1 501 ").contains("problem+json");
    }

    @ParameterizedTest
    @CsvSource({"/products, 503", "/openapi.json, 200", "/docs, 200", "/order, 405", "/nowhere, 404", "/, 302"})
    void shouldAnswerHeadAsGetWithoutBody(String path, int status) throws IOException {
        String head = send("HEAD " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n");
        assertThat(head).startsWith("HTTP/1.1 " + status + " ").endsWith("\r\n\r\n").containsOnlyOnce("\r\n\r\n");
        assertThat(send("GET " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"/order | POST, OPTIONS", "/register/ | POST, OPTIONS",
        "/products | GET, HEAD, OPTIONS", "/orders/6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11 | GET, HEAD, OPTIONS",
        "* | GET, HEAD, POST, OPTIONS"})
    void shouldSayWhatIsAllowed(String path, String methods) throws IOException {
        assertThat(send("OPTIONS " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
                .startsWith("HTTP/1.1 204 ").containsIgnoringCase("\r\nallow: " + methods + "\r\n");
        if (!path.equals("*")) {
            assertThat(send("DELETE " + path + " HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
                    .startsWith("HTTP/1.1 405 ").containsIgnoringCase("\r\nallow: " + methods + "\r\n");
        }
    }

    @Test
    void shouldNotAllowWhatIsNotThere() throws IOException {
        assertThat(send("OPTIONS /nowhere HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
                .startsWith("HTTP/1.1 404 ");
    }

    @Test
    void shouldLeadToTheDocs() throws IOException {
        assertThat(send("GET / HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
                .startsWith("HTTP/1.1 302 ").containsIgnoringCase("\r\nlocation: /docs\r\n");
    }

    static Stream<Arguments> unreadable() {
        String chunked = "POST /order HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"
                + "Transfer-Encoding: chunked\n";
        String sized = "POST /order HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: ";
        return Stream.of(
                arguments(414, "long path", "GET /" + "a".repeat(5000) + " HTTP/1.1\nHost: localhost\n\n"),
                arguments(431, "long header", "GET /docs HTTP/1.1\nHost: localhost\nX: " + "a".repeat(9000) + "\n\n"),
                arguments(400, "two hosts", "GET /docs HTTP/1.1\nHost: localhost\nHost: localhost\n\n"),
                arguments(400, "two others", "GET /docs HTTP/1.1\nHost: localhost\nHost: other\n\n"),
                arguments(400, "no host", "GET /docs HTTP/1.1\n\n"),
                arguments(400, "protocol in lower case", "GET /docs http/1.1\nHost: localhost\n\n"),
                arguments(400, "protocol, lower case, old", "GET /docs http/1.0\nHost: localhost\n\n"),
                arguments(400, "version with a zero", "GET /docs HTTP/1.01\nHost: localhost\n\n"),
                arguments(400, "protocol", "GET /docs HTP/1.1\nHost: localhost\n\n"),
                arguments(400, "HTTP/2", "GET /docs HTTP/2.0\nHost: localhost\n\n"),
                arguments(400, "no version", "GET /docs\n\n"),
                arguments(400, "TLS", "\u0016\u0003\u0001\u0002\n\n"),
                arguments(400, "query", "GET /docs?%zz HTTP/1.1\nHost: localhost\nConnection: close\n\n"),
                arguments(400, "header name", "GET /docs HTTP/1.1\nHost : localhost\n\n"),
                arguments(400, "header without a name", "GET /docs HTTP/1.1\nHost: localhost\n: a\n\n"),
                arguments(400, "header name with a bracket", "GET /docs HTTP/1.1\nHost: localhost\nX(: a\n\n"),
                arguments(400, "NUL", "GET /docs HTTP/1.1\nHost: localhost\nX: a\0b\n\n"),
                arguments(400, "chunk size", chunked + "\nzz\n{}\n0\n\n"),
                arguments(400, "chunk size, hexadecimal", chunked + "\n0x2\n{}\n0\n\n"),
                arguments(400, "chunk size, negative", chunked + "\n-2\n{}\n0\n\n"),
                arguments(400, "chunk size, beyond an int", chunked + "\n80000000\n{}\n0\n\n"),
                arguments(400, "chunk size, beyond a long", chunked + "\nFFFFFFFFFFFFFFFFF\n{}\n0\n\n"),
                arguments(400, "chunk size, none", chunked + "\n\n{}\n0\n\n"),
                arguments(400, "chunk without end", chunked + "\n2\n{}0\n\n"),
                arguments(400, "chunk with a long extension", chunked + "\n2;" + "x".repeat(9000) + "\n{}\n0\n\n"),
                arguments(400, "trailer", chunked + "\n2\n{}\n0\nbad trailer\n\n"),
                arguments(400, "chunks and length", chunked + "Content-Length: 2\n\n2\n{}\n0\n\n"),
                arguments(400, "length", sized + "x\n\n{}"),
                arguments(400, "length, signed", sized + "+2\n\n{}"),
                arguments(400, "length, too long", sized + "99999999999999999999\n\n{}"),
                arguments(400, "two lengths", sized + "2\nContent-Length: 3\n\n{}"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("unreadable")
    void shouldAnswerWhatCannotBeReadWithAProblem(int status, String what, String request) throws IOException {
        String answer = send(request);
        assertThat(answer.substring(0, Math.min(answer.length(), 1000)))
                .matches("(?s)HTTP/1.[01] " + status + " .*")
                .contains("\r\n\r\n{\"type\":\"urn:problem-type").contains("application/problem+json");
        assertThat(answer.split("\r\n\r\n")[0]).containsIgnoringCase("\r\ndate: ");
    }

    /** Who sends what cannot be read may mean something else by what follows. */
    @ParameterizedTest
    @CsvSource({"Host: localhost, 400", "Transfer-Encoding: gzip, 501", "'Transfer-Encoding: gzip, chunked', 501"})
    void shouldAnswerInTurnAndNothingBehindWhatItRefuses(String header, int status) throws IOException {
        String get = "GET /openapi.json HTTP/1.1\nHost: localhost\n";
        assertThat(Pattern.compile("HTTP/1\\.1 (\\d+) ").matcher(send(get + "\n" + get + header + "\n\n" + get + "\n"))
                .results().map(answer -> answer.group(1))).containsExactly("200", "" + status);
    }

    @Test
    void shouldReadALaterVersionOfHttpAsTheOneItKnows() throws IOException {
        assertThat(send("GET /docs HTTP/1.2\nHost: localhost\nConnection: close\n\n")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void shouldMeetNoExpectationThatItDoesNotKnow() throws IOException {
        assertThat(order("Content-Type: application/json\nExpect: 200-maybe\n")).startsWith("HTTP/1.1 417 ")
                .contains("problem+json");
        assertThat(order("Content-Type: application/json\nExpect: 100-Continue\n")).startsWith("HTTP/1.1 100 ")
                .contains("\nHTTP/1.1 400 ");
    }

    @Test
    void shouldSayTheDate() throws IOException {
        for (String line : List.of("GET /products", "GET /nowhere", "GET /openapi.json", "HEAD /docs", "OPTIONS /order",
                "DELETE /order")) {
            assertThat(send(line + " HTTP/1.1\nHost: localhost\nConnection: close\n\n").split("\r\n\r\n")[0])
                    .containsPattern("(?i)\r\ndate: \\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
        }
    }

    /** A request looks at the paths that there are when it comes; it may be looked at when the service has started. */
    @Test
    void shouldNotCallAPathUnknownThatCameLaterThanTheRequest() throws IOException {
        VertxPlatformHttpRouter paths =
                gateway.camel().getRegistry().findByType(VertxPlatformHttpRouter.class).iterator().next();
        paths.route("/late").handler(http -> {
            paths.route(HttpMethod.GET, "/late").handler(found -> found.end("there"));
            http.next();
        });

        assertThat(send("GET /late HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
                .startsWith("HTTP/1.1 503 ").contains("The service is starting");
    }

    @Test
    void shouldTakeNoHeaderFromTheQuery() throws IOException {
        String answer = send("POST /order?Idempotency-Key=q1&Content-Type=x HTTP/1.1\nHost: localhost\n"
                + "Connection: close\nContent-Type: application/json\nContent-Length: 89\n\n"
                + "{\"userId\":\"6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11\","
                + "\"lines\":[{\"sku\":\"BOOK-1\",\"quantity\":1}]}");
        assertThat(answer).startsWith("HTTP/1.1 202 ").doesNotContain("q1");
    }

    @Test
    void shouldListenOnBothLoopbacks() throws IOException {
        for (String address : Loopback.addresses("localhost")) {
            assertThat(send("GET /docs HTTP/1.1\nHost: localhost\nConnection: close\n\n", address))
                    .startsWith("HTTP/1.1 200 ");
        }
        assertThat(Loopback.addresses("localhost")).startsWith("127.0.0.1");
        assertThat(Loopback.addresses("192.0.2.1")).containsExactly("192.0.2.1");
    }
}
