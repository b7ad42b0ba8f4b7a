package choreography.gateway;

import java.util.List;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** The ids that requests have, for good: with other ones a repeat of an old request would be done again. */
class RequestIdsTest {

    private final ObjectMapper json = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    @ParameterizedTest
    @CsvSource(textBlock = """
            RegistrationRequested,                                     , a,         20eea7a4-f788-8897-8637-8bfbd0772719
            RegistrationRequested,                                     , first/key, 10da8e0e-3431-8e96-87b9-793dbebd6acb
            OrderRequested,        6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11, a,         84951b54-7d5a-822a-8c7f-f2ca8b6fab96
            OrderRequested,        6F8B1E9C-3C1F-4C55-9F0E-2B1C6D0A7E11, a,         84951b54-7d5a-822a-8c7f-f2ca8b6fab96
            OrderRequested,        0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33, a,         fee0fa2f-f2e4-89fd-8827-6b1006e7b8fd
            """)
    void shouldGiveWhatIsAskedForThisId(String command, String caller, String key, String id) {
        assertThat(RequestIds.resource(command, caller == null ? "" : caller, key)).isEqualTo(id);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            RegistrationRequested | {"email":"ada@example.com","name":"Zoë","userId":"6f8b1e9c-3c1f-4c55-9f0e-2b1c6d0a7e11"} | 6dd3120b-a606-8ceb-88b4-ad9e954803a5
            OrderRequested        | {"lines":[{"quantity":2,"sku":"BOOK-1"}],"orderId":"0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33"} | 8cdbe838-b7e4-8b3c-ab8e-c1c3d87edb5a
            """)
    void shouldGiveTheRequestThisId(String command, String text, String id) {
        assertThat(RequestIds.request(command, text)).isEqualTo(id);
    }

    @Test
    void shouldKeepFieldsApart() {
        assertThat(List.of(RequestIds.resource("A", "B", "C"), RequestIds.resource("A", "BC", ""),
                RequestIds.resource("AB", "", "C"),
                RequestIds.resource("A", "", "BC"), RequestIds.resource("", "A", "BC"), RequestIds.request("A", "BC")))
                .doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            { "b" : [ 1.0, {"d":1e0, "c":100e-2} ], "a":"\\u0041\\u002F\\/\\u00eb" } | {"a":"A//ë","b":[1,{"c":1,"d":1}]}
            [1000, 1e3, 1E+3, 10.0e2]                                             | [1000,1000,1000,1000]
            [0, -0, 0.0, 0e99, -0.00e-7]                                          | [0,0,0,0,0]
            [0.10, 1e-1, 1.99999999999999999, 9007199254740993]                   | [0.1,0.1,1.99999999999999999,9007199254740993]
            [1e1000000000, 10e999999999, 1.0e-1000000000]                         | [1E+1000000000,1E+1000000000,1E-1000000000]
            ["\\u0007\\u001f\\n\\u000A\\"\\\\\\u00e9é"]                                 | ["\\u0007\\u001F\\n\\n\\"\\\\éé"]
            {"é":1,"z":2,"Z":3,"":4}                                              | {"":4,"Z":3,"z":2,"é":1}
            """)
    void shouldWriteWhatMeansTheSameTheSame(String text, String canonical) throws Exception {
        assertThat(CanonicalJson.of(json.readTree(text))).isEqualTo(canonical);
    }

    @Test
    void shouldWriteWhatMeansSomethingElseDifferently() throws Exception {
        List<String> texts = List.of("[1,2]", "[2,1]", "[\"1\",2]", "[1,2,null]", "{\"a\":1}", "{\"a\":\"A\"}",
                "{\"a\":\"a\"}", "{\"a\":null}", "{}");
        assertThat(texts.stream().map(text -> CanonicalJson.of(read(text)))).doesNotHaveDuplicates();
    }

    private JsonNode read(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
