package choreography.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.TestedService;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Who sends slowly, or nothing, holds nobody up and is let go; who waits for an outcome is not. */
class SlowClientsIT {

    private static final String HALF = "POST /order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 60000\r\n\r\n{\"userId\":";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final List<Socket> sockets = new ArrayList<>();
    private final int management = FreePorts.one();
    private TestedService gateway;

    @BeforeEach
    void start() throws Exception {
        gateway = TestedService.start("gateway", "gateway.reply-timeout-ms", "30000",
                "camel.management.enabled", "true", "management.port", Integer.toString(management));
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        gateway.close();
    }

    private int api() {
        return gateway.camel().getRegistry().findByTypeWithName(VertxPlatformHttpRouter.class)
                .get("platform-http-router-0").getServer().getPort();
    }

    private Socket connect(String first) throws IOException {
        return connect(api(), first);
    }

    private Socket connect(int port, String first) throws IOException {
        Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), port);
        socket.setSoTimeout(20);
        sockets.add(socket);
        socket.getOutputStream().write(first.getBytes(ISO_8859_1));
        return socket;
    }

    /** Sends one more byte, if the connection is still there. @return what came before the end, or null: no end yet */
    private static String drip(Socket socket) {
        try {
            socket.getOutputStream().write(' ');
        } catch (IOException closed) {
            return "";
        }
        return end(socket);
    }

    private static String end(Socket socket) {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketTimeoutException open) {
            return null;
        } catch (IOException closed) {
            return "";
        }
    }

    @Test
    void shouldLetGoWhoNeverSendsAWholeRequest() throws Exception {
        List<Socket> silent = List.of(connect(HALF), connect("GET /docs HTTP/1.1\r\nHo"), connect(""),
                connect("GET /openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\nGET /do"),
                connect(management, ""), connect(management, "GET /observe/health HTTP/1.1\r\nHo"),
                connect(management, HALF));
        List<Socket> dripping = List.of(connect(HALF), connect("GET /docs HTTP/1.1\r\nX: "), connect("GET /"),
                connect(management, HALF), connect(management, "GET /"));
        Socket halfBody = connect(HALF);
        halfBody.setSoTimeout(30_000);
        await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() ->
                dripping.stream().map(SlowClientsIT::drip).allMatch(end -> end != null));
        await().atMost(LIMIT).until(() -> silent.stream().map(SlowClientsIT::end).allMatch(end -> end != null));
        assertThat(end(halfBody)).startsWith("HTTP/1.1 408 ").contains("application/problem+json");
    }

    @Test
    void shouldServeOthersHoweverManyAreSlow() throws Exception {
        Map<Integer, String> served = Map.of(api(), "/docs", management, "/observe/health/live");
        for (Map.Entry<Integer, String> portAndPath : served.entrySet()) {
            List<Socket> slow = new ArrayList<>();
            for (int i = 0; i < Connections.MOST + 200; i++) {
                slow.add(connect(portAndPath.getKey(), HALF));
                slow.get(i).setSoTimeout(1); // to count them before they are all let go because they are late
            }
            assertThat(new Caller(portAndPath.getKey()).get(portAndPath.getValue()).status()).isEqualTo(200);
            long open = slow.stream().filter(socket -> end(socket) == null).count();
            assertThat(open).as(portAndPath.getValue()).isLessThanOrEqualTo(Connections.MOST);
        }
    }

    @Test
    void shouldNotCutOffWhoWaitsForAnOutcome() throws Exception {
        String order = "{\"userId\":\"6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11\",\"lines\":[{\"sku\":\"BOOK-1\","
                + "\"quantity\":1}]}";
        Socket waiting = connect("POST /order HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + order.length() + "\r\n\r\n" + order);
        waiting.setSoTimeout(60_000);
        assertThat(end(waiting)).startsWith("HTTP/1.1 202 ");
    }
}
