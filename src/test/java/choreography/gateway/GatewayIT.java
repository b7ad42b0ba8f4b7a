package choreography.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerClient.Event;
import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import jakarta.jms.JMSException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

/**
 * What the gateway answers when others are late, away or too busy. It has a broker of its own here, and no patience.
 */
@ExtendWith(Servers.class)
class GatewayIT {

    @TempDir
    private static Path data;
    private static BrokerProcess brokerProcess;
    private static ServiceProcess gateway;
    private static Map<String, String> others;
    private final Caller shop = gateway.caller();

    @BeforeAll
    static void startGateway() throws IOException {
        brokerProcess = new BrokerProcess(data).start();
        List<Map<String, String>> processes = ServiceProcess.settings(Servers.settings(), "gateway,user",
                Topology.allBut("gateway", "user"));
        processes.forEach(process -> process.put("broker.url", brokerProcess.url()));
        Map<String, String> settings = processes.get(0);
        others = processes.get(1);
        settings.put("gateway.reply-timeout-ms", "500");
        settings.put("gateway.max-waiting", "2");
        gateway = ServiceProcess.startWithArguments("gateway", settings);
        brokerProcess.awaitStarted();
        gateway.awaitReady();
    }

    @AfterAll
    static void stopGateway() {
        gateway.close();
        brokerProcess.close();
    }

    @Test
    void shouldAnswerWhereALateOutcomeWillBeAndShowItThere() throws JMSException {
        String user = register(newAddress());

        Answer answer = shop.post("/order?JMSXGroupID=smuggled&_AMQ_SCHED_DELIVERY=99999999999999", orderOf(user),
                "X!Foo", "smuggled", "CAmelSqlQuery", "smuggled", "gateway", "smuggled");

        assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        String location = answer.header("Location");
        assertThat(location).matches("/orders/[0-9a-f-]{36}/requests/[0-9a-f-]{36}");
        assertThat(answer.body()).isEqualTo("{\"status\":\"PENDING\",\"location\":\"%s\"}", location);
        String order = location.split("/")[2];
        assertIsUnavailable(shop.get(location), "service-unavailable");

        try (BrokerClient broker = new BrokerClient(brokerProcess.url())) {
            Event command = broker.browse("OrderRequested").stream().filter(event -> order.equals(event.flow()))
                    .findFirst().orElseThrow();
            assertThat(command.body())
                    .isEqualTo("{\"lines\":[{\"quantity\":1,\"sku\":\"MUG-1\"}],\"orderId\":\"%s\",\"userId\":\"%s\"}",
                    order, user);
            assertThat(command.properties())
                    .containsOnlyKeys("gateway", "cloudEvents_id", "cloudEvents_causationid", "cloudEvents_specversion",
                            "cloudEvents_type", "cloudEvents_source", "cloudEvents_subject", "cloudEvents_time",
                            "cloudEvents_datacontenttype")
                    .containsEntry("cloudEvents_type", "OrderRequested").containsEntry("cloudEvents_source", "/gateway")
                    .containsEntry("cloudEvents_subject", order).doesNotContainValue("smuggled");
        }

        try (ServiceProcess late = ServiceProcess.startWithArguments("others", others)) {
            late.awaitReady();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(shop.get(location).field("status")).isEqualTo("PAYED"));
        }
    }

    /** Which of the two is the first to be judged is left open: nobody promises an order of commands. */
    @Test
    void shouldLeadEachOfTwoRequestsWithOneKeyToTheTruthAboutItself() {
        String user = register(newAddress());
        String key = UUID.randomUUID().toString();
        Answer first = shop.post("/order", orderOf(user), "Idempotency-Key", key);
        Answer second = shop.post("/order", orderOf(user).replace("MUG-1", "BOOK-1"), "Idempotency-Key", key);
        Answer repeat = shop.post("/order", orderOf(user), "Idempotency-Key", key);
        assertThat(List.of(first, second, repeat)).extracting(Answer::status).containsOnly(202);
        assertThat(repeat.header("Location")).isEqualTo(first.header("Location"))
                .isNotEqualTo(second.header("Location"));

        boolean firstWon;
        try (ServiceProcess late = ServiceProcess.startWithArguments("others", others)) {
            late.awaitReady();
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(List.of(first, second))
                    .extracting(each -> shop.get(each.header("Location")).field("status"))
                    .containsExactlyInAnyOrder("PAYED", "422"));
            firstWon = shop.get(first.header("Location")).status() == 200;
            Answer refused = shop.get((firstWon ? second : first).header("Location"));
            assertThat(refused.status()).as(refused.toString()).isEqualTo(422);
            assertThat(refused.field("type")).endsWith(":idempotency-key-reused");
        }
        assertThat(Rows.of("select status, total from order_service.orders where user_id = ?", user))
                .containsExactly(firstWon ? "PAYED | 1250" : "PAYED | 5999");
    }

    @Test
    void shouldTurnAwayWhoeverFindsTooManyWaiting() {
        String user = register(newAddress());
        List<Answer> answers = new ArrayList<>();
        long before = ordersRequested();

        await().atMost(Duration.ofSeconds(20)).until(() -> {
            List<Answer> together = Stream.generate(() -> shop.postLater("/order", orderOf(user))).limit(5).toList()
                    .stream()
                    .map(CompletableFuture::join).toList();
            answers.addAll(together);
            return together.stream().map(Answer::status).sorted().toList();
        }, equalTo(List.of(202, 202, 503, 503, 503)));

        assertThat(answers).filteredOn(answer -> answer.status() == 503)
                .allSatisfy(answer -> assertIsUnavailable(answer, "too-many-waiting"));
        assertThat(ordersRequested() - before)
                .isEqualTo(answers.stream().filter(answer -> answer.status() == 202).count());
        await("they have left").atMost(Duration.ofSeconds(20))
                .until(() -> shop.post("/order", orderOf(user)).status(), equalTo(202));
    }

    @Test
    void shouldGoOnTakingRegistrationsAndOrdersWhileBillingWaitsForASiblingThatHangs() throws Exception {
        Map<String, String> waiting = new LinkedHashMap<>(others);
        // takes calls and never answers
        try (ServerSocket hanging = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
             BrokerClient broker = new BrokerClient(brokerProcess.url())) {
            waiting.put("order.url", "http://localhost:" + hanging.getLocalPort());
            try (ServiceProcess late = ServiceProcess.startWithArguments("others-waiting", waiting)) {
                late.awaitReady();
                String first = register(newAddress());
                order(first);
                long requested = broker.messageCounts().get("BillingRequested");
                Instant begin = Instant.now();
                for (int i = 0; i < 20; i++) {
                    String user = register(newAddress());
                    order(user);
                    await("billing opens accounts").atMost(Duration.ofSeconds(5))
                            .until(() -> shop.get("/accounts/" + user).status(), equalTo(200));
                }
                assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
                assertThat(broker.messageCounts().get("BillingRequested") - requested).as("wait").isEqualTo(20);
            }
        }
    }

    @Test
    void shouldHaveDoneNothingWhileTheBrokerIsDownAndGoOnAfterwards() throws IOException {
        String email = newAddress();
        String user = register(newAddress());
        brokerProcess.close();
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> !gateway.isReady());
            assertThat(gateway.isLive()).isTrue();
            for (CompletableFuture<Answer> answer : List.of(
                    shop.postLater("/register", registration(email)),
                    shop.postLater("/register", registration(email), "Idempotency-Key", email))) {
                assertThat(answer).succeedsWithin(Duration.ofSeconds(5))
                        .satisfies(soon -> assertIsUnavailable(soon, "broker-unavailable"));
            }
            assertThat(shop.postLater("/order", orderOf(user))).succeedsWithin(Duration.ofSeconds(5))
                    .satisfies(soon -> assertIsUnavailable(soon, "broker-unavailable"));
            assertThat(shop.get("/users/" + user).status()).isEqualTo(200);
            assertThat(gateway.isLive()).isTrue();
            assertThat(gateway.isReady()).isFalse();
        } finally {
            brokerProcess.start().awaitStarted();
        }
        await().atMost(Duration.ofSeconds(30)).until(gateway::isReady);

        long before = ordersRequested();
        assertThat(Rows.of("select email from user_service.users where email = '%s'".formatted(email))).isEmpty();
        register(email);
        assertThat(shop.post("/order", orderOf(user)).status()).isEqualTo(202);
        assertThat(ordersRequested() - before).isEqualTo(1);
        assertThat(Rows.of("select email from user_service.users where email = '%s'".formatted(email))).hasSize(1);
        assertThat(gateway.log()).doesNotContain(email);
    }

    private static String newAddress() {
        return UUID.randomUUID() + "@example.com";
    }

    private static String registration(String email) {
        return "{\"name\":\"Ada Lovelace\",\"email\":\"%s\"}".formatted(email);
    }

    /** Half a second can be too short for a service that has just started: a caller with a key asks again. */
    private String register(String email) {
        Answer answer = await().atMost(Duration.ofSeconds(20)).until(
                () -> shop.post("/register", registration(email), "Idempotency-Key", email),
                latest -> latest.status() != 202);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return answer.field("userId");
    }

    private void order(String user) {
        String key = UUID.randomUUID().toString();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> shop.post("/order", orderOf(user), "Idempotency-Key", key).status(), equalTo(201));
    }

    private static String orderOf(String user) {
        return "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}".formatted(user);
    }

    private static long ordersRequested() {
        try (BrokerClient broker = new BrokerClient(brokerProcess.url())) {
            return broker.messagesAdded().get("OrderRequested");
        }
    }

    private static void assertIsUnavailable(Answer answer, String type) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).matches("[1-9]\\d?");
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.field("type")).isEqualTo("urn:problem-type:choreography:" + type);
        assertThat(answer.json().path("status").asInt()).isEqualTo(503);
        assertThat(answer.field("title")).isNotBlank();
        assertThat(answer.field("detail")).isNotBlank();
    }
}
