package choreography.contract;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class AllowedHeadersTest {

    final AllowedHeaders headers = new AllowedHeaders("gateway, traceparent", "Location");

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "traceparent", "TRACEPARENT"})
    void shouldLetANamedHeaderInInWhateverCase(String name) {
        assertThat(headers.applyFilterToExternalHeaders(name, "1", null)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"CamelSqlQuery", "CAmelSqlQuery", "CamelHttpUri", "mail.smtp.host", "Location",
            "JMSXGroupID", "_AMQ_SCHED_DELIVERY",
        "gateway ", ""})
    void shouldDropAnyOtherHeaderThatComesIn(String name) {
        assertThat(headers.applyFilterToExternalHeaders(name, "1", null)).isTrue();
    }

    @Test
    void shouldLetOnlyNamedHeadersOut() {
        assertThat(headers.applyFilterToCamelHeaders("location", "1", null)).isFalse();
        assertThat(headers.applyFilterToCamelHeaders("gateway", "1", null)).isTrue();
    }

    @Test
    void shouldLetNothingThroughWhenNothingIsNamed() {
        AllowedHeaders none = new AllowedHeaders("", " ");

        assertThat(none.applyFilterToExternalHeaders("gateway", "1", null)).isTrue();
        assertThat(none.applyFilterToCamelHeaders("gateway", "1", null)).isTrue();
    }
}
