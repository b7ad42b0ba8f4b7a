package choreography.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import choreography.testing.Answer;
import choreography.testing.Caller;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * No outage needs hands: something is away for longer than twice what ten attempts take, under load, and when it is
 * back all ends by itself. Only what fails on its own is ever a dead letter, also meanwhile.
 */
class OutagesIT {

    /** All of it takes minutes; {@code mvn verify} tries one outage. */
    private static final boolean EACH = Boolean.getBoolean("faults.each-alone");
    /** Shortens the attempts: ten take 0.2 + 0.4 + 7 x 0.5 = 4.1 s. */
    private static final int MAX_REDELIVERY_DELAY_MS = 500;
    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("faults.outage-s", 10));
    private static final int RATE = 6;
    private static final String PROCESSES = Installation.IN_TWO;
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;
    private static Installation installation;
    private static Faults faults;
    private static Customers customers;
    private static final Set<String> KNOWN_VIOLATIONS = new LinkedHashSet<>();
    /** By user. */
    private static final Map<String, String> EMAILS = new ConcurrentHashMap<>();

    private interface Switch {
        void set(boolean away) throws Exception;
    }

    @BeforeAll
    static void startAll() throws Exception {
        installation = new Installation(folder, PROCESSES, MAX_REDELIVERY_DELAY_MS);
        installation.start();
        faults = new Faults(installation, PROCESSES, 0);
        customers = new Customers(installation.urls("gateway"), 20);
    }

    @AfterAll
    static void stopAll() throws IOException {
        installation.close();
    }

    @AfterEach
    void keepsItsPromises() throws Exception {
        installation.awaitReady();
        await().atMost(Duration.ofSeconds(60)).until(() ->
                Invariants.isSettled(installation) && Invariants.isQuiet(installation));
        List<String> violations = new Invariants(installation, customers, faults).violations();
        violations.removeIf(violation -> !KNOWN_VIOLATIONS.add(violation));
        assertThat(violations).isEmpty();
    }

    private static Map<String, Switch> switches() {
        Map<String, Switch> switches = new LinkedHashMap<>();
        switches.put("user", away -> setLookups("user", away, Lookups.Mode.ERROR));
        switches.put("order", away -> setLookups("order", away, Lookups.Mode.HANG_UP));
        switches.put("billing", away -> setLookups("billing", away, Lookups.Mode.ERROR)); // asked by reminders
        switches.put("notification", away -> setLookups("notification", away, Lookups.Mode.HANG_UP));
        switches.put("SMTP", away -> {
            if (away) {
                installation.mailbox.close();
            } else {
                installation.mailbox.open();
            }
        });
        switches.put("database", away -> {
            if (away) {
                installation.database.kill();
            } else {
                installation.database.start();
            }
        });
        switches.put("broker", away -> {
            if (away) {
                installation.broker.kill();
            } else {
                installation.broker.start();
                installation.broker.awaitStarted();
            }
        });
        return switches;
    }

    private static void setLookups(String service, boolean away, Lookups.Mode mode) {
        installation.lookups.get(service).set(away ? mode : Lookups.Mode.PASS);
    }

    static Stream<String> outages() {
        return Stream.concat(switches().keySet().stream(), Stream.of("user+order", "order+SMTP", "database+SMTP"))
                .filter(outage -> outage.matches(System.getProperty("faults.kinds", EACH ? ".*" : "order")));
    }

    @ParameterizedTest
    @MethodSource("outages")
    void shouldGoOnByItselfWhenWhatWasAwayIsBack(String outage) throws Exception {
        List<Switch> switches = Arrays.stream(outage.split("\\+")).map(switches()::get).toList();
        boolean steps = !outage.matches(".*(database|broker).*"); // that have all they need
        customers.come(RATE);
        Faults.pass(2_000); // until the load is there
        int before = ended();

        Instant begin = Instant.now();
        for (Switch one : switches) {
            one.set(true);
        }
        // between the acceptance of a mail and the record of it
        if (!outage.matches("user|order|billing|notification|user.order")) {
            faults.unrecordedMails().add(new Faults.Interval(begin.minusSeconds(1), begin.plusSeconds(7)));
        }
        if (steps) {
            poison();
            await().atMost(SOON).until(() -> deadLetters("order-bill-payed").equals(poisons()));
        }
        Faults.pass(Duration.between(Instant.now(), begin.plus(OUTAGE)).toMillis());
        Map<String, Integer> asked = Map.copyOf(installation.lookups.get("order").failed());
        for (Switch one : switches) {
            one.set(false);
        }
        Instant back = Instant.now();
        customers.close();
        await().atMost(OUTAGE).until(() -> Invariants.isSettled(installation));
        Duration drained = Duration.between(back, Instant.now());

        if (!steps) {
            poison();
        }
        System.out.printf("%s away for %s: %d orders meanwhile, drained in %s%n", outage, OUTAGE, ended() - before,
                drained);
        assertThat(ended()).isGreaterThan(before);
        assertThat(asked).allSatisfy((path, times) -> assertThat(times).isLessThanOrEqualTo(3));
        if (outage.contains("order") && !outage.contains("user")) { // without users nothing new is to be billed
            assertThat(asked).isNotEmpty();
        }
        await().atMost(SOON).until(() -> deadLetters("order-bill-payed").equals(poisons()));
    }

    private static int ended() throws Exception {
        return installation.database.rows("select 1 from order_service.orders where status <> 'CREATED'").size();
    }

    /** A bill of an order that is not there: it fails on its own. */
    private static void poison() {
        String id = UUID.randomUUID().toString();
        Faults.Poison poison = new Faults.Poison("poison-" + id, "order-bill-payed", false);
        installation.broker.send("BillPayed", "{\"orderId\":\"%s\"}".formatted(id), id, id,
                Map.of("poison", poison.name()));
        faults.poisons().add(poison);
    }

    private static Set<String> poisons() {
        return Set.copyOf(faults.poisons().stream().filter(one -> one.queue().equals("order-bill-payed"))
                .map(Faults.Poison::name).toList());
    }

    private static Set<String> deadLetters(String queue) throws Exception {
        return Set.copyOf(installation.broker.browse("DLQ." + queue).stream()
                .map(letter -> letter.properties().getOrDefault("poison", "none")).toList());
    }

    @Test
    void shouldTellOnceWhatIsAwayAndStayReady() throws Exception {
        ServiceJvm replica = installation.replicas("notification").get(0);
        int before = count(replica.log(), "Away: mail server");
        installation.mailbox.close();
        try {
            order(register());

            await().atMost(SOON).until(() -> replica.observe("health?exposureLevel=full"), health ->
                    health.contains("Away: mail server since ")
                            && health.contains("notification-mail-payed-order has 1 messages to wait"));
            Faults.pass(3_000);
            assertThat(replica.isReady()).isTrue();
            assertThat(replica.observe("metrics").lines()
                    .filter(line -> line.startsWith("dependency_away_seconds") && line.contains("mail server")))
                    .singleElement().satisfies(line ->
                    assertThat(Double.parseDouble(line.replaceFirst(".* ", ""))).isGreaterThan(2));
            assertThat(count(replica.log(), "Away: mail server") - before).isEqualTo(1);
        } finally {
            installation.mailbox.open();
        }
        await().atMost(SOON).until(() -> replica.log().contains("Back: mail server, after "));
    }

    private static int count(String text, String words) {
        return text.split(words, -1).length - 1;
    }

    @Test
    @EnabledIfSystemProperty(named = "faults.each-alone", matches = "true")
    void shouldLeaveAllToTheReplicaThatIsNotCutOff() throws Exception {
        List<String> users = Stream.generate(OutagesIT::register).limit(8).toList();
        installation.ordersOfSecond.set(Lookups.Mode.HANG_UP);
        try {
            List<String> orders = users.stream().flatMap(user -> IntStream.range(0, 5).mapToObj(n -> order(user)))
                    .toList();
            await().atMost(Duration.ofSeconds(10)).until(() -> orders.stream().allMatch(id -> is(id, "PAYED")));
            await().atMost(Duration.ofSeconds(10)).until(() -> orders.stream().allMatch(OutagesIT::isMailed));
        } finally {
            installation.ordersOfSecond.set(Lookups.Mode.PASS);
        }
    }

    @Test
    void shouldSendEachMailOnceToAServerThatTakesLongToAccept() throws Exception {
        installation.mailbox.setAcceptsAfter(Duration.ofSeconds(20));
        try {
            String user = register();
            List<String> orders = Stream.generate(() -> order(user)).limit(10).toList();
            await().atMost(Duration.ofSeconds(60)).until(() -> orders.stream().allMatch(OutagesIT::isRecorded));
            assertThat(orders).allSatisfy(id -> assertThat(mails(id)).hasSize(1));
        } finally {
            installation.mailbox.setAcceptsAfter(Duration.ZERO);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "faults.each-alone", matches = "true")
    void shouldMailOthersWhileManyRecipientsAreSlow() throws Exception {
        String slow = register();
        String quick = register();
        installation.mailbox.setRecipients(to -> {
            if (to.equals(EMAILS.get(slow))) {
                Faults.pass(30_000);
            }
            return "250 ok";
        });
        try {
            // more than 2 x notification.concurrent-mails for each of two replicas
            List<String> waiting = Stream.generate(() -> order(slow)).limit(16).toList();
            await().atMost(SOON).until(() -> waiting.stream().allMatch(id -> is(id, "PAYED")));
            List<String> orders = Stream.generate(() -> order(quick)).limit(20).toList();
            await().atMost(Duration.ofSeconds(10)).until(() -> orders.stream().allMatch(OutagesIT::isMailed));
            assertThat(waiting).noneMatch(OutagesIT::isMailed);
            await().atMost(Duration.ofSeconds(60)).until(() -> waiting.stream().allMatch(OutagesIT::isRecorded));
        } finally {
            installation.mailbox.setRecipients(to -> "250 ok");
        }
    }

    @Test
    void shouldTryARecipientAgainThatIsRefusedForNow() throws Exception {
        String user = register();
        Instant until = Instant.now().plusSeconds(8);
        installation.mailbox.setRecipients(to -> to.equals(EMAILS.get(user)) && Instant.now().isBefore(until)
                ? "450 greylisted" : "250 ok");
        try {
            String order = order(user);
            await().atMost(Duration.ofSeconds(30)).until(() -> isRecorded(order));
            assertThat(mails(order)).hasSize(1);
            assertThat(mails(order).get(0).at()).isAfterOrEqualTo(until);
        } finally {
            installation.mailbox.setRecipients(to -> "250 ok");
        }
    }

    @Test
    void shouldEndWhileAMailWaits() throws Exception {
        ServiceJvm replica = installation.replicas("notification").get(0);
        installation.mailbox.setAcceptsAfter(Duration.ofSeconds(25));
        String user = register();
        List<String> orders = Stream.generate(() -> order(user)).limit(4).toList();
        await().atMost(SOON).until(() -> orders.stream().allMatch(OutagesIT::isMailed));
        Instant told = Instant.now();

        replica.stop();
        replica.awaitEnd();

        installation.mailbox.setAcceptsAfter(Duration.ZERO);
        faults.unrecordedMails().add(new Faults.Interval(told.minusSeconds(20), Instant.now()));
        assertThat(Duration.between(told, Instant.now())).isLessThan(Duration.ofSeconds(15));
        replica.start();
        await().atMost(Duration.ofSeconds(60)).until(() -> orders.stream().allMatch(OutagesIT::isRecorded));
    }

    @Test
    void shouldParkAMailAtOnceWhoseRecipientIsRefusedForGood() throws Exception {
        String user = register();
        installation.mailbox.setRecipients(to -> to.equals(EMAILS.get(user)) ? "550 no such mailbox" : "250 ok");
        String order = order(user);
        try {
            await().atMost(Duration.ofSeconds(5)).until(() -> !installation.broker
                    .browse("DLQ.notification-order-payed").isEmpty());
            assertThat(installation.broker.browse("DLQ.notification-order-payed")).singleElement()
                    .satisfies(letter -> assertThat(letter.flow()).isEqualTo(order))
                    .satisfies(letter -> assertThat(letter.properties())
                    .containsEntry("reason", "The mail server refuses it: 550")
                    .containsEntry("_AMQ_ORIG_QUEUE", "notification-order-payed"));
        } finally {
            installation.mailbox.setRecipients(to -> "250 ok");
        }
        installation.broker.manage("queue.DLQ.notification-order-payed", "retryMessages"); // as the console does it
        await().atMost(SOON).until(() -> isRecorded(order));
        assertThat(mails(order)).hasSize(1);
    }

    private static Caller shop() {
        return new Caller(installation.urls("gateway").get(0).getPort());
    }

    private static String register() {
        String email = UUID.randomUUID() + "@example.com";
        Answer answer = shop().post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"%s\"}".formatted(email));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        EMAILS.put(answer.field("userId"), email);
        customers.emails().put(answer.field("userId"), email);
        return answer.field("userId");
    }

    private static String order(String user) {
        Answer answer = shop().post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1}]}".formatted(user));
        assertThat(answer.status()).as(answer.toString()).isIn(201, 202);
        customers.forsaken().merge(user, 1, Integer::sum); // the customers do not know of it
        return answer.header("Location").replaceFirst(".*/orders/([0-9a-f-]+).*", "$1");
    }

    private static boolean is(String order, String status) {
        return isThere("order_service.orders where status = '%s' and order_id = '%s'".formatted(status, order));
    }

    private static List<Mailbox.Mail> mails(String order) {
        return installation.mailbox.mails()
                .getOrDefault("<OrderPayed.%s@order-choreography.example>".formatted(order), List.of());
    }

    private static boolean isMailed(String order) {
        return !mails(order).isEmpty();
    }

    private static boolean isRecorded(String order) {
        return isThere("notification_service.mail where sent_at is not null and order_id = '%s'".formatted(order));
    }

    private static boolean isThere(String row) {
        try {
            return !installation.database.rows("select 1 from " + row).isEmpty();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
