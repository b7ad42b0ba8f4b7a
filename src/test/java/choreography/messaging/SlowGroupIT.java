package choreography.messaging;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Orders that are looked up slowly, while more of them come: a group would last as long as all its lookups. */
@ExtendWith(Servers.class)
class SlowGroupIT {

    private static final int LOOKUP_MS = 300;
    private static final int ORDERS = 24;

    @TempDir
    private Path data;

    @Test
    void shouldLockNoAccountForMoreThanOneSlowLookupAndDateNoDebitBeforeItsOrder() throws Exception {
        try (BrokerProcess broker = new BrokerProcess(data).start()
                .awaitStarted(); SlowOrders slow = new SlowOrders()) {
            Map<String, String> settings = ServiceProcess.settings("gateway,user,order,billing");
            settings.put("broker.url", broker.url());
            settings.put("order.url", slow.url());
            slow.passOnTo("http://localhost:" + settings.get("http.port"));
            try (ServiceProcess services = ServiceProcess.startWithArguments("slow-group", settings).awaitReady()) {
                Caller shop = services.caller();
                String user = shop.register();
                for (int i = 0; i < ORDERS; i++) {
                    assertThat(shop.post("/order", """
                            {"userId":"%s","lines":[{"sku":"STICKER-1","quantity":1}]}"""
                            .formatted(user)).status()).isEqualTo(201);
                }

                await().atMost(Duration.ofSeconds(60)).untilAsserted(() ->
                        assertThat(Rows.of("select order_id from billing_service.bill where user_id = ?", user))
                                .hasSize(ORDERS));
                assertThat(Rows.of("select distinct xmin::text from billing_service.bill where user_id = ?", user))
                        .hasSize(ORDERS);
                assertThat(Rows.of("""
                        select order_id, entered_at - created_at
                        from billing_service.entry join order_service.orders using (order_id)
                        where entry.user_id = ? and entered_at < created_at""", user)).isEmpty();
            }
        }
    }

    /** The order service, as it answers over a slow wire. */
    private static final class SlowOrders implements AutoCloseable {

        private static final HttpClient HTTP = HttpClient.newHttpClient();
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                100);
        private volatile String orders;

        SlowOrders() throws IOException {
            server.setExecutor(threads);
            server.createContext("/",
                    http -> CompletableFuture.delayedExecutor(LOOKUP_MS, TimeUnit.MILLISECONDS, threads)
                    .execute(() -> passOn(http)));
            server.start();
        }

        String url() {
            return "http://localhost:" + server.getAddress().getPort();
        }

        void passOnTo(String url) {
            orders = url;
        }

        private void passOn(HttpExchange http) {
            try (http) {
                byte[] answer = HTTP.send(HttpRequest.newBuilder(URI.create(orders + http.getRequestURI())).build(),
                        BodyHandlers.ofByteArray()).body();
                http.getResponseHeaders().set("Content-Type", "application/json");
                http.sendResponseHeaders(200, answer.length);
                http.getResponseBody().write(answer);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            server.stop(0);
            threads.shutdown();
        }
    }
}
