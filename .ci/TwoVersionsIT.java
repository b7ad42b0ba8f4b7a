package choreography.system;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.OwnBroker;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import choreography.testing.StartedProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What docs/change-a-message.md promises; .ci/try-tutorial runs it where that was done, beside the version before. */
@ExtendWith(Servers.class)
class TwoVersionsIT {

    private static final String BEFORE = "../order-choreography.jar";
    private static final String QUEUE = "notification-order-payed";
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    private static final OwnBroker BROKER = new OwnBroker();

    private final List<Map<String, String>> settings = ServiceProcess.settings(Servers.settings(),
            "gateway,user,order,billing", "notification", "notification");
    private final BrokerClient broker = BROKER.client();

    TwoVersionsIT() {
        settings.forEach(each -> each.put("broker.url", BROKER.url()));
    }

    @Test
    void shouldMailEveryOrderWhileBothVersionsRunAndWhenTheNewOnePublishes() throws Exception {
        StartedProcess shopBefore = startBefore("shop", settings.get(0));
        StartedProcess mailsBefore = startBefore("mails", settings.get(1));
        Caller shop = new Caller(Integer.parseInt(settings.get(0).get("http.port")));
        String user = shop.register();
        try (ServiceProcess mails = ServiceProcess.startWithArguments("new-mails", settings.get(2)).awaitReady()) {
            order(shop, user, 16);
            await().atMost(SOON).until(() -> mailed(user) == 16);
            assertThat(sent(mails)).as("by the new version").isBetween(1, 15);
        }

        end(shopBefore);
        try (ServiceProcess ignored = ServiceProcess.startWithArguments("new-shop", settings.get(0)).awaitReady()) {
            broker.pause(QUEUE);
            order(shop, user, 1);
            await().atMost(SOON).until(() -> broker.messageCounts().get(QUEUE) == 1);
            assertThat(broker.browse("OrderPayed::" + QUEUE).get(0).body()).contains("\"paidAt\"");
            broker.resume(QUEUE);
            await("the version before parks it").atMost(SOON)
                    .until(() -> broker.messageCounts().get("DLQ." + QUEUE) == 1);
            end(mailsBefore);
            try (ServiceProcess mails = ServiceProcess.startWithArguments("new-mails", settings.get(2)).awaitReady()) {
                assertThat(broker.retry("DLQ." + QUEUE)).isEqualTo(1);
                await().atMost(SOON).until(() -> mailed(user) == 17);
                assertThat(sent(mails)).isEqualTo(1);
            }
        }
        assertThat(broker.messageCounts()).containsEntry(QUEUE, 0L).containsEntry("DLQ." + QUEUE, 0L);
    }

    private static StartedProcess startBefore(String name, Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of(StartedProcess.tool("java"), "-jar", BEFORE));
        settings.forEach((property, value) -> command.add("--%s=%s".formatted(property, value)));
        command.removeIf(argument -> argument.startsWith("--shipping.")); // it came later
        StartedProcess process = new StartedProcess(Path.of("target", "it-before-" + name + ".log"), command).start();
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(process.log()).contains("Health "));
        return process;
    }

    private static void end(StartedProcess process) {
        process.stop();
        await().atMost(SOON).until(() -> !process.isAlive());
    }

    private static void order(Caller shop, String user, int orders) {
        IntStream.range(0, orders).forEach(i -> assertThat(shop.post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1}]}".formatted(user)).status())
                .isEqualTo(201));
    }

    private static int mailed(String user) {
        return Rows.of("select from notification_service.mail m join order_service.orders o using (order_id) "
                + "where o.user_id = ? and m.sent_at is not null", user).size();
    }

    private static int sent(ServiceProcess mails) {
        return (int) mails.management().get("/observe/metrics").body().lines()
                .filter(line -> line.startsWith("camel_exchanges_succeeded_total")
                        && line.contains("\"notification-mail-payed-order\""))
                .mapToDouble(line -> Double.parseDouble(line.replaceFirst(".* ", ""))).sum();
    }
}
