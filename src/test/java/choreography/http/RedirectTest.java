package choreography.http;

import java.net.InetAddress;
import java.net.InetSocketAddress;

import choreography.testing.TestedService;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A sibling that points elsewhere is not followed: else whoever answers would choose who is asked. */
class RedirectTest {

    @Test
    void shouldNotFollowALookupsAnswerElsewhere() throws Exception {
        HttpServer sibling = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        try (TestedService billing = TestedService.start("billing",
                "user.url", "http://localhost:" + sibling.getAddress().getPort())) {
            sibling.createContext("/", http -> {
                http.getResponseHeaders().set("Location", billing.siblings.url() + http.getRequestURI());
                http.sendResponseHeaders(307, -1);
                http.close();
            });
            sibling.start();

            assertThatThrownBy(() -> billing.consume("UserCreated", TestedService.newId(), """
                    {"userId":"%s"}""".formatted(TestedService.FLOW))).hasStackTraceContaining("307");
            assertThat(billing.siblings.calls()).isEmpty();
        } finally {
            sibling.stop(0);
        }
    }
}
