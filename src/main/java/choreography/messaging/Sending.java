package choreography.messaging;

import java.util.EnumSet;
import java.util.Set;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.camel.Exchange;

/** Tells of a message that could not be published whether the broker may have it all the same. */
public final class Sending {

    private static final String BEGUN = "sendingBegun";

    /**
     * What the broker says when it refuses a message, and what its client throws before it writes one: NOT_CONNECTED. A
     * connection that breaks afterwards is UNBLOCKED, a broker that does not answer CONNECTION_TIMEDOUT (Artemis 2.56).
     */
    private static final Set<ActiveMQExceptionType> REFUSALS = EnumSet.of(
            ActiveMQExceptionType.NOT_CONNECTED, ActiveMQExceptionType.ADDRESS_FULL,
            ActiveMQExceptionType.SECURITY_EXCEPTION,
            ActiveMQExceptionType.QUEUE_DOES_NOT_EXIST, ActiveMQExceptionType.ADDRESS_DOES_NOT_EXIST);

    private Sending() { }

    /** From now on the message may be on its way: connection, session and producer are there. */
    public static void begin(Exchange exchange) {
        exchange.setProperty(BEGUN, true);
    }

    /** @return whether what this exchange was to publish may be at the broker, though the exchange failed */
    public static boolean mayHaveLeft(Exchange failed) {
        Throwable failure = failed.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        return failed.getProperty(BEGUN) != null && !isRefusal(failure);
    }

    /** The first word of the broker's client counts: UNBLOCKED has the cause NOT_CONNECTED. */
    private static boolean isRefusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ActiveMQException broker) {
                return REFUSALS.contains(broker.getType());
            }
        }
        return false;
    }
}
