package choreography.faults;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

import choreography.catalogue.Topology;
import org.awaitility.core.ConditionTimeoutException;

import static org.awaitility.Awaitility.await;

/**
 * Every kind of fault, by name. A fault begins, lasts a random time and ends; then everything works again or starts
 * to.
 */
final class Faults {

    /** A message that no consumer can do anything with. */
    record Poison(String name, String queue, boolean unreadable) { }

    /** A time in which so many mails at most may have been accepted without being recorded. */
    record Interval(Instant from, Instant to, int most) {

        /** Of both replicas. */
        Interval(Instant from, Instant to) {
            this(from, to, 2 * MAILS_AT_A_TIME);
        }
    }

    /** @return false: there was no occasion */
    private interface Injection {
        boolean inject(Random random) throws Exception;
    }

    static final String BROKER_HANGS = "broker hangs";
    /** What only reminders make good. */
    static final String MESSAGES_REMOVED = "messages removed";
    static final String QUEUE_DELETED = "a queue is deleted";
    /**
     * So many consumers a replica of the notification service has. At full load, in the long run, recipients are slow,
     * and others stand in for them.
     */
    private static final int MAILS_AT_A_TIME = Boolean.getBoolean("faults.each-alone") ? 3 + 8 + 1 + 8 : 5;
    /** Who looks something up gives up after 5 s. */
    private static final Duration LOOKUP_TIMEOUT = Duration.ofSeconds(5);
    /** Of the services' connections to the broker. */
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
    /** A service waits this long for a connection before its step fails. */
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(6);
    /** The services look every ten seconds whether their queues are there. */
    private static final Duration A_LOOK = Duration.ofSeconds(30);
    /** What a process sent before it died is read this much later at most. */
    private static final Duration ON_THE_WIRE = Duration.ofSeconds(1);

    private final Installation installation;
    private final int longestMs;
    private final Map<String, Injection> kinds = new LinkedHashMap<>();
    private final Map<String, Integer> injected = new ConcurrentSkipListMap<>();
    private final Queue<Poison> poisons = new ConcurrentLinkedQueue<>();
    private final Queue<Interval> unrecordedMails = new ConcurrentLinkedQueue<>();
    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final AtomicLong copies = new AtomicLong();
    private final AtomicLong hangs = new AtomicLong();
    private final AtomicLong halts = new AtomicLong();
    private final Queue<String> unheard = new ConcurrentLinkedQueue<>();

    /**
     * @param processes which services share a JVM, as in {@link Installation}
     * @param longestMs how long a fault lasts at most
     */
    Faults(Installation installation, String processes, int longestMs) {
        this.installation = installation;
        this.longestMs = longestMs;
        for (String services : processes.split(" ")) {
            kinds.put("kill -9 " + services, random -> killService(services.split(",")[0], random));
        }
        for (String service : Topology.consumingServices()) {
            kinds.put("kill between commits " + service, random -> haltBetweenCommits(service, random));
        }
        kinds.put("kill between SMTP accept and record", this::killAfterMail);
        kinds.put("kill -9 broker", this::killBroker);
        kinds.put(BROKER_HANGS, this::hangBroker);
        kinds.put("kill -9 database", this::killDatabase);
        kinds.put("SMTP down", this::closeMailbox);
        kinds.put("SMTP 4xx", random -> refuseMails(Mailbox.Mode.REFUSE_FOR_NOW, random));
        kinds.put("SMTP 5xx", random -> refuseMails(Mailbox.Mode.REFUSE_FOR_GOOD, random));
        kinds.put("lookups answer 500", random -> failLookups(Lookups.Mode.ERROR, random));
        kinds.put("lookups hang", random -> failLookups(Lookups.Mode.HANG, random));
        kinds.put("lookups slow", random -> failLookups(Lookups.Mode.SLOW, random));
        kinds.put("lookups too late", random -> failLookups(Lookups.Mode.TOO_LATE, random));
        kinds.put("lookups hang up", random -> failLookups(Lookups.Mode.HANG_UP, random));
        kinds.put("every message twice", this::copyMessages);
        kinds.put("queues held back", this::holdQueues);
        kinds.put(MESSAGES_REMOVED, this::removeMessages);
        kinds.put("poison", random -> poison());
        kinds.put("paging", this::page);
        kinds.put("disk full", this::fillDisk);
        kinds.put("database out of connections", this::exhaustConnections);
        kinds.put("a slow recipient", this::slowRecipient);
        if (Boolean.getBoolean("faults.each-alone")) { // these take long
            kinds.put("kill -9 twelve times in a row with a backlog", this::killInALoop);
            kinds.put("one of two replicas hangs", this::hangReplica);
            kinds.put(QUEUE_DELETED, this::deleteQueue);
        }
    }

    List<String> kinds() {
        return List.copyOf(kinds.keySet());
    }

    /** Returns when the fault is over; false: there was no occasion for it. */
    boolean inject(String kind, Random random) {
        Instant begin = Instant.now();
        try {
            boolean happened = kinds.get(kind).inject(random);
            if (happened) {
                injected.merge(kind, 1, Integer::sum);
            }
            log.add("%s to %s  %s%s".formatted(begin, Instant.now(), kind, happened ? "" : ": no occasion"));
            return happened;
        } catch (Exception e) {
            throw new IllegalStateException(kind + " could not be injected", e);
        }
    }

    /** When there was which fault. */
    Queue<String> log() {
        return log;
    }

    Map<String, Integer> injected() {
        return injected;
    }

    Queue<Poison> poisons() {
        return poisons;
    }

    Queue<Interval> unrecordedMails() {
        return unrecordedMails;
    }

    /** The ids of users that were asked for without anybody waiting for the outcome. */
    Queue<String> unheard() {
        return unheard;
    }

    /** How many messages were published a second time as a message of its own. */
    long copies() {
        return copies.get();
    }

    private void mailsMayRepeat(Instant from, Duration longer, int most) {
        unrecordedMails.add(new Interval(from, Instant.now().plus(longer), most));
    }

    private void mailsMayRepeat(Instant from, ServiceJvm killed) {
        if (killed.runs("notification")) {
            mailsMayRepeat(from, ON_THE_WIRE, MAILS_AT_A_TIME);
        }
    }

    private void last(Random random) {
        pass(longestMs / 4 + random.nextInt(longestMs * 3 / 4));
    }

    /** Paces faults and their load; nothing is awaited by it. */
    static void pass(long ms) {
        CompletableFuture.runAsync(() -> { }, CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS)).join();
    }

    /** Waits for it, but not for long. */
    static boolean happens(BooleanSupplier event) {
        return happens(event, Duration.ofSeconds(15));
    }

    private static boolean happens(BooleanSupplier event, Duration atMost) {
        try {
            await().pollInterval(Duration.ofMillis(20)).atMost(atMost).until(event::getAsBoolean);
            return true;
        } catch (ConditionTimeoutException noOccasion) {
            return false;
        }
    }

    private boolean killService(String service, Random random) {
        List<ServiceJvm> replicas = installation.replicas(service);
        ServiceJvm victim = replicas.get(random.nextInt(replicas.size()));
        Instant from = Instant.now();
        synchronized (victim) {
            victim.kill();
            mailsMayRepeat(from, victim);
            pass(random.nextInt(longestMs / 2));
            victim.start();
        }
        return true;
    }

    /** Every other time just after the second commit: what that was of must be in the database. */
    private boolean haltBetweenCommits(String service, Random random) throws IOException {
        List<String> queues = Topology.queuesOf(service);
        String queue = queues.get(random.nextInt(queues.size()));
        boolean before = halts.getAndIncrement() % 2 == 0;
        List<ServiceJvm> replicas = installation.replicas(service);
        synchronized (installation.services) { // a JVM can be told one queue at a time
            Instant from = Instant.now();
            for (ServiceJvm replica : replicas) {
                replica.haltAt(before ? queue : HaltingConnectionFactory.AFTER + queue);
            }
            happens(() -> replicas.stream().anyMatch(ServiceJvm::haltedOnCommand));
            List<ServiceJvm> halted = replicas.stream().filter(ServiceJvm::haltedOnCommand).toList();
            for (ServiceJvm replica : replicas) {
                replica.doNotHalt();
            }
            for (ServiceJvm replica : halted) {
                replica.kill();
                mailsMayRepeat(from, replica); // of other threads of that JVM
                replica.start();
            }
            return !halted.isEmpty();
        }
    }

    private boolean killAfterMail(Random random) {
        List<ServiceJvm> replicas = installation.replicas("notification");
        CompletableFuture<Void> killed = new CompletableFuture<>();
        Instant from = Instant.now();
        installation.mailbox.onNextMail(() -> {
            replicas.forEach(ServiceJvm::kill);
            killed.complete(null);
        });
        boolean happened = happens(killed::isDone);
        installation.mailbox.onNextMail(null);
        for (ServiceJvm replica : replicas) {
            mailsMayRepeat(from, replica);
            replica.start();
        }
        return happened;
    }

    private boolean killBroker(Random random) {
        synchronized (installation.broker) {
            installation.broker.kill();
            pass(random.nextInt(longestMs / 2));
            installation.broker.start();
            installation.broker.awaitStarted();
        }
        return true;
    }

    /** Every other time for longer than a client of the broker waits for its answer. */
    private boolean hangBroker(Random random) {
        synchronized (installation.broker) {
            installation.broker.hang();
            if (hangs.getAndIncrement() % 2 == 0) {
                pass(CALL_TIMEOUT.toMillis() + 2000);
            } else {
                last(random);
            }
            installation.broker.goOn();
        }
        return true;
    }

    private boolean killDatabase(Random random) throws IOException {
        synchronized (installation.database) {
            Instant from = Instant.now();
            installation.database.kill();
            pass(random.nextInt(longestMs / 2));
            installation.database.start();
            mailsMayRepeat(from, CONNECTION_TIMEOUT, 2 * MAILS_AT_A_TIME);
        }
        return true;
    }

    /** Each time when it has made its first step: what was on its way to the service must not be given up. */
    private boolean killInALoop(Random random) throws IOException {
        List<ServiceJvm> replicas = installation.replicas("user");
        synchronized (installation.services) {
            replicas.forEach(ServiceJvm::kill);
            synchronized (installation.broker) {
                registerUnheard(300);
            }
            boolean happened = true;
            for (int i = 0; i < 12; i++) {
                ServiceJvm victim = replicas.get(0);
                victim.haltAt("RegistrationRequested");
                victim.start();
                happened &= happens(victim::haltedOnCommand, Duration.ofMinutes(1)); // it has to start first
                victim.doNotHalt();
                victim.kill();
            }
            for (ServiceJvm replica : replicas) {
                replica.start();
            }
            return happened;
        }
    }

    /** For longer than the broker believes that it is there. */
    private boolean hangReplica(Random random) {
        List<String> services = Topology.consumingServices().stream().filter(each -> !each.equals("notification"))
                .toList(); // its mail would be sent again
        List<ServiceJvm> replicas = installation.replicas(services.get(random.nextInt(services.size())));
        ServiceJvm hanging = replicas.get(random.nextInt(replicas.size()));
        synchronized (hanging) {
            hanging.signal("STOP");
            pass(25_000);
            hanging.signal("CONT");
        }
        return true;
    }

    private boolean slowRecipient(Random random) {
        int before = installation.mailbox.slowAnswers();
        installation.mailbox.setSlow(true);
        boolean struck = happens(() -> installation.mailbox.slowAnswers() > before);
        last(random);
        installation.mailbox.setSlow(false);
        return struck;
    }

    private boolean closeMailbox(Random random) throws IOException {
        synchronized (installation.mailbox) {
            int before = installation.noticed("Away: mail server");
            installation.mailbox.close();
            boolean struck = happens(() -> installation.noticed("Away: mail server") > before);
            last(random);
            installation.mailbox.open();
            return struck;
        }
    }

    private boolean refuseMails(Mailbox.Mode mode, Random random) {
        synchronized (installation.mailbox) {
            int before = installation.mailbox.refusals();
            installation.mailbox.set(mode);
            boolean struck = happens(() -> installation.mailbox.refusals() > before);
            last(random);
            installation.mailbox.set(Mailbox.Mode.ACCEPT);
            return struck;
        }
    }

    /** What never answers does so for longer than anybody waits. */
    private boolean failLookups(Lookups.Mode mode, Random random) {
        Lookups lookups = installation.lookups.get(List.of("user", "order").get(random.nextInt(2)));
        synchronized (lookups) {
            lookups.set(mode);
            boolean struck = happens(() -> !lookups.failed().isEmpty());
            if (mode == Lookups.Mode.HANG) {
                pass(LOOKUP_TIMEOUT.toMillis() + 1000);
            } else {
                last(random);
            }
            lookups.set(Lookups.Mode.PASS);
            return struck;
        }
    }

    private boolean copyMessages(Random random) {
        synchronized (copies) {
            try (Copier copier = new Copier(installation.broker, random.nextLong())) {
                last(random);
                copier.stopCopying();
                long published = copier.awaitAllDelivered();
                copies.addAndGet(published);
                return published > 0;
            }
        }
    }

    /** What is published waits, and comes later than what is published after it to other queues. */
    private boolean holdQueues(Random random) {
        List<Broker.QueueState> queues = new ArrayList<>(installation.broker.queues().stream()
                .filter(queue -> Broker.isConsumed(queue.address())).toList());
        Collections.shuffle(queues, random);
        List<Broker.QueueState> held = queues.subList(0, queues.size() / 2);
        held.forEach(installation.broker::pause);
        boolean struck = happens(() -> isWaiting(held));
        last(random);
        Collections.shuffle(held, random);
        held.forEach(installation.broker::resume);
        return struck;
    }

    private boolean isWaiting(List<Broker.QueueState> queues) {
        List<String> names = queues.stream().map(Broker.QueueState::name).toList();
        return installation.broker.queues().stream()
                .anyMatch(queue -> names.contains(queue.name()) && queue.messages() > 0);
    }

    /** By hand, from every queue of what follows from an accepted command; poison is left, it is counted later. */
    private boolean removeMessages(Random random) {
        List<Broker.QueueState> queues = installation.broker.queues().stream()
                .filter(queue -> Topology.isMessage(queue.address())
                && !Topology.commands().contains(queue.name())).toList();
        queues.forEach(installation.broker::pause);
        last(random);
        int removed = queues.stream().mapToInt(queue -> installation.broker.remove(queue, "poison IS NULL")).sum();
        queues.forEach(installation.broker::resume);
        return removed > 0;
    }

    /** By hand, with what is in it, and made again. Meanwhile those who miss it say so. */
    private boolean deleteQueue(Random random) {
        List<Broker.QueueState> subscriptions = installation.broker.queues().stream()
                .filter(queue -> Topology.isMessage(queue.address()) && Topology.isTopic(queue.address())).toList();
        Broker.QueueState queue = subscriptions.get(random.nextInt(subscriptions.size()));
        installation.broker.delete(queue);
        boolean told = happens(() -> installation.services.stream().anyMatch(
                jvm -> jvm.observe("health/ready?exposureLevel=full").contains("has deleted " + queue.name())), A_LOOK);
        last(random);
        installation.broker.create(queue);
        return told;
    }

    private boolean page(Random random) {
        List<Broker.QueueState> commands = installation.broker.queues().stream()
                .filter(queue -> !Topology.isTopic(queue.address()) && Topology.isMessage(queue.address())).toList();
        synchronized (installation.broker) {
            commands.forEach(installation.broker::pause);
            registerUnheard(100); // until the memory is full
            boolean pages = happens(this::pages);
            last(random);
            commands.forEach(installation.broker::resume);
            return pages;
        }
    }

    /** Registrations that nobody waits for. */
    private void registerUnheard(int registrations) {
        for (int i = 0; i < registrations; i++) {
            String id = UUID.randomUUID().toString();
            installation.broker.send("RegistrationRequested",
                    "{\"userId\":\"%s\",\"name\":\"%s\",\"email\":\"%s@example.org\"}"
                    .formatted(id, "Ada".repeat(30), id), id, id, Map.of());
            unheard.add(id);
        }
    }

    private boolean pages() {
        try {
            return installation.broker.pages();
        } catch (IOException e) {
            return false; // a page file went while it was listed
        }
    }

    /** The broker takes nothing then. It asks for more free space than there is, which it does only when it starts. */
    private boolean fillDisk(Random random) {
        synchronized (installation.broker) {
            installation.broker.kill();
            installation.broker.wantFreeSpace(true);
            installation.broker.start();
            installation.broker.awaitStarted();
            boolean full = happens(installation.broker::refusesCommands);
            last(random);
            installation.broker.kill();
            installation.broker.wantFreeSpace(false);
            installation.broker.start();
            installation.broker.awaitStarted();
            return full;
        }
    }

    private boolean exhaustConnections(Random random) throws SQLException {
        synchronized (installation.database) {
            Instant from = Instant.now();
            List<Connection> held = new ArrayList<>();
            try (Connection admin = installation.database.connect(); Statement statement = admin.createStatement()) {
                long until = System.nanoTime()
                        + TimeUnit.MILLISECONDS.toNanos(longestMs / 4 + random.nextInt(longestMs));
                holdAll(held);
                statement.execute("""
                        select pg_terminate_backend(pid) from pg_stat_activity where usename like '%\\_service'""");
                while (System.nanoTime() < until) {
                    holdAll(held);
                    pass(50);
                }
            } finally {
                for (Connection connection : held) {
                    connection.close();
                }
                mailsMayRepeat(from, CONNECTION_TIMEOUT, 2 * MAILS_AT_A_TIME);
            }
        }
        return true;
    }

    private void holdAll(List<Connection> held) {
        try {
            while (true) {
                held.add(installation.database.connect());
            }
        } catch (SQLException noMoreConnections) {
            // that was the point
        }
    }

    /**
     * In every consumer's queue: what is not JSON, what does not fit the schema, and, where that is no business
     * refusal, an unknown id.
     */
    private boolean poison() {
        Map<String, String> unknown =
                new TreeMap<>(Map.of("UserCreated", "userId", "BillingRequested", "orderId", "BillPayed", "orderId",
                "BillDeclined", "orderId", "OrderPayed", "orderId", "OrderCancelled", "orderId"));
        synchronized (installation.broker) {
            for (Topology.Consumer consumer : Topology.consumers()) {
                String address = consumer.message();
                String id = UUID.randomUUID().toString();
                sendPoison(address, consumer.queue(), true, "This is not JSON.", id);
                sendPoison(address, consumer.queue(), true, "{\"orderNumber\":7}", id);
                if (unknown.containsKey(address)) {
                    String reason = address.matches("BillDeclined|OrderCancelled")
                            ? ",\"reason\":\"BALANCE_TOO_LOW\"" : "";
                    sendPoison(address, consumer.queue(), false,
                            "{\"%s\":\"%s\"%s}".formatted(unknown.get(address), id, reason), id);
                }
            }
        }
        return true;
    }

    private void sendPoison(String address, String queue, boolean unreadable, String body, String id) {
        Poison poison = new Poison("poison-" + poisons.size(), queue, unreadable);
        installation.broker.send(address, body, id, id, Map.of("poison", poison.name(), Copier.COPIED, "no"));
        poisons.add(poison);
    }
}
