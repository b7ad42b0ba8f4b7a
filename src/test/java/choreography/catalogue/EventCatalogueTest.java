package choreography.catalogue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import choreography.contract.SchemasTest;
import choreography.messaging.Addresses;
import choreography.messaging.DeadLetterQueue;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.camel.component.jms.JmsEndpoint;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

import static choreography.catalogue.ServiceRoutes.consumed;
import static choreography.catalogue.ServiceRoutes.routes;
import static choreography.catalogue.ServiceRoutes.routesFrom;
import static choreography.messaging.Addresses.COPIES;
import static choreography.messaging.Addresses.message;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code broker/etc/broker.xml}, the routes and the schemas name the same messages: what a route publishes or consumes
 * is there, and nothing else. A failure is a list of sentences that say what to change.
 */
class EventCatalogueTest {

    /** @param routing anycast or multicast, @param queues names */
    record Address(String routing, Set<String> queues) { }

    /**
     * What makes copies of an event.
     *
     * @param exclusive empty: the event itself goes on
     * @param headers   what the copy gets
     */
    record Divert(String from, String to, String filter, String exclusive, Map<String, String> headers) { }

    /**
     * A route that consumes. @param queue where its messages wait: the queue, or the subscription; null: non-durable
     */
    record Consumer(String route, String address, boolean topic, String queue, String deadLetters) { }

    static final Map<String, Address> ADDRESSES = new TreeMap<>();
    static final List<Divert> DIVERTS = new ArrayList<>();
    /** Where the broker puts an event that has lost its queue: this and the name of the event. */
    static final String NO_ROUTE = "no-route.";
    /** Queues whose groups are shared anew when a consumer comes; buckets bound the memory that groups take. */
    static final Set<String> GROUPED = new TreeSet<>();
    /** Settings of the broker itself: name and text. */
    static final Map<String, String> BROKER = new TreeMap<>();
    /** By what they match: name and text of each setting. */
    static final Map<String, Map<String, String>> SETTINGS = new TreeMap<>();

    private final List<String> complaints = new ArrayList<>();

    @BeforeAll
    static void readBroker() throws Exception {
        Document broker = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(Path.of("broker/etc/broker.xml").toFile());
        elements(broker.getElementsByTagName("core").item(0).getChildNodes()).stream()
                .filter(setting -> elements(setting.getChildNodes()).isEmpty())
                .forEach(setting -> BROKER.put(setting.getTagName(), setting.getTextContent()));
        for (Element divert : elements(broker.getElementsByTagName("divert"))) {
            DIVERTS.add(new Divert(text(divert, "address"), text(divert, "forwarding-address"),
                    elements(divert.getElementsByTagName("filter")).stream()
                            .map(filter -> filter.getAttribute("string")).collect(Collectors.joining()),
                    text(divert, "exclusive"), elements(divert.getElementsByTagName("property")).stream()
                            .collect(Collectors.toMap(property -> property.getAttribute("key"),
                                    property -> property.getAttribute("value")))));
        }
        for (Element address : elements(broker.getElementsByTagName("address"))) {
            for (Element routing : elements(address.getChildNodes())) {
                ADDRESSES.put(address.getAttribute("name"),
                        new Address(routing.getTagName(), elements(routing.getElementsByTagName("queue"))
                                .stream().map(queue -> queue.getAttribute("name"))
                                .collect(Collectors.toCollection(TreeSet::new))));
            }
        }
        elements(broker.getElementsByTagName("queue")).stream()
                .filter(queue -> queue.getAttribute("group-rebalance").equals("true")
                        && queue.getAttribute("group-buckets").equals("1024"))
                .forEach(queue -> GROUPED.add(queue.getAttribute("name")));
        for (Element setting : elements(broker.getElementsByTagName("address-setting"))) {
            SETTINGS.put(setting.getAttribute("match"), elements(setting.getChildNodes()).stream()
                    .collect(Collectors.toMap(Element::getTagName, Element::getTextContent)));
        }
    }

    @Test
    void shouldListEveryPublishedMessageWithItsKind() {
        published().forEach((address, topic) -> check(
                ADDRESSES.containsKey(address) && ADDRESSES.get(address).routing().equals(routing(topic)),
                "Add <address name=\"%s\"> with <%s> to broker.xml: a route publishes to it.", address,
                routing(topic)));
        assertNoComplaints();
    }

    @Test
    void shouldListAQueueForEveryConsumer() {
        for (Consumer consumer : consumers()) {
            Address address = ADDRESSES.getOrDefault(consumer.address(), new Address("nothing", Set.of()));
            check(address.routing().equals(routing(consumer.topic())),
                    "Add <address name=\"%s\"> with <%s> to broker.xml: the route %s consumes from it.",
                    consumer.address(), routing(consumer.topic()), consumer.route());
            check(consumer.queue() == null || address.queues().contains(consumer.queue()),
                    "Add <queue name=\"%s\"/> to the address %s in broker.xml: the route %s consumes from it.",
                    consumer.queue(), consumer.address(), consumer.route());
        }
        assertNoComplaints();
    }

    @Test
    void shouldListNothingThatNoRouteUses() throws Exception {
        var schemas = MessageCatalogue.schemas(MessageCatalogue.SCHEMAS);
        ADDRESSES.forEach((name, address) -> {
            if (name.startsWith("DLQ.") || name.equals("Expired") || name.startsWith(NO_ROUTE)) {
                return;
            }
            check(published().containsKey(message(name)) || schemas.containsKey(name) && schemas.get(name)
                    .path("deprecated").asBoolean(),
                    "Remove the address %s from broker.xml, or mark its schema \"deprecated\": true: no route "
                            + "publishes to it.",
                    name);
            check(consumers().stream()
                    .anyMatch(consumer -> message(consumer.address()).equals(name) || consumer.address().equals(name)),
                    "Remove the address %s from broker.xml, or consume from it: no route does.", name);
            address.queues().forEach(queue -> check(
                    consumers().stream()
                            .anyMatch(consumer -> consumer.address().equals(name) && queue.equals(consumer.queue())),
                    "Remove the queue %s of the address %s from broker.xml: no route consumes from it, so it only "
                            + "grows.",
                    queue, name));
        });
        assertNoComplaints();
    }

    @Test
    void shouldListADeadLetterQueueForEveryConsumerAndNoOther() {
        Set<String> expected = new TreeSet<>();
        for (Consumer consumer : consumers()) {
            String deadLetters = consumer.deadLetters();
            expected.add(deadLetters);
            check(new Address("anycast", Set.of(deadLetters)).equals(ADDRESSES.get(deadLetters)),
                    "Add <address name=\"%s\"> with <anycast> and a queue of that name to broker.xml: the route %s "
                            + "parks there what it cannot read.",
                    deadLetters, consumer.route());
            String match = consumer.queue() == null ? COPIES + "#" : consumer.address();
            String address = consumer.topic() && consumer.queue() != null ? NO_ROUTE + consumer.address() : deadLetters;
            check(address.equals(SETTINGS.getOrDefault(match, Map.of()).get("dead-letter-address")),
                    "Add <address-setting match=\"%s\"> with <dead-letter-address>%s</dead-letter-address> to "
                            + "broker.xml: else the broker drops what it cannot hand to the route %s.",
                    match, address, consumer.route());
        }
        ADDRESSES.keySet().stream().filter(name -> name.startsWith("DLQ.")).forEach(name ->
                check(expected.contains(name),
                        "Remove the address %s from broker.xml: no consumer parks anything there.", name));
        assertNoComplaints();
    }

    @Test
    void shouldKeepAnEventWhoseSubscriptionIsGone() {
        ADDRESSES.forEach((name, address) -> {
            boolean kept = address.routing().equals("multicast") && !address.queues().isEmpty();
            check(kept == "true".equals(SETTINGS.getOrDefault(name, Map.of()).get("send-to-dla-on-no-route")),
                    "Set <send-to-dla-on-no-route>%s</send-to-dla-on-no-route> for %s in broker.xml: %s.", kept, name,
                    kept ? "else events are dropped when its queue is deleted by hand" : "nothing is lost there");
            String queue = String.join("", address.queues());
            check(!kept || ADDRESSES.containsKey(NO_ROUTE + name) && DIVERTS.contains(new Divert(NO_ROUTE + name,
                            "DLQ." + queue, "", "", Map.of("_AMQ_ORIG_ADDRESS", name, "_AMQ_ORIG_QUEUE", queue))),
                    "Add <address name=\"%1$s%2$s\"> with <multicast> and a <divert> from there to DLQ.%3$s to "
                            + "broker.xml, whose AddHeadersTransformer sets _AMQ_ORIG_ADDRESS to %2$s and "
                            + "_AMQ_ORIG_QUEUE to %3$s: else nobody can return the event when the queue is there "
                            + "again.",
                    NO_ROUTE, name, queue);
        });
        ADDRESSES.keySet().stream().filter(name -> name.startsWith(NO_ROUTE)).forEach(name -> check(
                SETTINGS.values().stream().anyMatch(setting -> name.equals(setting.get("dead-letter-address"))),
                "Remove the address %s from broker.xml: the broker puts nothing there.", name));
        assertNoComplaints();
    }

    @Test
    void shouldCopyWhatGatewaysHearAndDropOnlyCopies() {
        Set<String> heard = consumers().stream().filter(consumer -> consumer.queue() == null).map(Consumer::address)
                .collect(Collectors.toSet());
        heard.forEach(address -> check(address.startsWith(COPIES) && DIVERTS.contains(
                        new Divert(address.substring(COPIES.length()), address, "gateway IS NOT NULL", "",
                                Map.of())),
                "Let gateways hear %s by a <divert> in broker.xml, from the event to gateway.<event>, with <filter "
                        + "string=\"gateway IS NOT NULL\"/>: "
                        + "a non-durable subscription of the event itself makes a restarted broker forget paged "
                        + "messages (docs/decisions/0013).",
                        address));
        DIVERTS.forEach(divert -> check(heard.contains(divert.to()) || ADDRESSES.containsKey(divert.from())
                        && divert.from().startsWith(NO_ROUTE),
                "Remove the divert to %s from broker.xml: no route hears it.", divert.to()));
        SETTINGS.forEach((match, setting) -> {
            String expected = match.equals("#") ? "PAGE" : match.equals(COPIES + "#") ? "DROP" : null;
            check(Objects.equals(expected, setting.get("address-full-policy")),
                    "Set <address-full-policy> for %s in broker.xml to %s: copies are never paged, events and commands "
                            + "always.",
                    match, expected);
        });
        assertNoComplaints();
    }

    /** The bills of one account are made one after the other, also after a replica has come or gone. */
    @Test
    void shouldShareTheGroupsOfAQueueWhoseMessagesAreGrouped() {
        assertThat(GROUPED).as("the queues with group-buckets and group-rebalance in broker.xml")
                .containsExactly("BillingRequested");
    }

    @Test
    void shouldHaveAtMostOneDurableSubscriptionOfATopic() {
        ADDRESSES.forEach((name, address) -> check(address.queues().size() <= 1,
                "Find another way than a second queue for the address %s in broker.xml: its dead letters would share "
                        + "one queue.",
                name));
        Set<String> seen = new TreeSet<>();
        ADDRESSES.forEach((name, address) -> address.queues().forEach(queue ->
                check(seen.add(queue),
                        "Rename the queue %s of the address %s in broker.xml: names are global, and messages would be "
                                + "lost.",
                        queue, name)));
        assertNoComplaints();
    }

    @Test
    void shouldConfigureOnlyAddressesThatExist() {
        SETTINGS.forEach((match, setting) -> {
            check(match.equals("#") || match.equals("DLQ.#") || match.equals(COPIES + "#")
                    || ADDRESSES.containsKey(match),
                    "Correct or remove <address-setting match=\"%s\"> in broker.xml: there is no such address.", match);
            Stream.of("dead-letter-address", "expiry-address").filter(setting::containsKey)
                    .forEach(kind -> check(ADDRESSES.containsKey(setting.get(kind)),
                    "Correct <%s>%s</%1$s> of %s in broker.xml: there is no such address, so messages would be "
                            + "dropped.",
                    kind, setting.get(kind), match));
        });
        assertNoComplaints();
    }

    @Test
    void shouldCreateNothingOnTheFlyAndGiveNothingUp() {
        for (String setting : List.of("auto-create-addresses", "auto-create-queues", "auto-delete-addresses",
                "auto-delete-queues")) {
            check("false".equals(SETTINGS.get("#").get(setting)),
                    "Set <%s>false</%1$s> for # in broker.xml: else a misspelt destination loses messages.", setting);
        }
        SETTINGS.forEach((match, setting) -> check(
                match.equals("#") ? "-1".equals(setting.get("max-delivery-attempts"))
                        : !setting.containsKey("max-delivery-attempts"),
                "Set <max-delivery-attempts>-1</max-delivery-attempts> for # only in broker.xml, not for %s: the "
                        + "broker counts attempts of messages "
                        + "that no consumer has seen (docs/decisions/0014).", match));
        assertNoComplaints();
    }

    /** No killed process shows it: what it has written outlives it in the page cache, but not a power failure. */
    @Test
    void shouldHaveOnTheDiskWhatItAcknowledges() {
        assertThat(BROKER).containsEntry("persistence-enabled", "true").containsEntry("journal-datasync", "true");
    }

    @Test
    void shouldRefuseNewRequestsOnlyWhenTheDiskIsFull() {
        assertThat(SETTINGS).allSatisfy((match, setting) -> assertThat(setting.get("disk-full-policy")).as(match)
                .isEqualTo(List.of("RegistrationRequested", "OrderRequested").contains(match) ? "FAIL" : null));
        assertThat(BROKER).containsEntry("min-disk-free", "200M");
    }

    @Test
    void shouldTryTenTimesInSomeEightySeconds() {
        Map<String, String> all = SETTINGS.get("#");
        double longest = Double.parseDouble(all.get("max-redelivery-delay"));
        double delay = Double.parseDouble(all.get("redelivery-delay"));
        double sum = 0;
        for (int attempt = 2; attempt <= 10; attempt++) {
            sum += Math.min(delay, longest);
            delay *= Double.parseDouble(all.get("redelivery-delay-multiplier"));
        }
        assertThat(sum).isBetween(75_000.0, 85_000.0);
        assertThat(SETTINGS).allSatisfy((match, setting) -> assertThat(match.equals("#") || setting.keySet().stream()
                .noneMatch(name -> name.contains("redelivery"))).as(match + " is tried as often as all").isTrue());
    }

    @Test
    void shouldHaveASchemaForEveryMessageAndNoOther() throws Exception {
        List<String> schemas = SchemasTest.messages();
        Set<String> messages = new TreeSet<>(published().keySet());
        consumers().forEach(consumer -> messages.add(message(consumer.address())));
        messages.forEach(message -> check(schemas.contains(message),
                "Write src/main/resources/schemas/%s.json: a route publishes or consumes this message.", message));
        schemas.forEach(schema -> check(messages.contains(schema),
                "Remove src/main/resources/schemas/%s.json, no route publishes or consumes this message; or say in "
                        + "SchemasTest that it is a body.",
                schema));
        assertNoComplaints();
    }

    private static String routing(boolean topic) {
        return topic ? "multicast" : "anycast";
    }

    /** Whether it is a topic, by address. */
    private static Map<String, Boolean> published() {
        Map<String, Boolean> all = new TreeMap<>();
        routes().stream().flatMap(ServiceRoutes::published)
                .forEach(to -> all.put(to.getDestinationName(), to.isPubSubDomain()));
        return all;
    }

    private static List<Consumer> consumers() {
        return routesFrom("jms").map(route -> {
            JmsEndpoint from = consumed(route);
            return new Consumer(route.getRouteId(), from.getDestinationName(), from.isPubSubDomain(),
                    Addresses.queue(from), DeadLetterQueue.of(DeadLetterQueue.consumedBy(from)));
        }).toList();
    }

    private static List<Element> elements(NodeList nodes) {
        return IntStream.range(0, nodes.getLength()).mapToObj(nodes::item).filter(Element.class::isInstance)
                .map(Element.class::cast).toList();
    }

    private static String text(Element parent, String name) {
        return elements(parent.getElementsByTagName(name)).stream().map(Element::getTextContent)
                .collect(Collectors.joining());
    }

    private void check(boolean kept, String complaint, Object... about) {
        if (!kept) {
            complaints.add(complaint.formatted(about));
        }
    }

    private void assertNoComplaints() {
        assertThat(String.join("\n", complaints)).isEmpty();
    }
}
