package choreography.messaging;

import java.time.Duration;
import java.util.List;

import choreography.testing.RouteTest;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What a timer starts while the database is away: once something that fails, which is logged, then nothing. */
class PeriodicChecksTest extends RouteTest {

    private static final List<String> CHECKS = List.of("order-remind-billing", "order-remind-mails");

    PeriodicChecksTest() {
        super("order", "order.check-interval-ms", "50");
    }

    @Test
    void shouldWaitUntilTheDatabaseIsBack() {
        context.start();

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() ->
                assertThat(CHECKS).allSatisfy(check ->
                        assertThat(count("camel.exchanges.total", check)).isGreaterThan(3)));
        assertThat(CHECKS).allSatisfy(check ->
                assertThat(count("camel.exchanges.failed", check)).isLessThanOrEqualTo(1));
        Dependencies dependencies = context.getRegistry().findSingleByType(Dependencies.class);
        assertThat(dependencies.all()).filteredOn(Dependency::isAway).extracting(Dependency::name)
                .containsExactly("database of order");
    }

    private double count(String meter, String route) {
        double sum = 0;
        for (Meter one : context.getRegistry().findSingleByType(MeterRegistry.class).find(meter)
                .tag("routeId", route).meters()) {
            for (Measurement measured : one.measure()) {
                sum += measured.getValue();
            }
        }
        return sum;
    }
}
