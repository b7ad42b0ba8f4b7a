package choreography.system;

import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;

import choreography.catalogue.Topology;
import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * SIGTERM while callers order without pause: what was begun is ended, and the rest waits as if nothing had happened.
 */
class GracefulStopIT {

    private static final int CALLERS = 16;

    @TempDir
    private static Path data;
    private static SandboxSettings settings;
    private static Sandbox servers;
    private static BrokerClient broker;

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void startServers() throws Exception {
        settings = FreePorts.forSandbox(data);
        servers = Sandbox.start(settings);
        broker = new BrokerClient(servers.brokerUrl());
    }

    @AfterAll
    static void stopServers() {
        broker.close();
        servers.close();
    }

    @Test
    void shouldEndWhatWasBegunAndBurnNoDeliveryAttempt() throws Exception {
        ServiceProcess first = start("graceful-first");
        Caller shop = first.caller();
        String user = shop.post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}")
                .field("userId");
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            Thread caller = new Thread(() -> orderUntilRefused(shop, user));
            caller.start();
            callers.add(caller);
        }
        await().atMost(Duration.ofSeconds(60)).until(() -> answers.size() > 300);

        first.stop();
        Duration took = first.awaitEnd();
        for (Thread caller : callers) {
            caller.join(40_000);
        }

        assertThat(took).as(first.log()).isLessThan(Duration.ofSeconds(15));
        assertThat(failures).as("requests without an answer").isEmpty();
        assertThat(answers).as("answers")
                .allMatch(answer -> answer.status() == 201 || answer.status() == 202 || answer.status() == 503);
        assertThat(answers).filteredOn(answer -> answer.status() == 503).anySatisfy(refused -> {
            assertThat(refused.header("Retry-After")).isEqualTo("2");
            assertThat(refused.field("type")).isEqualTo("urn:problem-type:choreography:stopping");
        });
        Map<String, Long> waiting = broker.messageCounts();
        waiting.values().removeIf(count -> count == 0);
        assertThat(broker.failedAttempts().values()).as("attempts at " + waiting).isNotEmpty().containsOnly(0);
        System.out.printf("Graceful stop: %d answers, %d of them 503, in %d ms; left in queues: %s%n", answers.size(),
                answers.stream().filter(answer -> answer.status() == 503).count(), took.toMillis(), waiting);

        try (ServiceProcess second = start("graceful-second")) {
            broker.awaitQuiet();
            for (Answer answer : answers) {
                if (answer.status() != 503) {
                    assertThat(second.caller().get(answer.header("Location")).field("status")).isEqualTo("PAYED");
                }
            }
        }
    }

    /** Orders until a request is refused or nobody listens any more. */
    private void orderUntilRefused(Caller shop, String user) {
        int status = 0;
        while (status != 503) {
            try {
                Answer answer = shop.post("/order",
                        "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1}]}".formatted(user));
                status = answer.status();
                answers.add(answer);
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof ConnectException)) {
                    failures.add(e.getCause());
                }
                return;
            }
        }
    }

    private static ServiceProcess start(String name) {
        Map<String, String> process = ServiceProcess.settings(Topology.ALL, settings);
        process.put("billing.opening-credit", "1000000000");
        return ServiceProcess.startWithArguments(name, process).awaitReady();
    }
}
