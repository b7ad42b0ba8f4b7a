package choreography.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

import choreography.testing.RouteTest;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A sibling that points elsewhere is not followed: else whoever answers would choose who is asked. */
class RedirectTest extends RouteTest {

    private static final AtomicInteger FOLLOWED = new AtomicInteger();
    private static final HttpServer SIBLING = sibling();

    RedirectTest() {
        super("billing", "user.url", "http://localhost:" + SIBLING.getAddress().getPort());
    }

    private static HttpServer sibling() {
        try {
            HttpServer sibling = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
            sibling.createContext("/users", http -> {
                http.getResponseHeaders().set("Location", "/elsewhere");
                http.sendResponseHeaders(307, -1);
                http.close();
            });
            sibling.createContext("/elsewhere", http -> {
                FOLLOWED.incrementAndGet();
                http.sendResponseHeaders(200, -1);
                http.close();
            });
            sibling.start();
            return sibling;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    static void stop() {
        SIBLING.stop(0);
    }

    @Test
    void shouldNotFollowALookupsAnswerElsewhere() throws Exception {
        context.start();

        assertThatThrownBy(() -> consume("billing-open-account", "{\"userId\":\"%s\"}".formatted(EVENT)))
                .hasStackTraceContaining("307");
        assertThat(FOLLOWED).hasValue(0);
    }
}
