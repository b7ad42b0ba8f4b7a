package choreography.health;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import choreography.testing.BrokerClient;
import choreography.testing.OneProcess;
import choreography.testing.Servers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Dead letters are told, also those that no route has seen. */
@ExtendWith(OneProcess.class)
class DeadLettersIT {

    private static final Pattern GAUGE = Pattern.compile("\ndead_letters\\{queue=\"([\\w-]+)\"} ([\\d.]+)");

    @Test
    void shouldTellOfDeadLettersInMetricsHealthAndLog() throws Exception {
        try (BrokerClient broker = new BrokerClient(Servers.sandbox().brokerUrl())) {
            broker.awaitQuiet();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(gauges().values()).isNotEmpty().containsOnly(0.0));
            assertThat(gauges().keySet().stream().map(queue -> "DLQ." + queue)).containsExactlyElementsOf(
                    broker.messageCounts().keySet().stream().filter(queue -> queue.startsWith("DLQ.")).sorted()
                            .toList());
            assertThat(health()).contains("dead-letters").doesNotContain("could not be processed");
            String logBefore = OneProcess.services().log();

            for (int i = 0; i < 2; i++) {
                broker.send(broker.queue("DLQ.order-bill-payed"), "{}", UUID.randomUUID().toString(), null);
            }

            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(gauges()).containsEntry("order-bill-payed", 2.0));
            assertThat(gauges().values().stream().mapToDouble(count -> count).sum()).isEqualTo(2);
            assertThat(health()).contains("Messages that could not be processed: DLQ.order-bill-payed: 2");
            assertThat(OneProcess.services().isReady()).isTrue();
            assertThat(OneProcess.services().log().substring(logBefore.length()))
                    .contains("DLQ.order-bill-payed holds 2 messages");

            broker.remove("DLQ.order-bill-payed");
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(gauges().values()).containsOnly(0.0));
            assertThat(health()).doesNotContain("could not be processed");
        }
    }

    private static String health() {
        return OneProcess.services().management().get("/observe/health?exposureLevel=full").body();
    }

    private static Map<String, Double> gauges() {
        return GAUGE.matcher(OneProcess.services().management().get("/observe/metrics").body()).results()
                .collect(Collectors.toMap(
                found -> found.group(1), found -> Double.valueOf(found.group(2)), (one, other) -> one, TreeMap::new));
    }
}
