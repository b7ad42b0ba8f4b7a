package choreography.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import choreography.contract.Schemas;
import choreography.gateway.ApiDocs;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** The OpenAPI document fits the routes and the schemas; OpenApiIT checks what the running system answers. */
class OpenApiTest {

    private static ApiDocs docs;

    private final ObjectMapper json = new ObjectMapper();

    @BeforeAll
    static void readDocuments() throws IOException {
        docs = new ApiDocs();
    }

    static Set<String> bodies() throws Exception {
        return new OpenApiDocument().bodies();
    }

    @Test
    void shouldListExactlyTheCallsThatRoutesAnswer() throws Exception {
        Set<String> answered = new TreeSet<>();
        ServiceRoutes.routesFrom("platform-http").map(ServiceRoutes::answered).forEach(answered::add);
        assertThat(new OpenApiDocument().operations()).as("openapi.yaml lists what routes answer").isEqualTo(answered);
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void shouldShowExamplesThatFitTheirSchema(String schema) throws Exception {
        Schemas schemas = new Schemas();
        JsonNode ofSchema;
        try (InputStream file = OpenApiTest.class.getResourceAsStream("/schemas/" + schema + ".json")) {
            ofSchema = json.readTree(file).path("examples");
        }
        assertThat(ofSchema).as("examples of " + schema).isNotEmpty();
        var ofDocument = new OpenApiDocument().examples(schema).values();
        assertThat(ofDocument).as("examples of " + schema + " in openapi.yaml").isNotEmpty();

        Stream.concat(ofDocument.stream(), Stream.of(ofSchema).flatMap(all -> all.valueStream())).forEach(example ->
                assertThatCode(() -> schemas.read(schema, json.writeValueAsBytes(example))).as(example.toString())
                        .doesNotThrowAnyException());
    }

    @Test
    void shouldServeADocumentCompleteInItself() throws Exception {
        String yaml = new String(served("/openapi.yaml"), UTF_8);
        JsonNode document = json.readTree(served("/openapi.json"));

        assertThat(new YAMLMapper().readTree(yaml)).isEqualTo(document);
        // not a number in any YAML
        assertThat(yaml).contains("openapi: \"3.1.1\"", "\"201\":").doesNotContainPattern("(?m)^ *\\d+:");
        assertThat(document.findValuesAsText("$ref")).isNotEmpty().allSatisfy(reference -> {
            assertThat(reference).startsWith("#/components/");
            assertThat(document.at(reference.substring(1)).isObject()).as(reference).isTrue();
        });
        assertThat(List.of("$id", "$schema", "$defs")).allSatisfy(keyword ->
                assertThat(document.at("/components/schemas").findValues(keyword)).as(keyword).isEmpty());
        assertThat(document.findValuesAsText("pattern")).as("patterns that Python can read")
                .isNotEmpty().noneMatch(pattern -> pattern.contains("\\p"));
    }

    @Test
    void shouldNameEachSchemaLikeItsFileOrItsDefinition() throws Exception {
        assertThat(json.readTree(served("/openapi.json")).at("/components/schemas").fieldNames()).toIterable()
                .containsAll(bodies()).hasSize(bodies().size() + 8)
                .contains("Id", "Name", "Email", "Time", "Sku", "Quantity", "Amount", "RequestedLines");
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void shouldServeASchemaThatMeansWhatItsFileDoes(String name) throws Exception {
        JsonNode file = json.readTree(served("/schemas/" + name + ".json"));
        String place = "https://order-choreography.example/openapi.json";
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12,
                        builder -> builder.schemas(Map.of(place, new String(served("/openapi.json"), UTF_8))))
                .getSchema(SchemaLocation.of(place + "#/components/schemas/" + name));

        assertThat(schema.getSchemaNode().fieldNames()).toIterable()
                .containsExactlyElementsOf(((ObjectNode) file).without(List.of("$schema", "$id"))::fieldNames);
        for (JsonNode example : file.path("examples")) {
            assertThat(schema.validate(example)).as(example.toString()).isEmpty();
            ObjectNode wrong = ((ObjectNode) example.deepCopy()).put(example.fieldNames().next(), "");
            assertThat(schema.validate(wrong)).as(wrong.toString()).isNotEmpty();
        }
    }

    @Test
    void shouldServeTheSchemaFilesAndThePageAndNothingElse() throws Exception {
        assertThat(bodies()).allSatisfy(name ->
                assertThat(json.readTree(served("/schemas/" + name + ".json")).path("title").asText()).isEqualTo(name));
        assertThat(served("/schemas/common.json"))
                .isEqualTo(Files.readAllBytes(Path.of("src/main/resources/schemas/common.json")));
        assertThat(served("/docs/")).asString().contains("/docs/swagger-ui-bundle.js");
        for (String path : List.of("/docs/index.html", "/docs/../application.properties", "/schemas/",
                "/application.properties", "")) {
            assertThat(served(path)).as(path).asString().contains("urn:problem-type:choreography:not-found");
        }
    }

    private static byte[] served(String path) {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            var exchange = new DefaultExchange(context);
            exchange.getMessage().setHeader("CamelHttpPath", path);
            docs.answer(exchange);
            return exchange.getMessage().getBody(byte[].class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
