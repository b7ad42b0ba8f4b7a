package choreography.messaging;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import choreography.testing.JmsText;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.core.message.impl.CoreMessage;
import org.apache.activemq.artemis.core.protocol.core.impl.wireformat.SessionReceiveMessage;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What is put back is the same message, however often, and whether somebody has looked at it or not. */
class RetriesTest {

    private final List<Message> sent = new ArrayList<>();

    @Test
    void shouldKeepTheFirstIdAndTimeOfWhatIsPutBackAgainAndAgain() throws Exception {
        TextMessage message = JmsText.text("{}");
        message.setJMSTimestamp(1);
        putBack(message);
        message.setJMSMessageID("ID:2"); // as the broker delivers it
        message.setJMSTimestamp(2);
        putBack(message);
        message.setJMSMessageID("ID:3");
        message.setJMSTimestamp(3);

        Retries.restoreId(message);

        assertThat(message.getJMSMessageID()).isEqualTo("ID:1");
        assertThat(Retries.firstSent(message)).isEqualTo(1);
    }

    @Test
    void shouldPutBackAMessageOfTheKindThatItWas() throws Exception {
        MapMessage map = JmsText.message(MapMessage.class);
        ClientMessage core = Retries.core(map);
        byte kind = core.getType();
        new UnreadBodies().intercept(new SessionReceiveMessage((CoreMessage) core), null);
        assertThat(core.getType()).as("as it comes to the consumer").isNotEqualTo(kind);

        putBack(map);

        assertThat(core.getType()).isEqualTo(kind);
        assertThat(sent).containsExactly(map);
    }

    @Test
    void shouldWaitTwiceAsLongEachTimeButNeverLongerThanTheLongest() {
        Retries retries = new Retries();
        retries.setLongestMs(30_000);

        assertThat(IntStream.of(1, 2, 3, 8, 9, 60, 1000).mapToLong(attempts -> retries.after(attempts).toMillis()))
                .containsExactly(200L, 400L, 800L, 25_600L, 30_000L, 30_000L, 30_000L);
    }

    private void putBack(Message message) throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            Retries.putBack(JmsText.session((queue, one) -> sent.add(one)), message,
                    camel.getEndpoint("jms:queue:OrderRequested", JmsEndpoint.class), Duration.ZERO);
        }
    }
}
