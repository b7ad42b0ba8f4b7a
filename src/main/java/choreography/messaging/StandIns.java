package choreography.messaging;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

import jakarta.jms.MessageConsumer;

/**
 * Looks after the groups of steps that a container has under way: for each that lasts longer than half a second the
 * container may have one consumer more, so that a slow step holds up no others. They stay for half a minute: what was
 * slow may come again.
 */
final class StandIns {

    private static final long SLOW = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long STAY = TimeUnit.SECONDS.toNanos(30);
    private static final int LOOKS_EVERY_MS = 250;

    private static final Set<StandIns> ALL = ConcurrentHashMap.newKeySet();
    private static final ScheduledExecutorService CLOCK = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "stand-ins");
        thread.setDaemon(true);
        return thread;
    });

    static {
        CLOCK.scheduleWithFixedDelay(() -> ALL.forEach(StandIns::look), LOOKS_EVERY_MS, LOOKS_EVERY_MS,
                TimeUnit.MILLISECONDS);
    }

    private final int most;
    private final IntConsumer wanted;
    private final Consumer<MessageConsumer> slow;
    private final Map<MessageConsumer, Group> underWay = new ConcurrentHashMap<>();
    private int present;
    private long lastSlow;

    private record Group(long begun, boolean givesBack) { }

    /**
     * @param most   how many there may be
     * @param wanted is told how many there are to be, when that changes
     * @param slow   is told, again and again, of each consumer whose group is slow, if it is to give back what waits
     */
    StandIns(int most, IntConsumer wanted, Consumer<MessageConsumer> slow) {
        this.most = most;
        this.wanted = wanted;
        this.slow = slow;
    }

    void begin() {
        ALL.add(this);
    }

    void end() {
        ALL.remove(this);
    }

    /**
     * A group begins, with a message of this consumer; or the rest of one.
     *
     * @param givesBack whether others may have what waits in the consumer, if the group is slow
     */
    void stepsBegin(MessageConsumer receiver, boolean givesBack) {
        underWay.put(receiver, new Group(System.nanoTime(), givesBack));
    }

    void stepsEnd(MessageConsumer receiver) {
        underWay.remove(receiver);
    }

    private void look() {
        long now = System.nanoTime();
        List<Map.Entry<MessageConsumer, Group>> atSlowSteps = underWay.entrySet().stream().map(Map.Entry::copyOf)
                .filter(group -> now - group.getValue().begun > SLOW).toList();
        if (!atSlowSteps.isEmpty()) {
            lastSlow = now;
        }
        int next = now - lastSlow < STAY ? Math.min(most, Math.max(present, atSlowSteps.size())) : 0;
        if (next != present) {
            present = next;
            wanted.accept(next);
        }
        atSlowSteps.stream().filter(group -> group.getValue().givesBack)
                .forEach(group -> tell(group.getKey(), group.getValue()));
    }

    /** Unless that group has ended: its consumer may have another one, and want more for it. */
    private void tell(MessageConsumer consumer, Group group) {
        underWay.computeIfPresent(consumer, (same, present) -> {
            if (present == group) {
                slow.accept(consumer);
            }
            return present;
        });
    }
}
