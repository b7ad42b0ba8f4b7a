package choreography.messaging;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

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
    private final Map<Thread, Long> begun = new ConcurrentHashMap<>();
    private int present;
    private long lastSlow;

    /**
     * @param most   how many there may be
     * @param wanted is told how many there are to be, when that changes
     */
    StandIns(int most, IntConsumer wanted) {
        this.most = most;
        this.wanted = wanted;
    }

    void begin() {
        ALL.add(this);
    }

    void end() {
        ALL.remove(this);
    }

    /** This thread begins a group. */
    void stepsBegin() {
        begun.put(Thread.currentThread(), System.nanoTime());
    }

    void stepsEnd() {
        begun.remove(Thread.currentThread());
    }

    private void look() {
        long now = System.nanoTime();
        int slow = (int) begun.values().stream().filter(begin -> now - begin > SLOW).count();
        if (slow > 0) {
            lastSlow = now;
        }
        int next = slow > 0 || now - lastSlow < STAY ? Math.min(most, Math.max(present, slow)) : 0;
        if (next != present) {
            present = next;
            wanted.accept(next);
        }
    }
}
