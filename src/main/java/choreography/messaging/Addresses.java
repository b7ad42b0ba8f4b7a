package choreography.messaging;

import org.apache.camel.component.jms.JmsEndpoint;

/** What the addresses of the broker are called after. */
public final class Addresses {

    /** Here and the name of an event: its copies, which gateways hear. */
    public static final String COPIES = "gateway.";

    private Addresses() { }

    /** @return the name of the messages at an address, also where there are copies of them */
    public static String message(JmsEndpoint endpoint) {
        return message(endpoint.getDestinationName());
    }

    public static String message(String address) {
        return address.startsWith(COPIES) ? address.substring(COPIES.length()) : address;
    }

    /** @return where messages wait for who consumes from here; null: nowhere, it hears what is said while it runs */
    public static String queue(JmsEndpoint consumed) {
        return consumed.isPubSubDomain() ? consumed.getSubscriptionName() : consumed.getDestinationName();
    }
}
