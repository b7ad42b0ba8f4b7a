package choreography.messaging;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import choreography.testing.BrokerClient;
import choreography.testing.FreePorts;
import choreography.testing.InBackground;
import choreography.testing.OwnBroker;
import choreography.testing.Rows;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import choreography.testing.SmtpScript;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.jms.Destination;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Messages whose dependency is away, and such as fail on their own. */
@ExtendWith(Servers.class)
@SuppressWarnings("try") // services only have to run
class AwayOrFailingIT {

    private static final int PROBES = 30;
    private static final String PROBE_EVERY_MS = "100";
    private static final Duration SOON = Duration.ofSeconds(30);
    /** Longer rounds, more of them: a sharper figure. */
    private static final int MESSAGES = Integer.getInteger("own-failure.messages", 400);
    private static final int TURNS = Integer.getInteger("own-failure.turns", 3);
    private static final double LEAST_SPEED = 0.9;
    private static final int GROUP = 16;
    private static final String WAITING =
            "dependency_waiting_messages{consumer=\"order-create-order\",dependency=\"user service\"}";

    @RegisterExtension
    private static final OwnBroker BROKER = new OwnBroker("addressSettings.#.maxRedeliveryDelay=200");
    private static BrokerClient broker;
    private static FailingSiblings siblings;

    @BeforeAll
    static void startSiblings() throws Exception {
        broker = BROKER.client();
        siblings = new FailingSiblings();
    }

    @AfterAll
    static void stopSiblings() {
        siblings.close();
    }

    @Test
    void shouldUseUpNoAttemptsWhileASiblingIsAway() throws Exception {
        siblings.setAway("users", true);
        try (ServiceProcess ignored = start("billing", "lone-bill")) {
            send(broker.topic("UserCreated"), "userId", known());

            await().atMost(SOON).until(() -> siblings.calls("users") > PROBES);
            assertWaitsUntried("billing-user-created");

            siblings.setAway("users", false);
            awaitDone("billing-user-created");
        } finally {
            siblings.setAway("users", false);
        }
    }

    @Test
    void shouldUseUpNoAttemptsWhileTheMailServerIsAway() throws Exception {
        int port = FreePorts.one();
        AtomicInteger asked = new AtomicInteger();
        try (ServiceProcess ignored = start("notification", "lone-mail", "smtp.port", "" + port)) {
            try (ServerSocket closing = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
                InBackground.run("closing-smtp", () -> refuseService(closing, asked));
                send(broker.topic("OrderPayed"), "orderId", known());

                await().atMost(SOON).until(() -> asked.get() > PROBES);
                assertWaitsUntried("notification-order-payed");
            }
            GreenMail back = new GreenMail(new ServerSetup(port, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
            back.start();
            try {
                awaitDone("notification-order-payed");
                assertThat(back.getReceivedMessages()).hasSize(1);
            } finally {
                back.stop();
            }
        }
    }

    @Test
    void shouldTellHowMuchWaitsForWhatIsAway() throws Exception {
        siblings.setAway("users", true);
        List<String> ids = List.of(known(), known(), known());
        try (ServiceProcess orders = start("order", "orders-wait")) {
            for (String id : ids) {
                broker.send(broker.queue("OrderRequested"), """
                        {"orderId":"%1$s","userId":"%1$s","lines":[{"sku":"MUG-1","quantity":1}]}""".formatted(id),
                        id, id);
            }

            await().atMost(SOON).until(() -> orders.management().get("/observe/health?exposureLevel=full").body(),
                    health -> health.contains("Away: user service since ")
                            && health.contains("order-create-order has 3 messages to wait"));
            assertThat(metric(orders, WAITING)).isEqualTo(3);

            siblings.setAway("users", false);
            await().atMost(SOON).until(() -> metric(orders, WAITING) == 0);
            awaitDone("OrderRequested");
        } finally {
            siblings.setAway("users", false);
            broker.remove("BillingRequested");
            // else other order services of this database would ask for their billing: there are no accounts
            Rows.change("delete from order_service.orders where order_id in ('%s')".formatted(String.join("','", ids)));
        }
    }

    @Test
    void shouldLetOthersHaveTheMailsThatWaitBehindASlowRecipient() throws Exception {
        try (SmtpScript mailServer = new SmtpScript(); ServiceProcess ignored = start("notification", "slow-recipient",
                "smtp.port", "" + mailServer.port(), "notification.concurrent-mails", "1")) {
            String slow = known();
            mailServer.holdRecipient(slow + "@example.com");
            broker.pause("notification-order-payed");
            send(broker.topic("OrderPayed"), "orderId", slow);
            for (int i = 0; i < 20; i++) {
                send(broker.topic("OrderPayed"), "orderId", known());
            }
            broker.resume("notification-order-payed"); // to its only consumer, all of them

            await().atMost(Duration.ofSeconds(10)).until(() -> mailServer.mails().size() == 20);
            assertThat(mailServer.mails()).noneMatch(messageId -> messageId.contains(slow));
            assertThat(broker.failedAttempts()).doesNotContainKey("notification-order-payed");

            mailServer.answerSlowRecipient();
            awaitDone("notification-order-payed");
            assertThat(mailServer.mails()).hasSize(21).doesNotHaveDuplicates();
        }
    }

    @Test
    void shouldDoTheOthersOnceBesideOneThatFailsOnItsOwn() throws Exception {
        List<String> others = Stream.generate(AwayOrFailingIT::known).limit(60).toList();
        String failing = known();
        String silent = known();
        siblings.failAt(failing, 500);
        siblings.failAt(silent, FailingSiblings.NOTHING);
        try (ServiceProcess ignored = start("billing", "own-failure-in-a-group")) {
            broker.pause("billing-user-created");
            others.subList(0, 30).forEach(id -> send(broker.topic("UserCreated"), "userId", id));
            Stream.of(failing, silent).forEach(id -> send(broker.topic("UserCreated"), "userId", id));
            others.subList(30, 60).forEach(id -> send(broker.topic("UserCreated"), "userId", id));
            broker.resume("billing-user-created");

            await().atMost(SOON).until(() -> siblings.calls(failing) == 10 && siblings.calls(silent) > 1);
            assertThat(others).allSatisfy(id -> assertThat(siblings.calls(id)).as("lookups").isEqualTo(1));
            assertThat(broker.browse("DLQ.billing-user-created")).extracting(BrokerClient.Event::flow)
                    .containsExactly(failing);

            siblings.know(silent);
            heal();
        }
    }

    @Test
    void shouldDoTheOthersBesideMoreThatHangThanThereAreConsumers() throws Exception {
        List<String> silent = Stream.generate(AwayOrFailingIT::known).limit(8).toList();
        silent.forEach(id -> siblings.failAt(id, FailingSiblings.NOTHING));
        try (ServiceProcess ignored = start("billing", "many-hang")) {
            silent.forEach(id -> send(broker.topic("UserCreated"), "userId", id));
            await().atMost(SOON).until(() -> silent.stream().allMatch(id -> siblings.calls(id) > 0));

            List<String> others = Stream.generate(AwayOrFailingIT::known).limit(20).toList();
            others.forEach(id -> send(broker.topic("UserCreated"), "userId", id));
            await().atMost(Duration.ofSeconds(10)).until(() ->
                    others.stream().allMatch(id -> siblings.calls(id) == 1));

            siblings.failAtNone();
            awaitDone("billing-user-created");
        }
    }

    private static double metric(ServiceProcess service, String name) {
        return service.management().get("/observe/metrics").body().lines().filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.replaceFirst(".* ", ""))).sum();
    }

    private static void refuseService(ServerSocket server, AtomicInteger asked) throws IOException {
        while (true) {
            try (Socket client = server.accept()) {
                asked.incrementAndGet();
                client.getOutputStream().write("421 closing\r\n".getBytes(US_ASCII));
            }
        }
    }

    private static void assertWaitsUntried(String queue) throws Exception {
        assertThat(broker.messageCounts()).containsEntry(queue, 1L).containsEntry("DLQ." + queue, 0L);
        await().atMost(SOON).until(() -> broker.failedAttempts().containsKey(queue));
        assertThat(broker.failedAttempts().get(queue)).as("attempts").isLessThanOrEqualTo(2);
    }

    private static void awaitDone(String queue) {
        await().atMost(SOON).until(() -> broker.messageCounts().get(queue) == 0);
        assertThat(broker.messageCounts()).containsEntry("DLQ." + queue, 0L);
    }

    /** In turns, so that what else the machine does slows all down alike. By hand, since it takes minutes. */
    @Test
    @EnabledIfSystemProperty(named = "own-failure.messages", matches = "\\d+")
    void shouldGiveUpWhatFailsOnItsOwnAndHoldUpNoOthersByIt() throws Exception {
        Map<String, List<Double>> speeds = new LinkedHashMap<>();
        try (ServiceProcess billing = start("billing", "own-failure")) {
            round(List.of()); // to warm up
            for (int turn = 0; turn < TURNS; turn++) {
                speeds.computeIfAbsent("alone", unknown -> new ArrayList<>()).add(round(List.of()));
                speeds.computeIfAbsent("beside", unknown -> new ArrayList<>()).add(round(failing()));
                heal();
                loseOrders(billing);
                speeds.computeIfAbsent("beside, something away", unknown -> new ArrayList<>()).add(round(failing()));
                broker.remove("BillingRequested");
                siblings.setAway("orders", false);
                heal();
            }
            double alone = median(speeds.get("alone"));
            System.out.printf("Messages a second: %s%n", speeds);
            speeds.forEach((kind, ofKind) -> System.out.printf("%s: %.0f/s, %.2f of alone%n", kind, median(ofKind),
                    median(ofKind) / alone));
            assertThat(speeds).allSatisfy((kind, ofKind) ->
                    assertThat(median(ofKind) / alone).as(kind).isGreaterThan(LEAST_SPEED));

            List<String> failing = failing();
            failing.forEach(id -> send(broker.topic("UserCreated"), "userId", id));
            await().atMost(Duration.ofSeconds(120)).until(() ->
                    broker.messageCounts().get("DLQ.billing-user-created") == failing.size());
            assertThat(broker.browse("DLQ.billing-user-created")).extracting(BrokerClient.Event::flow)
                    .containsExactlyInAnyOrderElementsOf(failing);
            assertThat(failing).allSatisfy(id -> assertThat(siblings.calls(id)).isEqualTo(10));
            broker.remove("DLQ.billing-user-created");
        }
    }

    /** One id that answers 500, one that answers 503, one that does not answer. */
    private static List<String> failing() {
        return Stream.of(500, 503, FailingSiblings.NOTHING).map(status -> {
            String id = known();
            siblings.failAt(id, status);
            return id;
        }).toList();
    }

    private static void heal() throws Exception {
        siblings.failAtNone();
        await().atMost(SOON).until(() -> broker.messageCounts().get("billing-user-created") == 0);
        broker.remove("DLQ.billing-user-created");
    }

    private static void loseOrders(ServiceProcess billing) {
        siblings.setAway("orders", true);
        send(broker.queue("BillingRequested"), "orderId", known());
        await().atMost(SOON).until(() ->
                metric(billing, "dependency_away_seconds{dependency=\"order service\"}") > 0);
    }

    /**
     * @return how many messages that do not fail are done a second, while those that fail come first and again; but for
     * the last, which may wait for one of those with which they were taken
     */
    private static double round(List<String> failing) throws Exception {
        // those that stood in for a slow one before would do some of the work
        await().atMost(Duration.ofMinutes(2)).until(() -> broker.consumers("billing-user-created") == 1);
        broker.pause("billing-user-created");
        failing.forEach(id -> send(broker.topic("UserCreated"), "userId", id));
        for (int i = 0; i < MESSAGES; i++) {
            send(broker.topic("UserCreated"), "userId", known());
        }
        long begin = System.nanoTime();
        broker.resume("billing-user-created");
        await().pollInterval(Duration.ofMillis(20)).pollDelay(Duration.ZERO).atMost(Duration.ofSeconds(120)).until(() ->
                broker.messageCounts().get("billing-user-created") <= failing.size() + GROUP);
        return MESSAGES * 1e9 / (System.nanoTime() - begin);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static ServiceProcess start(String service, String name, String... more) {
        Map<String, String> settings = ServiceProcess.settings(service);
        settings.put("broker.url", BROKER.url());
        for (String sibling : List.of("user", "order")) {
            settings.put(sibling + ".url", siblings.url());
        }
        settings.put("camel.beans.dependencies.probeEveryMs", PROBE_EVERY_MS);
        settings.put("camel.beans.retries.longestMs", "200");
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return ServiceProcess.startWithArguments(name, settings).awaitReady();
    }

    private static String known() {
        String id = UUID.randomUUID().toString();
        siblings.know(id);
        return id;
    }

    private static void send(Destination destination, String idName, String id) {
        broker.send(destination, "{\"%s\":\"%s\"}".formatted(idName, id), id, id);
    }
}
