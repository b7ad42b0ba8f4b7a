package choreography.messaging;

import java.time.Duration;
import java.util.UUID;

import choreography.testing.BrokerClient;
import choreography.testing.OwnBroker;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import org.apache.activemq.artemis.jms.client.ActiveMQConnection;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What is on its way to a consumer that dies or hangs: it is little, and nothing of it is given up. */
class PrefetchIT {

    private static final int BACKLOG = 300;
    /** Two groups of 16, and what a window in bytes cannot say exactly. */
    private static final int HELD_BY_ONE = 40;

    @RegisterExtension
    private static final OwnBroker BROKER = new OwnBroker();

    private final BrokerClient broker = BROKER.client();

    @BeforeEach
    void fillQueues() {
        for (int i = 0; i < BACKLOG; i++) {
            String order = UUID.randomUUID().toString();
            broker.send(broker.queue("OrderRequested"), """
                    {"orderId":"%s","userId":"%1$s","lines":[{"sku":"MUG-1","quantity":1}]}"""
                    .formatted(order), order, order);
        }
    }

    @AfterEach
    void emptyQueues() throws Exception {
        for (String queue : broker.messageCounts().keySet()) {
            broker.remove(queue);
        }
    }

    @Test
    void shouldGiveUpNothingWhenAConsumerDiesTwelveTimes() throws Exception {
        for (int i = 0; i < 12; i++) {
            try (Consumer consumer = new Consumer("OrderRequested")) {
                consumer.take();
                consumer.die();
            }
            await().atMost(Duration.ofSeconds(10)).until(() -> broker.consumers("OrderRequested") == 0);
        }

        assertThat(broker.messageCounts()).containsEntry("DLQ.OrderRequested", 0L)
                .containsEntry("OrderRequested", (long) BACKLOG);
    }

    @Test
    void shouldLeaveTheBacklogToTheOthersWhileAConsumerHangs() throws Exception {
        try (Consumer hanging = new Consumer("OrderRequested")) {
            hanging.take();

            assertThat(takeAll("OrderRequested")).isBetween(BACKLOG - HELD_BY_ONE, BACKLOG - 1);
        }
    }

    /** As that of a service: what it has taken and not committed comes back when it ends, however it does. */
    private static final class Consumer implements AutoCloseable {

        private final ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(BROKER.url());
        private final ActiveMQConnection connection;
        private final MessageConsumer messages;

        Consumer(String queue) throws JMSException {
            connection = (ActiveMQConnection) factory.createConnection("services", "services");
            connection.start();
            Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
            messages = session.createConsumer(session.createQueue(queue));
        }

        void take() throws JMSException {
            assertThat(messages.receive(10_000)).isNotNull();
        }

        /** What the broker sees of a {@code kill -9}: the connection breaks. */
        void die() {
            connection.getSessionFactory().getConnection().destroy();
        }

        @Override
        public void close() {
            factory.close();
        }
    }

    /** @return how many messages another consumer gets */
    private static int takeAll(String queue) {
        try (JMSContext jms = BROKER.client().session(JMSContext.AUTO_ACKNOWLEDGE);
             JMSConsumer consumer = jms.createConsumer(jms.createQueue(queue))) {
            int count = 0;
            while (consumer.receive(1000) != null) {
                count++;
            }
            return count;
        }
    }
}
