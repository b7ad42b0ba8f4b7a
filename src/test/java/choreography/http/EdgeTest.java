package choreography.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

import choreography.testing.TestedService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

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
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "identity", "gzip"})
    void shouldSayThatNoTransferCodingIsReadButChunks(String coding) throws IOException {
        assertThat(send("POST /order HTTP/1.1\nHost: localhost\nConnection: close\nContent-Type: application/json\n"
                + "Transfer-Encoding: " + coding + "\n\n0\n\n")).startsWith("HTTP/1.1 501 ").contains("problem+json");
    }

    @ParameterizedTest
    @CsvSource({"/products, 404", "/openapi.json, 200", "/docs, 200", "/order, 405", "/nowhere, 404", "/, 302"})
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

    @Test
    void shouldAnswerWhatCannotBeReadWithAProblem() throws IOException {
        for (String[] statusAndRequest : new String[][] {
            {"414", "GET /" + "a".repeat(5000) + " HTTP/1.1\nHost: localhost\n\n"},
            {"431", "GET /products HTTP/1.1\nHost: localhost\nX: " + "a".repeat(9000) + "\n\n"},
            {"400", "GET /products HTTP/1.1\nHost: localhost\nHost: localhost\nConnection: close\n\n"},
            {"400", "GET /products HTTP/1.1\nHost: localhost\nHost: other\nConnection: close\n\n"},
            {"400", "GET /products HTTP/1.1\nConnection: close\n\n"},
            {"400", "GET /products HTP/1.1\nHost: localhost\n\n"},
            {"400", "GET /products?%zz HTTP/1.1\nHost: localhost\nConnection: close\n\n"},
            {"400", "POST /order HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"
                    + "Transfer-Encoding: chunked\n\n"
                    + "zz\n{}\n0\n\n"},
            {"400", "POST /order HTTP/1.1\nHost: localhost\nContent-Type: application/json\n"
                    + "Content-Length: x\n\n{}"}}) {
            String answer = send(statusAndRequest[1]);
            assertThat(answer.substring(0, Math.min(answer.length(), 1000)))
                    .matches("(?s)HTTP/1.[01] " + statusAndRequest[0] + " .*")
                    .contains("\r\n\r\n{\"type\":\"urn:problem-type").contains("application/problem+json");
            assertThat(answer.split("\r\n\r\n")[0]).containsIgnoringCase("\r\ndate: ");
        }
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
