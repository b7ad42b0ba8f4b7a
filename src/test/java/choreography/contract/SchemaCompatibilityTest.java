package choreography.contract;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

import choreography.catalogue.MessageCatalogue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Messages of the last release wait in queues, or are sent by services not yet updated: they must still be read. */
class SchemaCompatibilityTest {

    private static final Path RELEASED = Path.of("src/test/resources/released-schemas");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** With each release: mvn -q test -Dtest=SchemaCompatibilityTest -Drelease-schemas */
    @BeforeAll
    static void release() throws Exception {
        if (System.getProperty("release-schemas") != null) {
            for (MessageCatalogue.Message message : MessageCatalogue.load().messages()) {
                copy(message.name());
            }
            copy("common");
        }
    }

    private static void copy(String name) throws Exception {
        Files.copy(MessageCatalogue.SCHEMAS.resolve(name + ".json"), RELEASED.resolve(name + ".json"),
                StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void shouldReadEveryMessageOfTheLastRelease() throws Exception {
        Map<String, JsonNode> released = MessageCatalogue.schemas(RELEASED);
        assertThat(released).containsKeys("common", "RegistrationRequested", "OrderRequested");
        assertThat(SchemaCompatibility.breaks(released, MessageCatalogue.schemas(MessageCatalogue.SCHEMAS)))
                .as("Messages of the last release would be parked. "
                        + "Give the changed message a new name, or keep what is gone "
                        + "(docs/messages.md, How to evolve a message)")
                .isEmpty();
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "properties":{"a":{}}                                 | "properties":{}                                    | M/a is gone
            "properties":{"a":{}}                                 | "properties":{"a":{}},"required":["a"]             | M/a is required now
            "properties":{"a":{}}                                 | "properties":{"a":{},"b":{}},"required":["b"]      | M/b is required now
            "properties":{"a":{"type":"number"}}                  | "properties":{"a":{"type":"integer"}}              | M/a was of type "number" and is "integer" now
            "properties":{"a":{"type":["string","null"]}}         | "properties":{"a":{"type":"string"}}               | M/a was of type ["string","null"] and is "string" now
            "properties":{"a":{}}                                 | "properties":{"a":{"type":"string"}}               | M/a was of type null and is "string" now
            "properties":{"a":{"enum":["X","Y"]}}                 | "properties":{"a":{"enum":["X"]}}                  | M/a allowed
            "properties":{"a":{"enum":["X","Y"]}}                 | "properties":{"a":{"const":"X"}}                   | M/a allowed
            "properties":{"a":{}}                                 | "properties":{"a":{"enum":["X"]}}                  | M/a allowed any value
            "properties":{"a":{"maximum":5}}                      | "properties":{"a":{"maximum":4}}                   | M/a had maximum 5 and has 4 now
            "properties":{"a":{}}                                 | "properties":{"a":{"maxLength":4}}                 | M/a had maxLength unlimited and has 4 now
            "properties":{"a":{"minItems":1}}                     | "properties":{"a":{"minItems":2}}                  | M/a had minItems 1 and has 2 now
            "properties":{"a":{"pattern":"^.*$"}}                 | "properties":{"a":{"pattern":"^.+$"}}              | M/a had pattern
            "properties":{"a":{}}                                 | "properties":{"a":{"format":"uuid"}}               | M/a had format unset
            "properties":{"a":{"items":{"properties":{"b":{}}}}}  | "properties":{"a":{"items":{"properties":{}}}}     | M/a/items/b is gone
            "properties":{"a":{}}                                 | "properties":{"a":{"items":{"type":"string"}}}     | M/a had items unset
            "properties":{"a":{"$ref":"common.json#/$defs/nine"}} | "properties":{"a":{"$ref":"common.json#/$defs/eight"}} | M/a had maximum 9 and has 8 now
            "properties":{"a":{"$ref":"common.json#/$defs/shrunk"}} | "properties":{"a":{"$ref":"common.json#/$defs/shrunk"}} | M/a had maximum 9 and has 8 now
            "items":{"$ref":"common.json#/$defs/shrunk"}          | "items":{"$ref":"common.json#/$defs/shrunk"}       | M/items had maximum 9 and has 8 now
            "properties":{"a":{}}                                 | "properties":{"a":{"not":{"const":1}}}             | M/a had not unset
            "additionalProperties":true                           | "additionalProperties":false                       | M had additionalProperties true
            """)
    void shouldSeeWhatBreaks(String before, String now, String expected) throws Exception {
        assertThat(breaks(before, now)).singleElement().asString().startsWith(expected);
    }

    @ParameterizedTest(name = "{0} to {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            "properties":{"a":{}}                                 | "properties":{"a":{},"b":{"type":"string"}}
            "properties":{"a":{}},"required":["a"]                | "properties":{"a":{}},"required":[]
            "properties":{"a":{"type":"integer"}}                 | "properties":{"a":{"type":"number"}}
            "properties":{"a":{"type":"string"}}                  | "properties":{"a":{"type":["string","null"]}}
            "properties":{"a":{"const":"X"}}                      | "properties":{"a":{"enum":["X","Y"]}}
            "properties":{"a":{"maximum":5,"minimum":1}}          | "properties":{"a":{"maximum":6,"minimum":0}}
            "properties":{"a":{"$ref":"common.json#/$defs/eight"}} | "properties":{"a":{"$ref":"common.json#/$defs/nine"}}
            "properties":{"a":{"pattern":"^.$"}}                  | "properties":{"a":{}}
            "properties":{"a":{"items":{"minLength":1}}}          | "properties":{"a":{"items":{"minLength":0}}}
            "title":"t","description":"d","additionalProperties":false | "description":"e","deprecated":true
            """)
    void shouldAllowWhatAcceptsMore(String before, String now) throws Exception {
        assertThat(breaks(before, now)).isEmpty();
    }

    @Test
    void shouldAllowOneMoreAlternativeOfAPattern() throws Exception {
        assertThat(breaks("\"properties\":{\"a\":{\"pattern\":\"^.$\"}}",
                "\"properties\":{\"a\":{\"pattern\":\"^.$|^..$\"}}")).isEmpty();
    }

    @Test
    void shouldMissAMessage() throws Exception {
        assertThat(SchemaCompatibility.breaks(Map.of("M", schema("\"title\":\"M\"")), Map.of()))
                .containsExactly("M is gone");
    }

    private static List<String> breaks(String before, String now) throws Exception {
        JsonNode released = JSON.readTree(
                "{\"$defs\":{\"nine\":{\"maximum\":9},\"eight\":{\"maximum\":8},\"shrunk\":{\"maximum\":9}}}");
        JsonNode current = JSON.readTree(
                "{\"$defs\":{\"nine\":{\"maximum\":9},\"eight\":{\"maximum\":8},\"shrunk\":{\"maximum\":8}}}");
        return SchemaCompatibility.breaks(Map.of("M", schema(before), "common", released),
                Map.of("M", schema(now), "common", current));
    }

    private static JsonNode schema(String keywords) throws Exception {
        return JSON.readTree("{\"type\":\"object\"," + keywords + "}");
    }
}
