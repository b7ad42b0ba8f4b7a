package choreography.messaging;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import choreography.testing.TestedService;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The services that others look things up at. They answer a probe, and about who is known; they fail at some ids, or
 * at all of a kind: then they are away.
 */
final class FailingSiblings implements AutoCloseable {

    /** In place of a status: the request is never answered. */
    static final int NOTHING = 0;

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> failing = new ConcurrentHashMap<>();
    private final Set<String> away = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    FailingSiblings() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void know(String id) {
        known.add(id);
    }

    /** @param status 500, 503 or {@link #NOTHING} */
    void failAt(String id, int status) {
        failing.put(id, status);
    }

    void failAtNone() {
        failing.clear();
    }

    /** @param kind users, orders */
    void setAway(String kind, boolean isAway) {
        if (isAway) {
            away.add(kind);
        } else {
            away.remove(kind);
        }
    }

    /** @param what a kind, or an id. How often it was asked for that, probes included */
    int calls(String what) {
        return calls.getOrDefault(what, 0);
    }

    private void answer(HttpExchange http) throws IOException {
        String path = http.getRequestURI().getPath();
        String kind = path.split("/")[1];
        String id = path.split("/")[2];
        calls.merge(kind, 1, Integer::sum);
        calls.merge(id, 1, Integer::sum);
        int status = failing.getOrDefault(id, away.contains(kind) ? 503 : known.contains(id) ? 200 : 404);
        if (status == NOTHING) {
            return;
        }
        byte[] body = (status == 200 ? document(kind, id) : TestedService.noSuch(path, id)).getBytes(UTF_8);
        http.getResponseHeaders().set("Content-Type", "application/json");
        http.sendResponseHeaders(status, body.length);
        http.getResponseBody().write(body);
        http.close();
    }

    private static String document(String kind, String id) {
        return kind.equals("users") ? """
                {"userId":"%1$s","name":"Ada Lovelace","email":"%1$s@example.com",
                 "createdAt":"2026-11-22T10:00:00.000Z"}""".formatted(id) : """
                {"orderId":"%1$s","userId":"%1$s","status":"PAYED","currency":"EUR","total":300,
                 "customer":{"name":"Ada Lovelace","email":"%1$s@example.com"},
                 "lines":[{"sku":"STICKER-1","name":"Sheet of stickers","quantity":1,"unitPrice":300,"amount":300}],
                 "history":[{"status":"CREATED","at":"2026-11-22T10:00:00.000Z"}]}""".formatted(id);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
