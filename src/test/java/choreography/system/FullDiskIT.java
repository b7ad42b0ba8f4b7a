package choreography.system;

import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

import choreography.catalogue.Topology;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** The broker's disk is full: who asks for something new is told so, and what was begun ends, also after a SIGTERM. */
@ExtendWith(Servers.class)
class FullDiskIT {

    private static final int CALLERS = 8;
    /** More than are billed before the process ends. */
    private static final int BEGUN = 200;

    @TempDir
    private static Path data;

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private String user;

    @Test
    void shouldEndInTimeAndLoseNothingWhenItIsToldToEnd() throws Exception {
        try (BrokerProcess broker = new BrokerProcess(data).start().awaitStarted()) {
            Map<String, String> settings = ServiceProcess.settings(Topology.ALL);
            settings.put("broker.url", broker.url());
            settings.put("billing.opening-credit", "1000000000");
            try (ServiceProcess first = ServiceProcess.startWithArguments("full-disk-first", settings).awaitReady()) {
                user = first.caller().register();
                beginOrders(first.caller(), broker);
                broker.kill();
                broker.start("minDiskFree=" + Long.MAX_VALUE, "diskScanPeriod=500").awaitStarted();
                await().atMost(Duration.ofSeconds(60)).until(first::isReady);
                await().atMost(Duration.ofSeconds(20)).until(() -> order(first.caller()).status() == 503);

                List<Thread> callers = together(() -> orderUntilItEnds(first.caller()));
                await().atMost(Duration.ofSeconds(20)).until(() -> refusals().size() > 2 * CALLERS);
                first.stop();

                assertThat(first.awaitEnd()).as(first.log()).isLessThan(Duration.ofSeconds(15));
                join(callers);
            }
            assertThat(failures).as("requests without an answer").isEmpty();
            assertThat(answers).extracting(Answer::status).isSubsetOf(201, 202, 503, 504);
            assertThat(refusals()).extracting(refused -> refused.field("type").replaceFirst(".*:", ""))
                    .contains("broker-unavailable", "stopping");
            try (ServiceProcess second = ServiceProcess.startWithArguments("full-disk-second", settings).awaitReady()) {
                await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(orders("CREATED")).isEmpty());
                assertThat(orders("PAYED")).hasSizeBetween(answers(201, 202), answers(201, 202, 504));
                assertThat(order(second.caller()).status()).isEqualTo(503);
            }
        }
    }

    /** Orders that wait to be billed. */
    private void beginOrders(Caller shop, BrokerProcess broker) throws Exception {
        try (BrokerClient client = new BrokerClient(broker.url())) {
            client.awaitQuiet();
            client.pause("BillingRequested"); // until the broker's end
            join(together(() -> IntStream.range(0, BEGUN / CALLERS).forEach(i -> order(shop))));
            assertThat(client.messageCounts()).containsEntry("BillingRequested", (long) BEGUN);
        }
    }

    private int answers(Integer... statuses) {
        return (int) answers.stream().filter(answer -> List.of(statuses).contains(answer.status())).count();
    }

    private List<Answer> refusals() {
        return answers.stream().filter(answer -> answer.status() == 503).toList();
    }

    private Answer order(Caller shop) {
        Answer answer = shop.post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1}]}".formatted(user));
        answers.add(answer);
        return answer;
    }

    private void orderUntilItEnds(Caller shop) {
        try {
            String refusal;
            do {
                refusal = order(shop).field("type");
            } while (!refusal.endsWith(":stopping"));
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof ConnectException)) {
                failures.add(e.getCause());
            }
        }
    }

    private static List<Thread> together(Runnable caller) {
        List<Thread> callers = IntStream.range(0, CALLERS).mapToObj(i -> new Thread(caller)).toList();
        callers.forEach(Thread::start);
        return callers;
    }

    private static void join(List<Thread> callers) throws InterruptedException {
        for (Thread caller : callers) {
            caller.join(40_000);
            assertThat(caller.isAlive()).isFalse();
        }
    }

    private List<String> orders(String status) {
        return Rows.of("select order_id from order_service.orders where user_id = ? and status = '%s'"
                .formatted(status), user);
    }
}
