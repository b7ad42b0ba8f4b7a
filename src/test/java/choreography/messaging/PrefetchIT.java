package choreography.messaging;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;

import choreography.testing.BrokerClient;
import choreography.testing.BrokerProcess;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** What is on its way to a consumer that dies or hangs: it is little, and nothing of it is given up. */
class PrefetchIT {

    private static final int BACKLOG = 300;
    /** Two groups of 16, and what a window in bytes cannot say exactly. */
    private static final int HELD_BY_ONE = 40;

    @TempDir
    private static Path data;
    private static BrokerProcess brokerProcess;
    private static BrokerClient broker;

    @BeforeAll
    static void startBroker() throws Exception {
        brokerProcess = new BrokerProcess(data).start().awaitStarted();
        broker = new BrokerClient(brokerProcess.url());
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
        brokerProcess.close();
    }

    @BeforeEach
    void fillQueues() {
        for (int i = 0; i < BACKLOG; i++) {
            String order = UUID.randomUUID().toString();
            broker.send(broker.queue("OrderRequested"), """
                    {"orderId":"%s","userId":"%1$s","lines":[{"sku":"MUG-1","quantity":1}]}""".formatted(order), order, order);
            broker.send(broker.topic("OrderPayed"), "{\"orderId\":\"%s\"}".formatted(order), order, order);
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
            takeOneAndHang("OrderRequested").destroyForcibly().onExit().join();
        }

        assertThat(broker.messageCounts()).containsEntry("DLQ.OrderRequested", 0L).containsEntry("OrderRequested", (long) BACKLOG);
    }

    @Test
    void shouldLeaveTheBacklogToTheOthersWhileAConsumerHangs() throws Exception {
        Process hanging = takeOneAndHang("OrderRequested");
        try {
            assertThat(takeAll("OrderRequested")).isBetween(BACKLOG - HELD_BY_ONE, BACKLOG - 1);
        } finally {
            hanging.destroyForcibly().onExit().join();
        }
    }

    @Test
    void shouldLeaveAllOtherMailsToTheOthersWhileOneIsSlow() throws Exception {
        Process slow = takeOneAndHang("OrderPayed::notification-order-payed");
        try {
            assertThat(takeAll("OrderPayed::notification-order-payed")).isEqualTo(BACKLOG - 1);
        } finally {
            slow.destroyForcibly().onExit().join();
        }
    }

    /** @return a consumer that holds a message */
    private static Process takeOneAndHang(String queue) throws IOException {
        Process consumer = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), HangingConsumer.class.getName(), brokerProcess.url(), queue)
                .redirectErrorStream(true).start();
        try (Stream<String> output = consumer.inputReader().lines()) {
            assertThat(output.anyMatch(HangingConsumer.TOOK_ONE::equals)).as("the consumer of %s takes one", queue).isTrue();
        }
        return consumer;
    }

    /** @return how many messages another consumer gets */
    private static int takeAll(String queue) {
        try (ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(brokerProcess.url());
             JMSContext jms = factory.createContext("services", "services", JMSContext.AUTO_ACKNOWLEDGE);
             JMSConsumer consumer = jms.createConsumer(jms.createQueue(queue))) {
            int count = 0;
            while (consumer.receive(1000) != null) {
                count++;
            }
            return count;
        }
    }
}
