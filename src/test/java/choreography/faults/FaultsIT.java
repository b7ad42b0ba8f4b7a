package choreography.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import choreography.contract.Services;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Never lost, never twice, whatever dies. Real processes are killed while customers order; then the faults stop, what
 * is on its way ends, and {@link Invariants} are checked in the databases, the queues and the mailbox.
 *
 * <p>{@code mvn verify} runs all kinds of fault mixed; {@code mvn verify -Pfaults} first each alone, then more of them,
 * on one process per service and replica. System properties: {@code faults.seed}, {@code faults.orders} (at least, of
 * all runs), {@code faults.kinds} (a regular expression: only these), {@code faults.longest-ms} (of one fault),
 * {@code faults.rate} (orders a second), {@code faults.processes}.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsIT {

    /** Each verify runs the same; only -Pfaults looks for something new. */
    private static final boolean EACH_ALONE = Boolean.getBoolean("faults.each-alone");
    private static final long SEED = Long.getLong("faults.seed",
            EACH_ALONE ? System.nanoTime() & 0xffffff : 20261122);
    private static final int ORDERS = Integer.getInteger("faults.orders", 60);
    private static final int LONGEST_MS = Integer.getInteger("faults.longest-ms", 1000);
    private static final int RATE = Integer.getInteger("faults.rate", 6);
    private static final List<String> LOSING = List.of(Faults.MESSAGES_REMOVED, Faults.QUEUE_DELETED);
    /** Orders: customers who waited during a long fault come to their end. */
    private static final int BETWEEN_FAULTS = 8 * Customers.ORDERS_EACH;
    private static final int MAX_REDELIVERY_DELAY_MS = Integer.getInteger("faults.max-redelivery-delay-ms", 3000);
    private static final String PROCESSES = System.getProperty("faults.processes",
            EACH_ALONE ? String.join(" ", Services.all()) : Installation.IN_TWO);
    private static final String COMMAND = "mvn verify %s -Dfaults.seed=%d".formatted(
            EACH_ALONE ? "-Pfaults"
                    : "-Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=FaultsIT", SEED);
    private static final Path FAULT_LOG = Path.of("target", "faults.log");
    private static final Path CUSTOMER_LOG = Path.of("target", "customers.log");
    private static final Path TABLES = Path.of("target", "faults.txt");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;
    private static Installation installation;
    private static Faults faults;
    private static Customers customers;
    private static Report nothing;
    private static Invariants invariants;
    private static final Set<String> KNOWN_VIOLATIONS = new LinkedHashSet<>();
    private static Duration slowestToDrain = Duration.ZERO;
    private static Instant begin;

    @BeforeAll
    static void startAll() throws Exception {
        begin = Instant.now();
        installation = new Installation(folder, PROCESSES, MAX_REDELIVERY_DELAY_MS);
        installation.setReminders(false);
        installation.start();
        faults = new Faults(installation, PROCESSES, LONGEST_MS);
        customers = new Customers(installation.urls("gateway"), SEED);
        nothing = Report.of(installation, customers, faults);
        Files.deleteIfExists(TABLES);
        print("%nFault suite, seed %d (repeat with: %s); %d JVMs, broker and database started in %d s".formatted(
                SEED, COMMAND, installation.services.size(), Duration.between(begin, Instant.now()).toSeconds()));
    }

    @AfterAll
    static void stopAll() throws Exception {
        if (invariants != null) {
            print(Report.of(installation, customers, faults).since(nothing)
                    .table("all runs, in %d s".formatted(Duration.between(begin, Instant.now()).toSeconds()),
                            SEED, invariants, KNOWN_VIOLATIONS, slowestToDrain));
        }
        installation.close();
    }

    private static void print(String text) throws IOException {
        System.out.println(text);
        Files.writeString(TABLES, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static List<String> allKinds() {
        return new Faults(null, PROCESSES, 0).kinds().stream()
                .filter(kind -> kind.matches(System.getProperty("faults.kinds", ".*"))).toList();
    }

    /** Those whose damage is made good without being asked for again. */
    static Stream<String> kinds() {
        return allKinds().stream().filter(kind -> !LOSING.contains(kind));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Order(1)
    @EnabledIfSystemProperty(named = "faults.each-alone", matches = "true")
    void shouldKeepItsPromisesUnderEachFaultAlone(String kind) throws Exception {
        run(kind, List.of(kind), 40, 1);
    }

    /** What is lost stays lost then. */
    @Test
    @Order(2)
    void shouldKeepItsPromisesUnderFaultsMixedAlsoIfNothingIsAskedForAgain() throws Exception {
        List<String> kinds = shuffled(kinds().toList());
        run("mixed, without reminders", EACH_ALONE ? kinds : kinds.subList(0, (kinds.size() + 1) / 2),
                (ORDERS - customers.orders().size()) / 2, 2);
    }

    @Test
    @Order(3)
    void shouldKeepItsPromisesUnderAllFaultsMixed() throws Exception {
        installation.setReminders(true);
        installation.restartServices();
        for (String kind : EACH_ALONE ? LOSING : List.<String>of()) {
            if (allKinds().contains(kind)) {
                run(kind, List.of(kind), 40, 1);
            }
        }
        List<String> others = new ArrayList<>(allKinds());
        others.removeAll(EACH_ALONE ? Set.of() : faults.injected().keySet());
        run("mixed, with reminders", shuffled(others.isEmpty() ? allKinds() : others),
                ORDERS - customers.orders().size(), 2);
    }

    private static List<String> shuffled(List<String> all) {
        List<String> kinds = new ArrayList<>(all);
        Collections.shuffle(kinds, new Random(SEED));
        if (kinds.remove("poison")) {
            kinds.add(0, "poison"); // it comes again and again while the others happen
        }
        return kinds;
    }

    /**
     * @param kinds  each happens at least once
     * @param orders how many there are at least; faults go on until then
     * @param atOnce how many faults there may be at the same time
     */
    private static void run(String name, List<String> kinds, int orders, int atOnce) throws Exception {
        Report before = Report.of(installation, customers, faults);
        customers.come(RATE);
        injectAll(kinds, () -> customers.orders().size() - before.asked() < orders, atOnce);
        customers.close();
        installation.awaitReady();

        Instant faultsOver = Instant.now();
        boolean quiet = becomesQuiet();
        Duration drained = Duration.between(faultsOver, Instant.now());
        repeatSome();
        quiet &= becomesQuiet();

        slowestToDrain = drained.compareTo(slowestToDrain) > 0 ? drained : slowestToDrain;
        invariants = new Invariants(installation, customers, faults);
        List<String> violations = new ArrayList<>(invariants.violations());
        violations.removeIf(violation -> !KNOWN_VIOLATIONS.add(violation));
        Report report = Report.of(installation, customers, faults).since(before);
        Files.write(FAULT_LOG, faults.log());
        Files.write(CUSTOMER_LOG, customers.log());
        print(report.table(name, SEED, invariants, violations, drained));
        assertThat(violations).as("violations under %s, seed %d; when there was which fault: %s; repeat with: %s",
                name, SEED, FAULT_LOG, COMMAND)
                .isEmpty();
        assertThat(quiet).as("everything comes to its end").isTrue();
        assertThat(report.faults().keySet()).as("faults that happened").containsAll(kinds);
        if (kinds.equals(List.of(Faults.BROKER_HANGS))) { // among others nobody may be just asking
            assertThat(customers.answers()).as("answers while the broker hangs").containsKeys("503", "504");
        }
    }

    private static boolean becomesQuiet() {
        try {
            await().pollInterval(Duration.ofMillis(200)).atMost(Duration.ofMinutes(3)).until(() ->
                    Invariants.isSettled(installation) && Invariants.isQuiet(installation));
            return true;
        } catch (ConditionTimeoutException e) {
            return false; // the invariants tell what is left
        }
    }

    /** One after the other on each of some threads; one that had no occasion gets some more chances. */
    private static void injectAll(List<String> kinds, BooleanSupplier goOn, int atOnce) {
        Queue<String> waiting = new ConcurrentLinkedQueue<>(kinds);
        AtomicInteger chances = new AtomicInteger(6 * atOnce);
        ExecutorService threads = Executors.newFixedThreadPool(atOnce);
        try {
            CompletableFuture.allOf(IntStream.range(0, atOnce).mapToObj(thread -> CompletableFuture.runAsync(() -> {
                Random random = new Random(SEED + thread);
                for (String kind = waiting.poll(); kind != null || goOn.getAsBoolean(); kind = waiting.poll()) {
                    if (kind == null) {
                        Faults.happens(installation::isReady); // or else there may soon be no replica left
                        int asked = customers.orders().size(); // and nobody whose request comes to its end
                        Faults.happens(() -> customers.orders().size() >= asked + BETWEEN_FAULTS);
                    }
                    String next = kind == null ? kinds.get(random.nextInt(kinds.size())) : kind;
                    if (!faults.inject(next, random) && chances.getAndDecrement() > 0) {
                        waiting.add(next);
                    }
                }
            }, threads)).toArray(CompletableFuture[]::new)).join();
        } finally {
            threads.shutdownNow();
        }
    }

    private static void repeatSome() {
        List<Customers.Request> answered = new ArrayList<>(customers.requests());
        Collections.shuffle(answered, new Random(SEED));
        CompletableFuture.allOf(answered.stream().limit(40).map(customers::repeat).toArray(CompletableFuture[]::new))
                .join();
    }
}
