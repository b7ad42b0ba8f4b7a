package choreography.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Each message on the way from registration to mail is removed by hand, and everything settles all the same, once. What
 * is late is asked for again after two seconds here; nothing is, while it still waits in its queue.
 */
@SuppressWarnings("try") // the processes of later services only have to run
class LostMessagesIT {

    private final Map<String, String> orders;
    private final Map<String, String> billing;
    private final Map<String, String> notification;
    private final Sandbox servers;
    private final BrokerClient broker;
    private final int mailPort;
    private ServiceProcess shop;

    LostMessagesIT(@TempDir Path data) throws IOException {
        SandboxSettings sandbox = FreePorts.forSandbox(data);
        servers = Sandbox.start(sandbox);
        broker = new BrokerClient(servers.brokerUrl());
        mailPort = sandbox.mailPort();
        List<Map<String, String>> processes = ServiceProcess.settings(sandbox, "gateway,user,order", "billing",
                "notification");
        orders = processes.get(0);
        billing = processes.get(1);
        notification = processes.get(2);
    }

    @BeforeEach
    void startTheFirstHalf() {
        for (String service : List.of("user", "order")) {
            orders.put(service + ".stuck-after-ms", "2000");
            orders.put(service + ".check-interval-ms", "200");
        }
        shop = ServiceProcess.startWithArguments("lost-messages", orders).awaitReady();
    }

    @AfterEach
    void stop() {
        shop.close();
        broker.close();
        servers.close();
    }

    @Test
    void shouldSettleWhateverMessageIsRemoved() throws Exception {
        Caller caller = shop.caller();
        String user = caller.post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}")
                .field("userId");
        Answer order = order(caller, user, "MUG-1");
        Answer tooMuch = order(caller, user, "SADDLE-1");

        awaitMetric("orders_stuck 2.0");
        awaitMetric("accounts_stuck 1.0");
        assertThat(waiting("BillingRequested")).as("nothing is asked while the original waits").isEqualTo(2);
        assertThat(waiting("billing-user-created")).isEqualTo(1);
        assertThat(metrics()).contains("\norders_reminded_total 0.0\n", "\naccounts_reminded_total 0.0\n");

        broker.pause("order-bill-payed");
        broker.pause("order-bill-declined");
        removeAll("BillingRequested", 2);
        removeAll("billing-user-created", 1);
        try (ServiceProcess accounts = ServiceProcess.startWithArguments("lost-messages-billing", billing)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> caller.get("/accounts/" + user).status() == 200);
            removeAll("order-bill-payed", 1);
            removeAll("order-bill-declined", 1);
            broker.resume("order-bill-payed");
            broker.resume("order-bill-declined");
            awaitStatus(caller, order, "PAYED");
            awaitStatus(caller, tooMuch, "CANCELLED");
            awaitMetric("accounts_stuck 0.0");
            awaitMetric("orders_stuck 0.0");
            assertThat(accounts.isLive()).isTrue();
        }

        removeAll("notification-order-payed", 1);
        removeAll("notification-order-cancelled", 1);
        try (ServiceProcess mails = ServiceProcess.startWithArguments("lost-messages-notification", notification)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> mails().split("\"messageId\"").length == 3);
            awaitMetric("mails_stuck 0.0");
            assertThat(metrics()).contains("\nmails_reminded_total 2.0\n");
            broker.awaitQuiet();
            assertThat(mails.isLive()).isTrue();
        }
        assertThat(mails()).containsOnlyOnce("OrderPayed." + id(order))
                .containsOnlyOnce("OrderCancelled." + id(tooMuch));
        assertThat(mails().split("\"messageId\"")).as("two mails").hasSize(3);
    }

    private static Answer order(Caller caller, String user, String sku) {
        Answer order = caller.post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":2}]}".formatted(user, sku));
        assertThat(order.status()).as(order.toString()).isEqualTo(201);
        return order;
    }

    private static String id(Answer order) {
        return order.header("Location").replaceFirst(".*/", "");
    }

    private long waiting(String queue) {
        return broker.messageCounts().get(queue);
    }

    /** Removes the messages of a queue when so many are there, or more. */
    private void removeAll(String queue, int messages) throws Exception {
        await(queue).atMost(Duration.ofSeconds(60)).until(() -> waiting(queue) >= messages);
        assertThat(broker.remove(queue)).isGreaterThanOrEqualTo(messages);
    }

    private static void awaitStatus(Caller caller, Answer order, String status) {
        await(status).atMost(Duration.ofSeconds(60))
                .until(() -> caller.get(order.header("Location")).field("status").equals(status));
    }

    private void awaitMetric(String metric) {
        await(metric).atMost(Duration.ofSeconds(60)).until(() -> metrics().contains("\n" + metric + "\n"));
    }

    private String metrics() {
        return shop.management().get("/observe/metrics").body();
    }

    private String mails() {
        return new Caller(mailPort).get("/mails").body();
    }
}
