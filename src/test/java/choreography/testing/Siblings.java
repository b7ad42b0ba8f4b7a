package choreography.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/** The services that the tested one looks things up at: an HTTP server with canned answers; 404 where it has none. */
public final class Siblings implements AutoCloseable {

    private record Answer(int status, String body) { }

    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private volatile int ofAll;
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    public Siblings() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    public void answer(String path, String body) {
        answers.put(path, new Answer(200, body));
    }

    public void answer(String path, int status, String body) {
        answers.put(path, new Answer(status, body));
    }

    public void fail(String path, int status) {
        answers.put(path, new Answer(status, "{}"));
    }

    /** @param status of every answer from now on; 0: as before */
    public void answerAll(int status) {
        ofAll = status;
    }

    /** Every request since the last {@link #forgetCalls()}: method and URI. */
    public List<String> calls() {
        return List.copyOf(calls);
    }

    public void forgetCalls() {
        calls.clear();
    }

    private void handle(HttpExchange http) throws IOException {
        try (http) {
            calls.add(http.getRequestMethod() + " " + http.getRequestURI());
            Answer answer = answers.getOrDefault(http.getRequestURI().getPath(),
                    new Answer(404, "{\"title\":\"There is nothing here\"}"));
            if (ofAll > 0) {
                answer = new Answer(ofAll, "{}");
            }
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            http.getResponseHeaders().set("Content-Type", "application/json");
            http.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            http.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
