package choreography.catalogue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

import choreography.gateway.Resources;
import choreography.gateway.Resources.Resource;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Every message is described, and what is generated from routes and schemas is current. */
class MessageCatalogueTest {

    private static final String UPDATE = "mvn -q test -Dtest=MessageCatalogueTest -Dupdate-docs";
    private static final String GENERATED = "<!-- From here on generated: " + UPDATE + " -->\n\n";
    private static final Path ASYNCAPI = Path.of("src/main/resources/asyncapi.yaml");
    private static final Path PAGE = Path.of("docs/messages.md");
    private static final Path PROBLEM = Path.of("src/main/resources/schemas/Problem.json");
    private static final Path README = Path.of("README.md");

    private static MessageCatalogue catalogue;

    @BeforeAll
    static void load() throws Exception {
        catalogue = MessageCatalogue.load();
    }

    @Test
    void shouldDescribeEveryField() {
        catalogue.messages().forEach(message -> assertDescribed(message.name() + ".json", message.schema()));
    }

    private static void assertDescribed(String where, JsonNode schema) {
        JsonNode whole = MessageCatalogue.resolve(schema, catalogue.schemas());
        assertThat(whole.path("type").isTextual()).as(where + " has a type").isTrue();
        if (whole.path("type").asText().equals("object")) {
            assertThat(whole.path("additionalProperties").asBoolean(true))
                    .as(where + " has additionalProperties: false").isFalse();
        }
        whole.path("properties").properties().forEach(property -> {
            String field = where + " /" + property.getKey();
            JsonNode described = MessageCatalogue.resolve(property.getValue(), catalogue.schemas());
            assertThat(described.path("description").asText()).as(field + " has a description").isNotBlank();
            assertDescribed(field, described);
        });
        if (whole.has("items")) {
            assertDescribed(where + "/items", whole.get("items"));
        }
    }

    @Test
    void shouldHaveACurrentAsyncApiDocument() throws Exception {
        assertCurrent(ASYNCAPI, AsyncApi.of(catalogue));
    }

    @Test
    void shouldHaveACurrentPageOfMessages() throws Exception {
        String written = Files.readString(PAGE).split(GENERATED)[0];
        assertCurrent(PAGE, written + GENERATED + MessagesPage.of(catalogue));
    }

    @Test
    void shouldHaveACurrentBroker() throws Exception {
        assertCurrent(BrokerXml.FILE, BrokerXml.of(Files.readString(BrokerXml.FILE), catalogue.messages()));
    }

    @Test
    void shouldNameEachServiceWhereTheyAreListed() throws Exception {
        ServiceLists lists = new ServiceLists();
        assertCurrent(ServiceLists.SETTINGS, lists.settings(Files.readString(ServiceLists.SETTINGS)));
        assertCurrent(ServiceLists.ROLES, lists.roles(Files.readString(ServiceLists.ROLES)));
        assertCurrent(ServiceLists.PAGE, lists.page(Files.readString(ServiceLists.PAGE)));
    }

    /** As the gateway and the services answer for an id that is unknown. */
    @Test
    void shouldNameTheProblemOfEachThingThatMayBeMissing() throws Exception {
        String types = Resources.all().stream().map(Resource::path).filter(path -> path.contains("{"))
                .map(path -> path.split("/")[1].replaceFirst("s$", "")).distinct()
                .map("        \"urn:problem-type:choreography:no-such-%s\",\n"::formatted)
                .collect(Collectors.joining());
        String schema = Files.readString(PROBLEM);
        assertThat(schema).contains(":no-such-");
        assertCurrent(PROBLEM, schema.replaceFirst("(?m)(^ +\"\\S+:no-such-\\w+\",\n)+", types));
    }

    @Test
    void shouldHaveACurrentPictureInTheReadme() throws Exception {
        String readme = Files.readString(README);
        assertThat(readme).contains("```mermaid\n");
        assertCurrent(README, readme.replaceFirst("(?s)(?<=```mermaid\n).*?(?=```)",
                Matcher.quoteReplacement(picture())));
    }

    /** Who tells whom what. */
    private static String picture() {
        Map<String, Set<String>> arrows = new LinkedHashMap<>();
        for (MessageCatalogue.Message message : catalogue.messages()) {
            message.senders().forEach(from -> message.receivers().forEach(to -> arrows
                    .computeIfAbsent(from.service() + " -->|\"%s\"| " + to.service(), arrow -> new LinkedHashSet<>())
                    .add(message.name())));
        }
        return "flowchart LR\n" + arrows.entrySet().stream()
                .map(arrow -> "  " + arrow.getKey().formatted(String.join("<br>", arrow.getValue())) + "\n")
                .collect(Collectors.joining());
    }

    private static void assertCurrent(Path file, String expected) throws Exception {
        if (System.getProperty("update-docs") != null) {
            Files.writeString(file, expected);
        }
        List<String> lines = Files.readString(file).lines().toList();
        List<String> current = expected.lines().toList();
        for (int i = 0; i < Math.max(lines.size(), current.size()); i++) {
            assertThat(line(lines, i)).as("Line %d of %s is not current. Write the file anew: %s", i + 1, file, UPDATE)
                    .isEqualTo(line(current, i));
        }
    }

    private static String line(List<String> lines, int i) {
        return i < lines.size() ? lines.get(i) : "(end of file)";
    }
}
