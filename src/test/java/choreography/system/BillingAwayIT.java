package choreography.system;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import choreography.catalogue.Topology;
import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The billing service is away for so long that its messages do not fit into the broker's memory: nobody notices, and
 * nothing is missing.
 */
class BillingAwayIT {

    @TempDir
    private static Path data;

    @Test
    void shouldRegisterAsBeforeAndOpenEachAccountWhenBillingIsBack() throws Exception {
        SandboxSettings servers = FreePorts.forSandbox(data);
        try (Sandbox sandbox = Sandbox.start(servers); BrokerClient broker = new BrokerClient(sandbox.brokerUrl())) {
            List<String> users = new ArrayList<>();
            try (ServiceProcess withoutBilling = ServiceProcess.startWithArguments("billing-away",
                    ServiceProcess.settings("gateway,user", servers)).awaitReady()) {
                users.add(withoutBilling.caller().register());
                fillMemory(sandbox.brokerUrl(), users.get(0));
                users.addAll(register(withoutBilling.caller(), 200));

                withoutBilling.stop();
                assertThat(withoutBilling.awaitEnd()).isLessThan(Duration.ofSeconds(15));
            }
            assertThat(broker.messageCounts()).containsEntry("billing-user-created", 2000L + users.size());

            try (ServiceProcess all = ServiceProcess.startWithArguments("billing-back",
                    ServiceProcess.settings(Topology.ALL, servers)).awaitReady()) {
                await().atMost(Duration.ofSeconds(90))
                        .until(() -> broker.messageCounts().get("billing-user-created") == 0);
                assertThat(users)
                        .allSatisfy(user -> assertThat(all.caller().get("/accounts/" + user).field("balance"))
                        .isEqualTo("100000"));
            }
        }
    }

    /** More than the 16 MB from which the broker pages. */
    private static void fillMemory(String brokerUrl, String user) {
        try (BrokerClient client = new BrokerClient(brokerUrl + "?producerWindowSize=-1");
             JMSContext jms = client.session(JMSContext.SESSION_TRANSACTED)) {
            JMSProducer producer = jms.createProducer().setJMSCorrelationID(user)
                    .setProperty("padding", "x".repeat(10_000));
            for (int i = 1; i <= 2000; i++) {
                producer.setProperty("cloudEvents_id", UUID.randomUUID().toString());
                producer.send(jms.createTopic("UserCreated"), "{\"userId\":\"%s\"}".formatted(user));
                if (i % 100 == 0) {
                    jms.commit();
                }
            }
        }
    }

    private static List<String> register(Caller shop, int users) {
        return IntStream.range(0, users).mapToObj(n -> {
            long asked = System.nanoTime();
            Answer answer = shop.post("/register",
                    "{\"name\":\"Ada Lovelace\",\"email\":\"ada-%d@example.com\"}".formatted(n));
            assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
            return answer.field("userId");
        }).toList();
    }
}
