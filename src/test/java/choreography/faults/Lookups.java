package choreography.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/** Stands before the replicas of a service as a load balancer does, and fails when told to. */
final class Lookups implements AutoCloseable {

    enum Mode {
        PASS,
        /** Answers after 3 s: late, but before the caller gives up. */
        SLOW,
        /** Answers after 6 s, when the caller has given up. */
        TOO_LATE,
        /** Answers 500. */
        ERROR,
        /** Never answers. */
        HANG,
        /** Closes the connection instead of answering. */
        HANG_UP
    }

    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Queue<HttpExchange> hanging = new ConcurrentLinkedQueue<>();
    private final AtomicInteger next = new AtomicInteger();
    private volatile List<URI> replicas = List.of();
    private final Map<String, Integer> failed = new ConcurrentHashMap<>();
    private volatile Mode mode = Mode.PASS;

    Lookups() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    void setReplicas(List<URI> urls) {
        replicas = urls;
    }

    /** How often each path was looked up by a step, while it failed, since it last began to. */
    Map<String, Integer> failed() {
        return failed;
    }

    void set(Mode newMode) {
        if (newMode != Mode.PASS) {
            failed.clear();
        }
        mode = newMode;
        if (newMode != Mode.HANG) {
            for (HttpExchange exchange = hanging.poll(); exchange != null; exchange = hanging.poll()) {
                exchange.close();
            }
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (mode != Mode.PASS && path.endsWith("/")) { // a step; a gateway that reads for a caller asks without it
            failed.merge(path, 1, Integer::sum);
        }
        switch (mode) {
            case PASS -> passOn(exchange, replicas.size());
            case SLOW -> passOnLater(exchange, 3000);
            case TOO_LATE -> passOnLater(exchange, 6000);
            case ERROR -> answer(exchange, 500, new byte[0], null);
            case HANG -> hanging.add(exchange);
            case HANG_UP -> exchange.close();
        }
    }

    private void passOnLater(HttpExchange exchange, long ms) {
        CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS, threads)
                .execute(() -> passOn(exchange, replicas.size()));
    }

    /** Asks a replica, and another one if that is not there. */
    private void passOn(HttpExchange exchange, int tries) {
        URI replica = replicas.get(Math.floorMod(next.getAndIncrement(), replicas.size()));
        HttpRequest request = HttpRequest.newBuilder(replica.resolve(exchange.getRequestURI()))
                .timeout(Duration.ofSeconds(10)).build();
        CompletableFuture<HttpResponse<byte[]>> response = HTTP.sendAsync(request, BodyHandlers.ofByteArray());
        response.whenCompleteAsync((answer, failure) -> {
            try {
                if (failure == null) {
                    answer(exchange, answer.statusCode(), answer.body(), answer.headers().firstValue("Content-Type")
                            .orElse(null));
                } else if (tries > 1) {
                    passOn(exchange, tries - 1);
                } else {
                    answer(exchange, 503, new byte[0], null);
                }
            } catch (IOException callerIsGone) {
                exchange.close();
            }
        }, threads);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body, String contentType) throws IOException {
        try (exchange) {
            if (contentType != null) {
                exchange.getResponseHeaders().set("Content-Type", contentType);
            }
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        set(Mode.PASS);
        server.stop(0);
        threads.shutdownNow();
    }
}
