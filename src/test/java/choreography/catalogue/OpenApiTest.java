package choreography.catalogue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import choreography.contract.Schemas;
import choreography.gateway.ApiDocs;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** The OpenAPI document fits the routes and the schemas; OpenApiIT checks what the running system answers. */
class OpenApiTest {

    private final ObjectMapper json = new ObjectMapper();

    @Test
    void shouldListExactlyTheCallsThatRoutesAnswer() throws Exception {
        Set<String> answered = new TreeSet<>();
        ServiceRoutes.routesFrom("platform-http").map(ServiceRoutes::answered).forEach(answered::add);
        assertThat(new OpenApiDocument().operations()).as("openapi.yaml lists what routes answer").isEqualTo(answered);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RegisterRequest", "PlaceOrderRequest", "User", "Registration", "Order", "Account",
            "KnownIds", "Products", "Accepted", "Problem"})
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
    void shouldServeTheDocumentAndEverySchemaItRefersToAndNothingElse() throws Exception {
        JsonNode yaml = new YAMLMapper().readTree(served("/openapi.yaml"));
        assertThat(json.readTree(served("/openapi.json"))).isEqualTo(yaml);
        assertThat(yaml.findValuesAsText("$ref")).filteredOn(reference -> !reference.startsWith("#"))
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(json.readTree(served("/" + reference)).path("$id").asText())
                .endsWith("/" + reference));
        assertThat(served("/schemas/common.json"))
                .isEqualTo(Files.readAllBytes(Path.of("src/main/resources/schemas/common.json")));
        assertThat(served("/docs/")).asString().contains("/docs/swagger-ui-bundle.js");
        for (String path : List.of("/docs/index.html", "/docs/../application.properties", "/schemas/",
                "/application.properties", "")) {
            assertThat(served(path)).as(path).asString().contains("urn:problem-type:choreography:not-found");
        }
    }

    private static byte[] served(String path) throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            var exchange = new DefaultExchange(context);
            exchange.getMessage().setHeader("CamelHttpPath", path);
            new ApiDocs().answer(exchange);
            return exchange.getMessage().getBody(byte[].class);
        }
    }
}
