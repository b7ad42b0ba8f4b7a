package choreography.messaging;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import choreography.testing.JmsText;
import choreography.testing.TestedService;
import jakarta.jms.TextMessage;
import org.apache.camel.Exchange;
import org.apache.camel.component.jms.JmsBinding;
import org.apache.camel.component.jms.JmsMessage;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class CloudEventsTest {

    static final String CONSUMED = "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33";

    @Test
    void shouldDeriveTheSameIdFromTheSameCauseAndType() {
        String id = CloudEvents.id(CONSUMED, "BillPayed");

        assertThat(CloudEvents.id(CONSUMED, "BillPayed")).isEqualTo(id);
        assertThat(UUID.fromString(id)).hasToString(id);
        assertThat(List.of(CloudEvents.id(CONSUMED, "BillDeclined"), CloudEvents.id(id, "BillPayed"), CONSUMED))
                .doesNotContain(id);
    }

    /** Events that were published before an upgrade are recognised after it. */
    @Test
    void shouldKeepDerivingTheIdsItAlwaysDerived() {
        assertThat(CloudEvents.id(CONSUMED, "BillPayed")).isEqualTo("5a8ac7d3-2f56-37ab-a01d-c511fa79b208");
    }

    @Test
    void shouldMakeAPublishedMessageACloudEvent() throws Exception {
        TextMessage message = JmsText.text("{}");

        new CloudEvents().onMessageCreated(message, null, exchange(consumed(), "jms://topic:BillPayed"), null);

        Map<String, Object> attributes = JmsText.properties(message);
        assertThat(Instant.parse((String) attributes.remove("cloudEvents_time")))
                .isCloseTo(Instant.now(), within(1, ChronoUnit.MINUTES));
        assertThat(attributes).containsExactlyInAnyOrderEntriesOf(Map.of(
                "cloudEvents_id", CloudEvents.id(CONSUMED, "BillPayed"),
                "cloudEvents_specversion", "1.0",
                "cloudEvents_type", "BillPayed",
                "cloudEvents_source", "/billing",
                "cloudEvents_subject", TestedService.FLOW,
                "cloudEvents_datacontenttype", "application/json",
                "cloudEvents_causationid", CONSUMED));
    }

    private static TextMessage consumed() throws Exception {
        return TestedService.event(CONSUMED, "{}");
    }

    private static Exchange exchange(TextMessage consumed, String endpoint) {
        DefaultExchange exchange = new DefaultExchange(new DefaultCamelContext());
        exchange.setIn(new JmsMessage(exchange, consumed, null, new JmsBinding()));
        exchange.getExchangeExtension().setFromRouteId("billing-charge-order");
        exchange.setProperty(Exchange.TO_ENDPOINT, endpoint);
        return exchange;
    }
}
