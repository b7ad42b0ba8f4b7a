package choreography.catalogue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.contract.Services;
import choreography.messaging.Addresses;
import org.junit.jupiter.params.provider.Arguments;

/** Who tells whom what, by the routes: for tests, none of which types it. */
public final class Topology {

    /** All services, as the property {@code services} has them. */
    public static final String ALL = String.join(",", Services.all());
    public static final List<MessageCatalogue.Message> MESSAGES = MessageCatalogue.load().messages();

    /** @param queue where the message waits for the service, until that has done its step */
    public record Consumer(String service, String message, boolean topic, String queue) { }

    private Topology() { }

    /** The other services, as the property {@code services} has them. */
    public static String allBut(String... services) {
        return Services.all().stream().filter(service -> !List.of(services).contains(service))
                .collect(Collectors.joining(","));
    }

    /** All that keep what they hear while they are away. */
    public static List<Consumer> consumers() {
        return MESSAGES.stream().flatMap(message -> message.receivers().stream()
                .filter(receiver -> receiver.queue() != null)
                .map(receiver -> new Consumer(receiver.service(), message.name(), isTopic(message), receiver.queue())))
                .toList();
    }

    private static boolean isTopic(MessageCatalogue.Message message) {
        return message.kind().equals("topic");
    }

    /** Where messages wait. */
    public static Set<String> queues() {
        return new TreeSet<>(consumers().stream().map(Consumer::queue).toList());
    }

    public static List<String> queuesOf(String service) {
        return consumers().stream().filter(consumer -> consumer.service().equals(service)).map(Consumer::queue)
                .toList();
    }

    /** Those who consume something that waits for them. */
    public static List<String> consumingServices() {
        return consumers().stream().map(Consumer::service).distinct().sorted().toList();
    }

    public static List<String> topics() {
        return MESSAGES.stream().filter(Topology::isTopic).map(MessageCatalogue.Message::name).toList();
    }

    public static boolean isTopic(String message) {
        return topics().contains(message);
    }

    public static boolean isMessage(String name) {
        return MESSAGES.stream().anyMatch(message -> message.name().equals(name));
    }

    /** What gateways alone ask for: nobody else knows of it before it is consumed. */
    public static Set<String> commands() {
        return new TreeSet<>(MESSAGES.stream().filter(message -> message.senders().stream()
                        .allMatch(sender -> sender.service().equals("gateway")))
                .map(MessageCatalogue.Message::name).toList());
    }

    /** For parameterized tests: each message with a queue where it waits. */
    public static Stream<Arguments> messagesAndQueues() {
        return consumers().stream().map(consumer -> Arguments.of(consumer.message(), consumer.queue()));
    }

    /** For parameterized tests: each event with the queue of a subscription. */
    public static Stream<Arguments> eventsAndQueues() {
        return consumers().stream().filter(Consumer::topic)
                .map(consumer -> Arguments.of(consumer.message(), consumer.queue()));
    }

    /** For parameterized tests: events that gateways hear. */
    public static Stream<String> heardByGateways() {
        return MESSAGES.stream().filter(message -> message.receivers().stream()
                .anyMatch(receiver -> receiver.service().equals("gateway"))).map(MessageCatalogue.Message::name);
    }

    /** For parameterized tests: each with where gateways hear it, and its one dead-letter queue. */
    public static Stream<Arguments> copiesAndQueues() {
        return heardByGateways().map(event -> Arguments.of(Addresses.COPIES + event, "gateway"));
    }

    /** For parameterized tests. */
    public static Stream<String> commandsAndQuestions() {
        return consumers().stream().filter(consumer -> !consumer.topic()).map(Consumer::message);
    }
}
