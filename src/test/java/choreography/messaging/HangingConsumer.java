package choreography.messaging;

import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;

/** A process that takes one message and then does nothing any more, until it is killed. Arguments: broker, queue (address::queue). */
final class HangingConsumer {

    static final String TOOK_ONE = "took one";

    private HangingConsumer() { }

    public static void main(String[] arguments) throws InterruptedException {
        try (ActiveMQConnectionFactory broker = new ActiveMQConnectionFactory(arguments[0]);
             JMSContext jms = broker.createContext("services", "services", JMSContext.SESSION_TRANSACTED);
             JMSConsumer consumer = jms.createConsumer(jms.createQueue(arguments[1]))) {
            consumer.receive();
            System.out.println(TOOK_ONE);
            Thread.currentThread().join();
        }
    }
}
