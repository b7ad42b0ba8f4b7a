package choreography.messaging;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** When something is away, and when it is back. */
class DependencyTest {

    private final AtomicInteger probes = new AtomicInteger();
    private volatile boolean there;
    private final Dependency dependency = new Dependency("order service", () -> {
        probes.incrementAndGet();
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
    void shouldBeProbedOnceForStepsThatFailTogether() {
        there = true;

        for (int i = 0; i < 10; i++) {
            assertThat(dependency.answers()).isTrue();
        }

        assertThat(probes).hasValueLessThan(10);
        await().atMost(Duration.ofSeconds(5)).until(() -> {
            int before = probes.get();
            return dependency.answers() && probes.get() > before;
        });
    }

    @Test
    void shouldNotBeProbedAnyMoreWhenTheProcessEnds() {
        assertThat(dependency.answers()).isFalse();
        dependency.end();
        int before = probes.get();

        await().during(Duration.ofMillis(1500)).atMost(Duration.ofSeconds(3)).until(() -> probes.get() <= before + 1);
    }
}
