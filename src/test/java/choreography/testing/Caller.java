package choreography.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Calls a service over HTTP. */
public final class Caller {

    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final int port;

    public Caller(int port) {
        this.port = port;
    }

    public int port() {
        return port;
    }

    /** Registers somebody whom nobody else is. @return the user's id */
    public String register() {
        Answer answer = post("/register", """
                {"name":"Ada Lovelace","email":"%s@example.com"}""".formatted(UUID.randomUUID()));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return answer.field("userId");
    }

    /** A call with JSON in its body. */
    public Answer post(String path, String json, String... headersAndValues) {
        return postLater(path, json, headersAndValues).join();
    }

    public CompletableFuture<Answer> postLater(String path, String json, String... headersAndValues) {
        return call(request(path).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json)), headersAndValues);
    }

    public Answer get(String path) {
        return call(request(path).GET()).join();
    }

    /** @param contentType null: none */
    public Answer call(String method, String path, String contentType, byte[] body, String... headersAndValues) {
        HttpRequest.Builder request = request(path).method(method, BodyPublishers.ofByteArray(body));
        if (contentType != null) {
            request.header("Content-Type", contentType);
        }
        return call(request, headersAndValues).join();
    }

    /**
     * Sends what no HTTP client would. The lines are to end with CRLF; returns all that the server says before it
     * hangs up.
     */
    public String callWithBytes(String lines) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(lines.getBytes(ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).timeout(Duration.ofSeconds(30));
    }

    private static CompletableFuture<Answer> call(HttpRequest.Builder request, String... headersAndValues) {
        if (headersAndValues.length > 0) {
            request.headers(headersAndValues);
        }
        return HTTP.sendAsync(request.build(), BodyHandlers.ofString())
                .thenApply(response -> new Answer(response.statusCode(), response.headers(), response.body()));
    }
}
