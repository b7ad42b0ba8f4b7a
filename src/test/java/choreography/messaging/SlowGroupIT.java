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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import choreography.testing.BrokerClient;
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

/** Orders that are looked up slowly, all of a sudden: a group of them would last as long as all its lookups. */
@ExtendWith(Servers.class)
class SlowGroupIT {

    private static final int LOOKUP_MS = 300;
    private static final int GROUP = 16;
    /** Of the first lookups: a group begins with one of them. */
    private static final int QUICK = 8;
    private static final int ORDERS = 32;

    @TempDir
    private Path data;

    @Test
    void shouldLockNoAccountForMoreThanOneSlowLookupAndTakeFewerThen() throws Exception {
        try (BrokerProcess process = new BrokerProcess(data).start().awaitStarted();
             BrokerClient broker = new BrokerClient(process.url()); SlowOrders slow = new SlowOrders()) {
            Map<String, String> settings = ServiceProcess.settings("gateway,user,order,billing");
            settings.put("broker.url", process.url());
            settings.put("order.url", slow.url());
            slow.passOnTo("http://localhost:" + settings.get("http.port"));
            try (ServiceProcess services = ServiceProcess.startWithArguments("slow-group", settings).awaitReady()) {
                Caller shop = services.caller();
                order(shop, shop.register(), ORDERS); // to warm up: groups are as large as the pace allows
                // on a busy machine what was there may seem to have been waited for: then all came alone
                await().atMost(Duration.ofMinutes(3)).until(() -> tookSlowGroup(shop, broker, slow));
            }
        }
    }

    /** Orders a group, which must be as it should, and says whether it was one. */
    private static boolean tookSlowGroup(Caller shop, BrokerClient broker, SlowOrders slow) throws Exception {
        String user = shop.register();
        slow.becomeSlowAfter(Integer.MAX_VALUE);
        broker.pause("BillingRequested");
        order(shop, user, ORDERS);
        slow.becomeSlowAfter(QUICK);
        broker.resume("BillingRequested");

        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(Rows.of(
                "select order_id from order_service.orders where status = 'PAYED' and user_id = ?", user))
                .hasSize(ORDERS));
        assertThat(Rows.of("""
                select bill.xmin::text from billing_service.bill join billing_service.entry using (order_id)
                where bill.user_id = ? order by entered_at""", user).subList(QUICK, ORDERS)).doesNotHaveDuplicates();
        assertThat(Rows.of("""
                select order_id, entered_at - created_at
                from billing_service.entry join order_service.orders using (order_id)
                where entry.user_id = ? and entered_at < created_at""", user)).isEmpty();
        // the first of a group is told with its last; then fewer are taken
        List<Integer> waits = Rows.of("""
                select extract(milliseconds from (history->-1->>'at')::timestamptz - entered_at)::int
                from billing_service.entry join order_service.orders using (order_id)
                where entry.user_id = ? order by entered_at""", user).stream().map(Integer::parseInt).toList();
        assertThat(waits.subList(QUICK + GROUP, ORDERS)).allMatch(wait -> wait < 4 * LOOKUP_MS);
        return waits.stream().anyMatch(wait -> wait > 2 * LOOKUP_MS);
    }

    private static void order(Caller shop, String user, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(shop.post("/order", """
                    {"userId":"%s","lines":[{"sku":"STICKER-1","quantity":1}]}""".formatted(user)).status())
                    .isEqualTo(201);
        }
    }

    /** The order service, as it answers over a wire that becomes slow. */
    private static final class SlowOrders implements AutoCloseable {

        private static final HttpClient HTTP = HttpClient.newHttpClient();
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                100);
        private final AtomicInteger quickAnswers = new AtomicInteger(Integer.MAX_VALUE);
        private volatile String orders;

        SlowOrders() throws IOException {
            server.setExecutor(threads);
            server.createContext("/",
                    http -> CompletableFuture.delayedExecutor(quickAnswers.getAndDecrement() > 0 ? 0 : LOOKUP_MS,
                    TimeUnit.MILLISECONDS, threads).execute(() -> passOn(http)));
            server.start();
        }

        String url() {
            return "http://localhost:" + server.getAddress().getPort();
        }

        void becomeSlowAfter(int answers) {
            quickAnswers.set(answers);
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
