package choreography.messaging;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Something that steps of this process cannot do without: a sibling, the mail server, a database, the broker. It is
 * away when it does not answer to a probe, which is a question of its own and never a message. It is probed when a
 * step has failed; while it is away, again and again. When that begins and ends is told once, in the log.
 */
public final class Dependency {

    /** Returns when it answered, else throws. */
    @FunctionalInterface
    public interface Probe {
        void probe() throws Exception;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Dependency.class);

    private final String name;
    private final Probe probe;
    private final LongSupplier probeEveryMs;
    private final Set<String> consumers = new ConcurrentSkipListSet<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    /** When the last question was put that it has answered. */
    private volatile long answeredAt = System.nanoTime();
    private volatile Instant awaySince;
    private volatile String reason = "";

    /**
     * @param name         as people call it: order service
     * @param probeEveryMs while it is away
     */
    public Dependency(String name, Probe probe, LongSupplier probeEveryMs) {
        this.name = name;
        this.probe = probe;
        this.probeEveryMs = probeEveryMs;
    }

    public String name() {
        return name;
    }

    /** The routes that take no message while it is away. */
    public Set<String> consumers() {
        return consumers;
    }

    public boolean isAway() {
        return awaySince != null;
    }

    /** Null: it answers, as far as is known. */
    public Instant awaySince() {
        return awaySince;
    }

    /** For how long it has been away, in seconds; 0: it answers. */
    public double awaySeconds() {
        Instant since = awaySince;
        return since == null ? 0 : Duration.between(since, Instant.now()).toMillis() / 1000.0;
    }

    /** What the last probe failed with. */
    public String reason() {
        return reason;
    }

    /**
     * Whether it is there after a step has failed. Steps that fail together need one probe; what it answered before
     * says nothing: who comes and goes was there a moment ago.
     */
    boolean answers() {
        return answersSince(System.nanoTime());
    }

    private synchronized boolean answersSince(long failure) {
        if (isAway()) {
            return false;
        }
        if (answeredAt - failure > 0 || isAnswering()) {
            return true;
        }
        if (ended.getCount() > 0) {
            goAway();
        }
        return false;
    }

    /** The last probe was the last one: the process ends. */
    void end() {
        ended.countDown();
    }

    private boolean isAnswering() {
        long asked = System.nanoTime();
        try {
            probe.probe();
            answeredAt = asked;
            return true;
        } catch (Exception | LinkageError e) {
            reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            return false;
        }
    }

    private void goAway() {
        awaySince = Instant.now();
        LOG.warn("Away: {} ({}). Until it is back, no messages are taken by {}", name, reason, consumers);
        Thread timer = new Thread(this::awaitBack, "away-" + name.replace(' ', '-'));
        timer.setDaemon(true); // it may be waiting for an answer that never comes
        timer.start();
    }

    private void awaitBack() {
        try {
            while (!ended.await(probeEveryMs.getAsLong(), TimeUnit.MILLISECONDS)) {
                if (isAnswering()) {
                    comeBack();
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void comeBack() {
        LOG.warn("Back: {}, after {} s", name, Math.round(awaySeconds()));
        awaySince = null;
    }
}
