package choreography.gateway;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** A gateway at which as many wait as may, while nobody makes orders, and one that dies while callers wait. */
@ExtendWith(Servers.class)
class GatewayStressIT {

    private static final int MOST_WAITING = 500;
    private static final int TOO_MANY = 20;
    private static final Duration DEADLINE = Duration.ofSeconds(5);
    /**
     * What 500 requests may leave behind once threads, sessions and connections are there; what they hold while they
     * wait is several times that.
     */
    private static final long FLAT_BYTES = 3_000_000;

    @TempDir
    private static Path data;
    private static BrokerProcess brokerProcess;
    private static ServiceProcess gateway;
    private static ServiceProcess otherGateway;
    private static Map<String, String> orders;

    @BeforeAll
    static void startGateways() throws Exception {
        brokerProcess = new BrokerProcess(data).start();
        Map<String, String> settings = ServiceProcess.settings("gateway,user");
        Map<String, String> otherSettings = ServiceProcess.settings("gateway");
        orders = ServiceProcess.settings("order,billing");
        for (Map<String, String> each : List.of(settings, otherSettings, orders)) {
            each.put("broker.url", brokerProcess.url());
            each.put("user.url", "http://localhost:" + settings.get("http.port"));
            each.put("order.url", "http://localhost:" + orders.get("http.port"));
            each.put("billing.url", "http://localhost:" + orders.get("http.port"));
            each.put("gateway.reply-timeout-ms", Long.toString(DEADLINE.toMillis()));
            each.put("billing.opening-credit", "100000000");
        }
        gateway = ServiceProcess.startWithArguments("stress-gateway", settings);
        otherGateway = ServiceProcess.startWithArguments("stress-other-gateway", otherSettings);
        brokerProcess.awaitStarted();
        gateway.awaitReady();
        otherGateway.awaitReady();
    }

    @AfterAll
    static void stopAll() {
        gateway.stop();
        otherGateway.close();
        gateway.close();
        brokerProcess.close();
    }

    @Test
    void shouldStayAwakeWhileAsManyWaitAsMayAndKeepTheirOrders() throws Exception {
        List<String> users = IntStream.range(0, 10).mapToObj(i -> gateway.caller().register()).toList();
        Map<String, Double> idle = medians(users.get(0));
        List<String> accepted = new ArrayList<>();
        List<Long> memory = new ArrayList<>();
        for (int wave = 0; wave < 3; wave++) {
            accepted.addAll(placeOrdersThatNobodyMakes(users, idle));
            memory.add(gateway.liveBytes());
        }
        System.out.println("Gateway under stress: live bytes after each wave " + memory);
        assertThat(memory.get(2) - memory.get(1)).as("growth by the last of the waves %s", memory)
                .isLessThan(FLAT_BYTES);

        try (ServiceProcess late = ServiceProcess.startWithArguments("stress-orders", orders)) {
            late.awaitReady();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> ofUsers("select order_id from order_service.orders where status = 'PAYED'", users)
                    .size() == accepted.size());
            assertThat(ofUsers("select order_id from order_service.orders where true", users))
                    .containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(ofUsers("select order_id from billing_service.bill where verdict = 'PAYED'", users))
                    .containsExactlyInAnyOrderElementsOf(accepted);
            assertThat(ofUsers("select order_id from billing_service.entry where order_id is not null", users))
                    .containsExactlyInAnyOrderElementsOf(accepted);
        }
    }

    /** @return the orders that were accepted */
    private static List<String> placeOrdersThatNobodyMakes(List<String> users, Map<String, Double> idle) {
        Instant begin = Instant.now();
        List<CompletableFuture<Answer>> answers = IntStream.range(0, MOST_WAITING + TOO_MANY)
                .mapToObj(i -> gateway.caller().postLater("/order", order(users.get(i % users.size())))).toList();
        await("some find that all places are taken").atMost(DEADLINE).pollInterval(Duration.ofMillis(10))
                .until(() -> answers.stream().filter(CompletableFuture::isDone).count() == TOO_MANY);

        Map<String, Double> busy = medians(users.get(0));
        assertThat(answers).as("still waiting").filteredOn(answer -> !answer.isDone()).hasSize(MOST_WAITING);
        System.out.println("Gateway under stress: median ms idle " + idle + ", while " + MOST_WAITING + " wait "
                + busy);
        assertThat(busy)
                .allSatisfy((path, ms) -> assertThat(ms).as(path).isLessThan(Math.max(3 * idle.get(path), 100)));

        Map<Integer, List<Answer>> byStatus = answers.stream().map(CompletableFuture::join)
                .collect(Collectors.groupingBy(Answer::status));
        assertThat(Duration.between(begin, Instant.now())).isBetween(DEADLINE, DEADLINE.multipliedBy(2));
        assertThat(byStatus.keySet()).containsExactlyInAnyOrder(202, 503);
        assertThat(byStatus.get(503)).hasSize(TOO_MANY)
                .allMatch(answer -> answer.field("type").endsWith(":too-many-waiting"));
        return byStatus.get(202).stream().map(answer -> answer.header("Location").split("/")[2]).toList();
    }

    /** How long it takes to be answered: the median of some calls one after the other, in milliseconds, per path. */
    private static Map<String, Double> medians(String user) {
        Map<String, Double> medians = new TreeMap<>();
        medians.put("/observe/health/live", median(gateway.management(), "/observe/health/live"));
        medians.put("/observe/health/ready", median(gateway.management(), "/observe/health/ready"));
        medians.put("/users", median(gateway.caller(), "/users/" + user));
        return medians;
    }

    private static double median(Caller caller, String path) {
        return IntStream.range(0, 25).mapToDouble(i -> {
            long begin = System.nanoTime();
            assertThat(caller.get(path).status()).isEqualTo(200);
            return (System.nanoTime() - begin) / 1000 / 1000.0;
        }).sorted().skip(12).findFirst().orElseThrow();
    }

    @Test
    void shouldAnswerAtAnotherGatewayWhatOneThatDiedWasAsked() throws Exception {
        String user = otherGateway.caller().register();
        List<String> keys = IntStream.range(0, 20).mapToObj(i -> "asked-" + UUID.randomUUID()).toList();
        try (BrokerClient broker = new BrokerClient(brokerProcess.url())) {
            long before = broker.messageCounts().get("OrderRequested");
            List<CompletableFuture<Answer>> answers = keys.stream()
                    .map(key -> otherGateway.caller().postLater("/order", order(user), "Idempotency-Key", key))
                    .toList();
            await().atMost(DEADLINE).until(() -> broker.messageCounts().get("OrderRequested") == before + keys.size());
            otherGateway.kill();
            assertThat(answers).allSatisfy(answer -> assertThat(answer).failsWithin(Duration.ofSeconds(5)));
        }
        List<String> ids = keys.stream().map(key -> RequestIds.resource("OrderRequested", user, key)).toList();
        try (ServiceProcess late = ServiceProcess.startWithArguments("stress-orders", orders)) {
            late.awaitReady();
            for (int i = 0; i < keys.size(); i++) {
                Answer again = gateway.caller().post("/order", order(user), "Idempotency-Key", keys.get(i));
                assertThat(again.status()).as(again.toString()).isEqualTo(201);
                assertThat(again.field("orderId")).isEqualTo(ids.get(i));
            }
            await().atMost(Duration.ofSeconds(20)).until(() ->
                    ofUsers("select order_id from order_service.orders where status = 'PAYED'", List.of(user))
                            .size() == ids.size());
            assertThat(ofUsers("select order_id from billing_service.entry where order_id is not null", List.of(user)))
                    .containsExactlyInAnyOrderElementsOf(ids);
        }
    }

    private static String order(String user) {
        return "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1}]}".formatted(user);
    }

    private static List<String> ofUsers(String query, List<String> users) {
        return Rows.of(query + users.stream().collect(Collectors.joining("','", " and user_id in ('", "')")));
    }
}
