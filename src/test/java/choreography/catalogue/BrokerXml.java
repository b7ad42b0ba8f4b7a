package choreography.catalogue;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import choreography.catalogue.MessageCatalogue.Message;
import choreography.catalogue.MessageCatalogue.Receiver;
import choreography.catalogue.RouteModel.Publishes;
import choreography.messaging.Addresses;

/**
 * The parts of broker.xml that follow from the routes: addresses and queues, what each address does with a message that
 * it cannot hand out, the copies for gateways. An event may have any number of subscribers, each with a dead-letter
 * queue of its own.
 */
public final class BrokerXml {

    public static final Path FILE = Path.of("broker/etc/broker.xml");

    /** Where the broker puts an event that has lost its queues, or that somebody told it to give up. */
    private static final String NO_ROUTE = "no-route.";
    /** Its messages have a group (JMSXGroupID): those of one group go to one consumer, one after the other. */
    private static final String GROUPED = "BillingRequested";
    private static final Pattern GENERATED = Pattern.compile(
            "(?s)(?<=<!-- From here on generated: (addresses|settings|diverts) -->\n).*?(?= *<!-- Until here -->)");

    private final List<Message> messages;
    private final StringBuilder text = new StringBuilder();

    private BrokerXml(List<Message> messages) {
        this.messages = messages;
    }

    /** @return the file as it has to be for these messages */
    public static String of(String file, List<Message> messages) {
        return GENERATED.matcher(file).replaceAll(part ->
                Matcher.quoteReplacement(new BrokerXml(messages).part(part)));
    }

    private String part(MatchResult part) {
        switch (part.group(1)) {
            case "addresses" -> addresses();
            case "settings" -> settings();
            default -> diverts();
        }
        return text.toString();
    }

    private void addresses() {
        messages.forEach(message -> address(message.name(), isTopic(message), queues(message)));
        matching(BrokerXml::isHeardByGateways)
                .forEach(message -> address(Addresses.COPIES + message.name(), true, List.of()));
        matching(BrokerXml::isKept).forEach(message -> address(NO_ROUTE + message.name(), true, List.of()));
        Set<String> deadLetterQueues = new LinkedHashSet<>();
        messages.forEach(message -> message.receivers().stream().map(Receiver::deadLetterQueue)
                .forEach(deadLetterQueues::add));
        deadLetterQueues.forEach(queue -> address(queue, false, List.of(queue)));
    }

    private void address(String name, boolean topic, List<String> queues) {
        String routing = topic ? "multicast" : "anycast";
        if (queues.isEmpty()) {
            line(3, "<address name=\"%s\"><%s/></address>", name, routing);
            return;
        }
        line(3, "<address name=\"%s\">", name);
        line(4, "<%s>%s</%1$s>", routing, queues.stream()
                .map(queue -> "<queue name=\"%s\"%s/>".formatted(queue, queue.equals(GROUPED)
                        ? " group-buckets=\"1024\" group-rebalance=\"true\"" : ""))
                .collect(Collectors.joining()));
        line(3, "</address>");
    }

    private void settings() {
        for (Message message : matching(each -> !isTopic(each))) {
            line(3, "<address-setting match=\"%s\">", message.name());
            message.receivers().forEach(to ->
                    line(4, "<dead-letter-address>%s</dead-letter-address>", to.deadLetterQueue()));
            Set<String> senders = message.senders().stream().map(Publishes::service).collect(Collectors.toSet());
            if (senders.equals(Set.of("gateway"))) {
                line(4, "<disk-full-policy>FAIL</disk-full-policy>");
            }
            line(3, "</address-setting>");
        }
        for (Message message : matching(BrokerXml::isKept)) {
            line(3, "<address-setting match=\"%s\">", message.name());
            line(4, "<dead-letter-address>%s%s</dead-letter-address>", NO_ROUTE, message.name());
            line(4, "<send-to-dla-on-no-route>true</send-to-dla-on-no-route>");
            line(3, "</address-setting>");
        }
    }

    private void diverts() {
        for (Message message : matching(BrokerXml::isHeardByGateways)) {
            line(3, "<divert name=\"gateways-hear-%s\">", message.name());
            line(4, "<address>%s</address>", message.name());
            line(4, "<forwarding-address>%s%s</forwarding-address>", Addresses.COPIES, message.name());
            line(4, "<filter string=\"gateway IS NOT NULL\"/>");
            line(3, "</divert>");
        }
        matching(BrokerXml::isKept).forEach(message -> subscribers(message)
                .forEach(subscriber -> keep(message.name(), subscriber)));
    }

    /** If all queues are gone the broker names none, and each subscriber gets it; else the one it was taken from. */
    private void keep(String event, Receiver subscriber) {
        String queue = subscriber.queue();
        line(3, "<divert name=\"no-route-%s\">", queue);
        line(4, "<address>%s%s</address>", NO_ROUTE, event);
        line(4, "<forwarding-address>%s</forwarding-address>", subscriber.deadLetterQueue());
        line(4, "<filter string=\"_AMQ_ORIG_QUEUE IS NULL OR _AMQ_ORIG_QUEUE = '%s'\"/>", queue);
        line(4, "<transformer>");
        line(5, "<class-name>org.apache.activemq.artemis.core.server.transformer.AddHeadersTransformer</class-name>");
        line(5, "<property key=\"_AMQ_ORIG_ADDRESS\" value=\"%s\"/>", event);
        line(5, "<property key=\"_AMQ_ORIG_QUEUE\" value=\"%s\"/>", queue);
        line(4, "</transformer>");
        line(3, "</divert>");
    }

    private List<Message> matching(Predicate<Message> wanted) {
        return messages.stream().filter(wanted).toList();
    }

    private static boolean isTopic(Message message) {
        return message.kind().equals("topic");
    }

    /** When its queues are gone. Where only gateways listen, that nobody does is no loss. */
    private static boolean isKept(Message message) {
        return isTopic(message) && !subscribers(message).isEmpty();
    }

    private static boolean isHeardByGateways(Message message) {
        return message.receivers().stream().anyMatch(to -> to.queue() == null);
    }

    private static List<Receiver> subscribers(Message message) {
        return message.receivers().stream().filter(to -> to.queue() != null).toList();
    }

    /** Those of its own, or of its subscribers. */
    private static List<String> queues(Message message) {
        return subscribers(message).stream().map(Receiver::queue).distinct().toList();
    }

    private void line(int depth, String format, Object... values) {
        text.append("  ".repeat(depth)).append(format.formatted(values)).append('\n');
    }
}
