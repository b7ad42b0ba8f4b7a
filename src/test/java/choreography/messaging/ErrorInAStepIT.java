package choreography.messaging;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import choreography.catalogue.Topology;
import choreography.contract.Services;
import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import jakarta.jms.Message;
import jakarta.jms.Session;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** An Error fails its own message only, for once: what the same consumer gets next is done on another thread. */
@ExtendWith(Servers.class)
class ErrorInAStepIT {

    /**
     * Every third event of the user, order and billing services meets an Error while it is published. So does each that
     * comes after it on the same thread: what that does is no longer to be trusted.
     */
    public static class Fault extends CloudEvents {

        private static final AtomicInteger EVENTS = new AtomicInteger();
        private static final Set<Thread> DAMAGED = ConcurrentHashMap.newKeySet();

        @Override
        public void onMessageCreated(Message message, Session session, Exchange exchange, Throwable cause) {
            String service = Services.of(exchange.getFromRouteId());
            boolean struck = List.of("user", "order", "billing").contains(service)
                    && EVENTS.incrementAndGet() % 3 == 1;
            if (struck || DAMAGED.contains(Thread.currentThread())) {
                DAMAGED.add(Thread.currentThread());
                throw new StackOverflowError("as the test wants it");
            }
            super.onMessageCreated(message, session, exchange, cause);
        }
    }

    @Test
    void shouldDoEachStepOfEveryMessageAllTheSame(@TempDir Path data) throws Exception {
        try (BrokerProcess broker = new BrokerProcess(data).start().awaitStarted()) {
            Map<String, String> settings = ServiceProcess.settings(Topology.ALL);
            settings.put("broker.url", broker.url());
            settings.put("camel.component.jms.message-created-strategy", "#class:" + Fault.class.getName());
            try (ServiceProcess services = ServiceProcess.startWithTestClasses("error-in-a-step", settings)
                    .awaitReady()) {
                Caller shop = services.caller();
                List<String> users = IntStream.range(0, 6).mapToObj(i -> shop.register()).toList();
                List<String> orders = users.stream().map(user -> shop.post("/order",
                        "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}".formatted(user))
                                .field("orderId")).toList();

                await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> orders.forEach(order ->
                        assertThat(shop.get("/orders/" + order).field("status")).isEqualTo("PAYED")));
            }
        }
    }
}
