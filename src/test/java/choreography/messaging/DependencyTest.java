package choreography.messaging;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** When something is away, and when it is back. */
class DependencyTest {

    private final AtomicInteger probes = new AtomicInteger();
    private volatile boolean there;
    private volatile CountDownLatch held = new CountDownLatch(0);
    private final Dependency dependency = new Dependency("order service", () -> {
        probes.incrementAndGet();
        held.await();
        if (!there) {
            throw new IOException("no connection");
        }
    }, () -> 1_000);

    @AfterEach
    void end() {
        dependency.end();
    }

    @Test
    void shouldBeAwayFromAFailedProbeToOneThatIsAnswered() {
        assertThat(dependency.isAway()).isFalse();

        assertThat(dependency.answers()).isFalse();

        assertThat(dependency.isAway()).isTrue();
        assertThat(dependency.reason()).isEqualTo("no connection");
        await().atMost(Duration.ofSeconds(5)).until(() -> dependency.awaySeconds() > 1 && probes.get() > 1);
        assertThat(dependency.answers()).isFalse();

        there = true;
        await().atMost(Duration.ofSeconds(5)).until(() -> !dependency.isAway());
        assertThat(dependency.awaySeconds()).isZero();
        assertThat(dependency.answers()).isTrue();
    }

    @Test
    void shouldBeProbedOnceForStepsThatFailTogether() throws Exception {
        there = true;
        held = new CountDownLatch(1);
        List<CompletableFuture<Boolean>> failed = new ArrayList<>();
        failed.add(fail());
        await().atMost(Duration.ofSeconds(5)).until(() -> probes.get() == 1);
        for (int i = 0; i < 9; i++) {
            failed.add(fail());
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> waiting() == 9);

        held.countDown();

        for (CompletableFuture<Boolean> step : failed) {
            assertThat(step.get(5, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(probes).hasValue(2); // the first was asked before the others had failed
    }

    private CompletableFuture<Boolean> fail() {
        return CompletableFuture.supplyAsync(dependency::answers, task -> new Thread(task).start());
    }

    private static long waiting() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getState() == Thread.State.BLOCKED
                        && Stream.of(thread.getValue()).anyMatch(in -> in.getMethodName().equals("answersSince")))
                .count();
    }

    /** Else each time that it comes back for a moment costs all that waits an attempt. */
    @Test
    void shouldNotBelieveWhatWasAnsweredBeforeAStepFailed() {
        assertThat(dependency.answers()).isFalse();
        there = true;
        await().atMost(Duration.ofSeconds(5)).until(() -> !dependency.isAway());

        there = false;

        assertThat(dependency.answers()).isFalse();
        assertThat(dependency.isAway()).isTrue();
    }

    @Test
    void shouldNotBeProbedAnyMoreWhenTheProcessEnds() {
        assertThat(dependency.answers()).isFalse();
        dependency.end();
        int before = probes.get();

        await().during(Duration.ofMillis(1500)).atMost(Duration.ofSeconds(3)).until(() -> probes.get() <= before + 1);
    }
}
