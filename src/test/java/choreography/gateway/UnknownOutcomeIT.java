package choreography.gateway;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.testing.Answer;
import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A broker that hangs, or dies with what it was sent, while callers without keys wait. They do as the answers say:
 * after 503 they ask anew, after 504 with the key of the answer. Then each has one order.
 */
@ExtendWith(Servers.class)
class UnknownOutcomeIT {

    private static final int CALLERS = 6;

    @TempDir
    private static Path data;
    private static BrokerProcess broker;
    private static Map<String, String> settings;
    private static ServiceProcess services;
    private final Caller shop = services.caller();
    private String user;

    @BeforeAll
    static void startServices() throws Exception {
        broker = new BrokerProcess(data).start();
        settings = ServiceProcess.settings(Topology.ALL);
        settings.put("broker.url", broker.url());
        services = ServiceProcess.startWithArguments("unknown-outcome", settings);
        broker.awaitStarted();
        services.awaitReady();
    }

    @AfterAll
    static void stopServices() {
        services.close();
        broker.close();
    }

    @BeforeEach
    void becomeACustomer() {
        user = shop.register();
        // so that each of the two connections has a session: what is sent now leaves at once
        for (int i = 0; i < 2; i++) {
            assertThat(shop.post("/order", order("STICKER-1")).status()).isEqualTo(201);
        }
    }

    @AfterEach
    void goOn() throws Exception {
        broker.goOn();
        await().atMost(Duration.ofSeconds(60)).until(services::isReady);
    }

    @Test
    void shouldSayWhatNobodyKnowsWhileTheBrokerHangs() throws Exception {
        broker.hang();
        List<Answer> answers = orderTogether();
        broker.goOn();

        assertThat(answers).extracting(Answer::status).contains(504).containsOnly(503, 504);
        doAsTheySay(answers);
        assertThat(orders()).hasSize(CALLERS);
    }

    @Test
    void shouldSayWhatNobodyKnowsWhenTheBrokerDiesWithWhatItWasSent() throws Exception {
        broker.hang();
        List<CompletableFuture<Answer>> asked = ask();
        await().during(Duration.ofMillis(500)).atMost(Duration.ofSeconds(5))
                .until(() -> asked.stream().noneMatch(CompletableFuture::isDone));
        broker.kill();
        List<Answer> answers = asked.stream().map(CompletableFuture::join).toList();
        broker.start().awaitStarted();

        assertThat(answers).extracting(Answer::status).contains(504).containsOnly(503, 504);
        doAsTheySay(answers);
        assertThat(orders()).hasSize(CALLERS);
    }

    @Test
    void shouldDoWhatItIsToldToRepeatOnceHoweverOftenTheBrokerDies() throws Exception {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            List<CompletableFuture<Answer>> asked = ask();
            broker.kill();
            asked.forEach(answer -> answers.add(answer.join()));
            broker.start().awaitStarted();
            await().atMost(Duration.ofSeconds(60)).until(services::isReady);
        }

        doAsTheySay(answers);
        assertThat(orders()).hasSize(3 * CALLERS);
    }

    @Test
    void shouldAnswerThoseWhoWaitWhenItIsToldToEndWhileTheBrokerHangs() throws Exception {
        Map<String, String> gateway = ServiceProcess.settings("gateway");
        gateway.put("broker.url", broker.url());
        ServiceProcess.askAt("http://localhost:" + settings.get("http.port"), gateway);
        try (ServiceProcess ending = ServiceProcess.startWithArguments("unknown-outcome-ending", gateway)
                .awaitReady()) {
            for (int i = 0; i < 2; i++) {
                assertThat(ending.caller().post("/order", order("STICKER-1")).status()).isEqualTo(201);
            }
            broker.hang();
            List<CompletableFuture<Answer>> asked = Stream.generate(() -> ending.caller()
                    .postLater("/order", order("MUG-1"))).limit(CALLERS).toList();
            await().during(Duration.ofMillis(500)).atMost(Duration.ofSeconds(5))
                    .until(() -> asked.stream().noneMatch(CompletableFuture::isDone));
            ending.stop();
            List<Answer> answers = asked.stream().map(CompletableFuture::join).toList();
            broker.goOn();

            assertThat(answers).extracting(Answer::status).contains(504).containsOnly(503, 504);
            await().atMost(Duration.ofSeconds(60)).until(services::isReady);
            doAsTheySay(answers);
            assertThat(orders()).hasSize(CALLERS);
        }
    }

    private List<Answer> orderTogether() {
        return ask().stream().map(CompletableFuture::join).toList();
    }

    private List<CompletableFuture<Answer>> ask() {
        return Stream.generate(() -> shop.postLater("/order", order("MUG-1"))).limit(CALLERS).toList();
    }

    private void doAsTheySay(List<Answer> answers) {
        await().atMost(Duration.ofSeconds(60)).until(services::isReady);
        for (Answer answer : answers) {
            switch (answer.status()) {
                case 201 -> { }
                case 202 -> await().atMost(Duration.ofSeconds(60))
                        .until(() -> shop.get(answer.header("Location")).status() == 200);
                case 503 -> orderUnder(UUID.randomUUID().toString());
                case 504 -> {
                    assertThat(answer.field("type")).endsWith(":outcome-unknown");
                    String order = orderUnder(answer.header("Idempotency-Key"));
                    assertThat(shop.get(answer.header("Location")).field("orderId")).isEqualTo(order);
                }
                default -> throw new AssertionError(answer.toString());
            }
        }
    }

    private String orderUnder(String key) {
        Answer made = await().atMost(Duration.ofSeconds(60)).until(
                () -> shop.post("/order", order("MUG-1"), "Idempotency-Key", key), answer -> answer.status() == 201);
        return made.field("orderId");
    }

    private List<String> orders() {
        await("all are settled").atMost(Duration.ofSeconds(60)).until(() ->
                Rows.of("select order_id from order_service.orders where user_id = ? and status = 'CREATED'", user)
                        .isEmpty());
        return Rows.of("select order_id from order_service.orders where user_id = ? and total >= 1000", user);
    }

    private String order(String sku) {
        return "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":1}]}".formatted(user, sku);
    }
}
