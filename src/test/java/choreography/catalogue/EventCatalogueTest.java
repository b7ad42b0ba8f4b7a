package choreography.catalogue;

import java.nio.file.Files;
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
import choreography.messaging.Consumers;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.camel.component.jms.JmsEndpoint;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

import static choreography.catalogue.ServiceRoutes.routes;
import static choreography.catalogue.ServiceRoutes.routesFrom;
import static choreography.messaging.Addresses.COPIES;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What people decide about the broker ({@code broker/etc/broker.xml}; what follows from the routes is written there by
 * {@link BrokerXml}), and that routes and schemas name the same messages. A failure is a list of sentences that say
 * what to change.
 */
class EventCatalogueTest {

    private static final Set<String> ADDRESSES = new TreeSet<>();
    /** Settings of the broker itself: name and text. */
    private static final Map<String, String> BROKER = new TreeMap<>();
    /** By what they match: name and text of each setting. */
    private static final Map<String, Map<String, String>> SETTINGS = new TreeMap<>();

    private final List<String> complaints = new ArrayList<>();

    @BeforeAll
    static void readBroker() throws Exception {
        Document broker = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(BrokerXml.FILE.toFile());
        elements(broker.getElementsByTagName("core").item(0).getChildNodes()).stream()
                .filter(setting -> elements(setting.getChildNodes()).isEmpty())
                .forEach(setting -> BROKER.put(setting.getTagName(), setting.getTextContent()));
        elements(broker.getElementsByTagName("address")).forEach(address ->
                ADDRESSES.add(address.getAttribute("name")));
        for (Element setting : elements(broker.getElementsByTagName("address-setting"))) {
            SETTINGS.put(setting.getAttribute("match"), elements(setting.getChildNodes()).stream()
                    .collect(Collectors.toMap(Element::getTagName, Element::getTextContent)));
        }
    }

    @Test
    void shouldAddByHandNothingButTheQueueOfExpiredMessages() throws Exception {
        String byHand = Files.readString(BrokerXml.FILE)
                .replaceAll("(?s)<!-- From here on generated.*?<!-- Until here -->", "");
        assertThat(byHand).contains("<address name=\"Expired\">").containsOnlyOnce("<address name=")
                .doesNotContain("<divert name");
    }

    /** Else a restarted broker forgets paged messages (docs/decisions/0013). */
    @Test
    void shouldLetGatewaysHearCopiesOnly() {
        consumers().filter(consumer -> Addresses.queue(consumer) == null).map(JmsEndpoint::getDestinationName)
                .forEach(heard -> check(heard.startsWith(COPIES), "Let gateways hear %s%s, not the event itself.",
                        COPIES, heard));
        assertNoComplaints();
    }

    /** {@code DeclaredQueues} looks for them. */
    @Test
    void shouldFindEveryQueueInTheFilesOfTheServices() {
        assertThat(Consumers.addressesOfQueues()).isEqualTo(Topology.consumers().stream()
                .collect(Collectors.toMap(Topology.Consumer::queue, Topology.Consumer::message)));
    }

    @Test
    void shouldPageAllButCopies() {
        SETTINGS.forEach((match, setting) -> {
            String expected = match.equals("#") ? "PAGE" : match.equals(COPIES + "#") ? "DROP" : null;
            check(Objects.equals(expected, setting.get("address-full-policy")),
                    "Set <address-full-policy> for %s in broker.xml to %s: copies are never paged, events and commands "
                            + "always.",
                    match, expected);
        });
        assertNoComplaints();
    }

    @Test
    void shouldConfigureOnlyAddressesThatExist() {
        SETTINGS.forEach((match, setting) -> {
            check(match.equals("#") || match.equals("DLQ.#") || match.equals(COPIES + "#")
                    || ADDRESSES.contains(match),
                    "Correct or remove <address-setting match=\"%s\"> in broker.xml: there is no such address.", match);
            Stream.of("dead-letter-address", "expiry-address").filter(setting::containsKey)
                    .forEach(kind -> check(ADDRESSES.contains(setting.get(kind)),
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
        Set<String> messages = new TreeSet<>();
        Stream.concat(consumers(), routes().stream().flatMap(ServiceRoutes::published))
                .forEach(endpoint -> messages.add(Addresses.message(endpoint)));
        messages.forEach(message -> check(schemas.contains(message),
                "Write src/main/resources/schemas/%s.json: a route publishes or consumes this message.", message));
        schemas.forEach(schema -> check(messages.contains(schema),
                "Publish or consume the message of src/main/resources/schemas/%s.json, which no route does; or make it "
                        + "a body in openapi.yaml.",
                schema));
        assertNoComplaints();
    }

    private static Stream<JmsEndpoint> consumers() {
        return routesFrom("jms").map(ServiceRoutes::consumed);
    }

    private static List<Element> elements(NodeList nodes) {
        return IntStream.range(0, nodes.getLength()).mapToObj(nodes::item).filter(Element.class::isInstance)
                .map(Element.class::cast).toList();
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
