package choreography.messaging;

import org.apache.camel.component.jms.JmsEndpoint;

/** The queues of a consumer, as broker.xml names them: the one it consumes, and its dead-letter queue. */
public final class DeadLetterQueue {

    private static final String PREFIX = "DLQ.";

    private DeadLetterQueue() { }

    /** @param queue what a consumer consumes: {@link #consumedBy} */
    public static String of(String queue) {
        return PREFIX + queue;
    }

    /** A subscription by its name; those of gateways have none, come and go, and share one dead-letter queue. */
    public static String consumedBy(JmsEndpoint consumer) {
        String queue = Addresses.queue(consumer);
        return queue == null ? "gateway" : queue;
    }
}
