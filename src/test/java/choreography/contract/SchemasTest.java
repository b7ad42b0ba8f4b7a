package choreography.contract;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import choreography.catalogue.OpenApiDocument;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

public class SchemasTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDER = Path.of("src/main/resources/schemas");
    private static final String ORDER = "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33";

    /** Properties that a message may leave out. Whoever adds one to a schema says so here. */
    private static final Set<String> OPTIONAL = Set.of();

    final Schemas schemas = new Schemas();

    static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString().replace(".json", ""))
                    .filter(name -> !name.equals("common")).sorted().toList();
        }
    }

    /** What is neither the body of an HTTP request nor of its answer. */
    public static List<String> messages() throws IOException {
        Set<String> bodies = new OpenApiDocument().bodies();
        return names().stream().filter(name -> !bodies.contains(name)).toList();
    }

    /** What the services read. */
    static List<String> messagesAndRequestBodies() throws IOException {
        List<String> read = new ArrayList<>(messages());
        read.addAll(new OpenApiDocument().requestBodies());
        return read;
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldAcceptTheExamplesOfASchema(String name) throws Exception {
        JsonNode examples = schema(name).path("examples");

        assertThat(examples).as("examples of " + name).isNotEmpty();
        for (JsonNode example : examples) {
            assertThat(schemas.read(name, JSON.writeValueAsBytes(example))).isEqualTo(example);
        }
    }

    @ParameterizedTest
    @MethodSource("messagesAndRequestBodies")
    void shouldRefuseAnExampleWithoutOneOfItsProperties(String name) throws Exception {
        ObjectNode example = (ObjectNode) schema(name).at("/examples/0");
        for (String property : names(example)) {
            JsonNode without = example.deepCopy().without(property);
            assertThat(violations(name, JSON.writeValueAsString(without)))
                    .as("%s without %s: make it required, or name it in OPTIONAL", name, property)
                    .isEqualTo(OPTIONAL.contains(name + "/" + property) ? List.of()
                            : List.of("/%s: is missing".formatted(property)));
        }
    }

    @ParameterizedTest
    @MethodSource("messagesAndRequestBodies")
    void shouldShowEveryPropertyInAnExampleAndRequireItUnlessItIsMeantToBeOptional(String name) throws Exception {
        assertThat(names(schema(name).at("/examples/0"))).isEqualTo(names(schema(name).path("properties")));
        List<String> optional = new ArrayList<>();
        collectOptional(name, schema(name), optional);
        assertThat(optional).as("properties of %s that are neither required nor in OPTIONAL", name).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldRefuseAFieldThatIsNotKnown(String name) throws Exception {
        ObjectNode example = ((ObjectNode) schema(name).at("/examples/0")).put("discount", 1);

        assertThat(violations(name, example.toString())).containsExactly("/discount: is not known here");
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldHaveAFileNamedLikeItsIdAndTitleWithADescription(String name) throws Exception {
        assertThat(schema(name).path("$id").asText()).endsWith("/" + name + ".json");
        assertThat(schema(name).path("title").asText()).isEqualTo(name);
        assertThat(schema(name).path("description").asText()).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "", " ", "an order", "[]", "null", "1", "\"text\"",
            "{\"orderId\":\"" + ORDER + "\"",
            "{\"orderId\":\"" + ORDER + "\"} {}",
            "{\"orderId\":\"" + ORDER + "\",\"orderId\":\"" + ORDER + "\"}",
            "{'orderId':'" + ORDER + "'}",
            "{\"orderId\":\"" + ORDER + "\",}",
            "{\"orderId\":\"" + ORDER + "\"} // order",
            "{\"orderId\":NaN}"})
    void shouldRefuseWhatIsNotOneJsonObject(String text) {
        assertThat(violations("BillPayed", text)).isNotEmpty();
    }

    static List<Charset> otherEncodings() {
        return List.of(ISO_8859_1, UTF_16);
    }

    @ParameterizedTest
    @MethodSource("otherEncodings")
    void shouldRefuseOtherEncodingsThanUtf8(Charset encoding) {
        byte[] text = "{\"name\":\"Zoë\",\"email\":\"zoe@example.com\"}".getBytes(encoding);

        assertThat(violations("RegisterRequest", text)).containsExactly("is not in UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Ada", "O'Neil & Sons", "Zoë", "Nguyễn Văn A", "李小龍",
            "José (Pepe) Núñez-Ruiz, Jr.", "X", "3M", "D’Arcy"})
    void shouldAcceptTheNameOfAPerson(String name) {
        assertThatCode(() -> schemas.read("RegisterRequest", register(name, "a@example.com")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", " Ada", "Ada ", "<b>Ada</b>", "Ada\\r\\nBcc: eve@example.com", "Ada\\u0000",
            "{{name}}", "a;b", "Ada\\t"})
    void shouldRefuseWhatIsNoName(String name) throws Exception {
        assertThat(violations("RegisterRequest", register(name, "a@example.com"))).isNotEmpty()
                .allMatch(one -> one.startsWith("/name: "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "ada@example.com\\n",
            "ada@example.com,eve@example.com",
            "Ada <ada@example.com>", ".ada@example.com", "ada.@example.com", "a..da@example.com", "ada@exa mple.com",
            "zoë@example.com", "LOCAL65@example.com", "a@LABELScom"})
    void shouldRefuseWhatIsNoEMailAddress(String address) throws Exception {
        String email = address.replace("LOCAL65", "a".repeat(65)).replace("LABELS", "a.".repeat(130));
        assertThat(violations("RegisterRequest", register("Ada", email))).isNotEmpty()
                .allMatch(one -> one.startsWith("/email: "));
        assertThat(violations("RegistrationRequested", registration("Ada", email))).isNotEmpty()
                .allMatch(one -> one.startsWith("/email: "));
    }

    /** All of atext, punycode, the longest parts. */
    @ParameterizedTest
    @ValueSource(strings = {"a@b.cd", "!#$%&'*+/=?^_`{|}~-@example.com", "A.B+c@Example.COM", "a@1.example.com",
            "a@xn--bcher-kva.example", "a@xn--80akhbyknj4f.xn--p1ai", "a@EXAMPLE.XN--P1AI", "a@3com.com",
            "a@a--b.com", "1@1.com", "a@LABEL63.com", "LOCAL64@example.com"})
    void shouldAcceptAnEMailAddressThatAServerCanDeliverTo(String address) {
        String email = address.replace("LABEL63", "b".repeat(63)).replace("LOCAL64", "a".repeat(64));
        assertThatCode(() -> schemas.read("RegisterRequest", register("Ada", email))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a@-example.com", "a@example-.com", "a@example.-com", "a@example.com-", "a@LABEL64.com",
            "a@example.LABEL64", "a@10.0.0.1", "a@[10.0.0.1]", "a@example.123", "a@example.c", "a@example.c0m",
            "a@a..b.com", "a@.example.com", "a@example.com.", "a@exam_ple.com", "a@xn--.com", "a@example.xn--",
            "a@example.xn--a-", "LOCAL65@example.com", "a@b", "a@b@example.com", "a@bücher.example",
            "'a b'@example.com"})
    void shouldRefuseAnEMailAddressThatNoServerCanDeliverTo(String address) {
        String email = address.replace("LABEL64", "b".repeat(64)).replace("LOCAL65", "a".repeat(65));
        assertThat(violations("RegisterRequest", register("Ada", email)))
                .containsExactly("/email: is not an e-mail address");
    }

    /** Registrations that were accepted before wait in queues and are looked up. */
    @ParameterizedTest
    @CsvSource({"\u3164, a@-example.com", "Ada, a@10.0.0.1", "\u0301, a@example.c0m", "O'Neil\ufe0f, a@a-.com"})
    void shouldStillReadInAMessageWhatNoRequestMayHoldAnyMore(String name, String email) {
        assertThat(violations("RegistrationRequested", registration(name, email))).isEmpty();
        assertThat(violations("RegisterRequest", register(name, email))).isNotEmpty();
    }

    /** What a gateway accepts, everybody reads, on whatever JDK. */
    @ParameterizedTest
    @ValueSource(strings = {"レオナルド・ディカプリオ", "Col·lell", "علی\u200cرضا", "山田　太郎", "'t Hooft", "Rifa'",
            "Carl:son", "葛\udb40\udd00城", "ＡＤＡ（株）", "Kaʻahumanu", "Ka‘ahumanu", "\ud81b\udf00", "\ud83a\udd00",
            "\ud884\udf50"})
    void shouldReadInAMessageWhateverNameARequestMayHold(String name) {
        assertThat(violations("RegisterRequest", register(name, "a@example.com"))).isEmpty();
        assertThat(violations("RegistrationRequested", registration(name, "a@example.com"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", " Ada", "<b>", "{{name}}", "Ada\\r\\nBcc: eve", "Ada\\u0000", "A\u202eb", "A\u2028b",
            "a@b", "A\u00adb", "\\ud800"})
    void shouldReadNoNameInAMessageThatCannotBeOne(String name) {
        assertThat(violations("RegistrationRequested", registration(name, "a@example.com"))).isNotEmpty();
    }

    private static String registration(String name, String email) {
        return "{\"userId\":\"%s\",\"name\":\"%s\",\"email\":\"%s\"}".formatted(ORDER, name, email);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0C5F8A52-7B0E-4A6E-9D9B-5A3A4F1F2C33", "0c5F8a52-7b0e-4A6e-9d9b-5a3a4f1F2c33"})
    void shouldAcceptTheIdOfARequestInWhateverCase(String id) {
        assertThat(violations("PlaceOrderRequest",
                "{\"userId\":\"%s\",\"lines\":%s}".formatted(id, line("1")))).isEmpty();
    }

    @Test
    void shouldEscapeThePointerToAMember() {
        assertThat(violations("PlaceOrderRequest", "{\"userId\":\"%s\",\"lines\":%s}"
                .formatted(ORDER, line("1,\"a/b~c\":1")))).containsExactly("/lines/0/a~1b~0c: is not known here");
    }

    /** Whatever pattern a schema has, a long text does not get near it. */
    @ParameterizedTest
    @MethodSource("names")
    void shouldRunNoPatternOnALongText(String name) throws Exception {
        ObjectNode example = (ObjectNode) schema(name).at("/examples/0");
        for (String property : names(example)) {
            for (String part : List.of("a@a.a", ".a", "a", "/", "é-", " ")) {
                ObjectNode wrong = example.deepCopy().put(property, "a@a" + part.repeat(50_000));
                assertThat(violationsOnASmallStack(name, wrong.toString())).as(name + "/" + property)
                        .noneMatch(one -> one.contains("too long to be checked"));
            }
        }
    }

    private List<String> violationsOnASmallStack(String name, String text) throws InterruptedException {
        List<String> found = new ArrayList<>();
        Thread thread = new Thread(null, () -> found.addAll(violations(name, text)), "small", 256 * 1024);
        thread.start();
        thread.join();
        return found;
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, true", "1000, true", "1001, false", "-1, false", "1.5, false", "1e9, false",
            "99999999999999999999, false", "'\"1\"', false"})
    void shouldAcceptQuantitiesFrom1To1000(String quantity, boolean accepted) {
        assertThat(violations("OrderRequested", orderRequested("[{\"sku\":\"MUG-1\",\"quantity\":" + quantity + "}]"))
                .isEmpty()).isEqualTo(accepted);
    }

    @ParameterizedTest
    @CsvSource({
        "2.0, 2", "2e0, 2", "20e-1, 2", "0.001E+3, 1", "1000.000, 1000", "1E3, 1000",
    })
    void shouldReadAWholeNumberHoweverItIsWritten(String written, String whole) throws Exception {
        assertThat(schemas.read("OrderRequested", orderRequested(line(written))))
                .hasToString(orderRequested(line(whole)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "1.99999999999999999", "0.99999999999999999", "1000.00000000000001", "1e-30", "18446744073709551617",
        "18446744073709551617.0", "1.8446744073709551617e19", "-18446744073709551615", "1e400", "1e-400", "1e999",
    })
    void shouldReadNumbersExactly(String quantity) {
        assertThat(violations("OrderRequested", orderRequested(line(quantity))))
                .isNotEmpty().allSatisfy(violation -> assertThat(violation).startsWith("/lines/0/quantity: "));
    }

    @ParameterizedTest
    @MethodSource
    void shouldRefuseANumberThatIsTooLargeToComputeWith(String number) {
        assertThat(assertTimeoutPreemptively(Duration.ofSeconds(1),
                () -> violations("OrderRequested", orderRequested(line(number)))))
                .containsExactly("is nested too deeply, has a number of more than 1000 digits, "
                        + "or a name or a text that is far too long");
    }

    static List<String> shouldRefuseANumberThatIsTooLargeToComputeWith() {
        return List.of("1e1000000000", "1e-1000000000", "0e1000000000", "1.5e2147483647", "-1e2147483640", "1e1001",
                "1e-1001",
                "1" + "0".repeat(60_000), "0." + "1".repeat(60_000), "1".repeat(60_000) + "e-60000");
    }

    private static String line(String quantity) {
        return "[{\"sku\":\"MUG-1\",\"quantity\":" + quantity + "}]";
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, true", "100, true", "101, false"})
    void shouldAcceptOrdersOf1To100Lines(int lines, boolean accepted) {
        String all = String.join(",", Collections.nCopies(lines, "{\"sku\":\"MUG-1\",\"quantity\":1}"));

        assertThat(violations("OrderRequested", orderRequested("[" + all + "]")).isEmpty()).isEqualTo(accepted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0C5F8A52-7B0E-4A6E-9D9B-5A3A4F1F2C33", "0c5f8a52",
            "{0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33}", "../users", ""})
    void shouldRefuseAnIdThatIsNoUuidInLowerCase(String id) {
        assertThat(violations("BillPayed", "{\"orderId\":\"%s\"}".formatted(id))).isNotEmpty()
                .allMatch(one -> one.startsWith("/orderId: "));
    }

    @Test
    void shouldNameEveryViolationWithItsPointer() {
        assertThat(violations("OrderRequested",
                orderRequested("[{\"sku\":\"mug\",\"quantity\":0,\"price\":1},{\"sku\":\"MUG-1\"}]")))
                .containsExactlyInAnyOrder(
                        "/lines/0/sku: is not a sku: capital letters, digits and -",
                        "/lines/0/quantity: must have a minimum value of 1",
                        "/lines/0/price: is not known here",
                        "/lines/1/quantity: is missing");
    }

    /** Violations are logged and answered; the document may hold personal data. */
    @ParameterizedTest
    @MethodSource("names")
    void shouldNeverQuoteTheDocument(String name) throws Exception {
        ObjectNode example = (ObjectNode) schema(name).at("/examples/0");
        for (String property : names(example)) {
            for (String secret : List.of("\"s3cret\"", "987654321987654321", "[\"s3cret\"]", "{\"sku\":\"s3cret\"}",
                    "[{\"sku\":\"s3cret\",\"quantity\":\"s3cret\",\"status\":\"s3cret\"}]")) {
                ObjectNode wrong = example.deepCopy();
                wrong.set(property, JSON.readTree(secret));
                assertThat(violations(name, wrong.toString()))
                        .noneMatch(one -> one.contains("s3cret") || one.contains("987654321987654321"));
            }
        }
        for (String text : List.of("s3cret", "{\"s3cret\"}", "{\"a\":s3cret}", "{\"a\":\"s3cret\u0001\"}",
                "{\"s3cret\":1,\"s3cret\":2}")) {
            assertThat(violations(name, text)).isNotEmpty().noneMatch(one -> one.contains("s3cret"));
        }
    }

    private List<String> violations(String name, String text) {
        return violations(name, text.getBytes(UTF_8));
    }

    private List<String> violations(String name, byte[] text) {
        try {
            schemas.read(name, text);
            return List.of();
        } catch (InvalidDocumentException e) {
            return e.violations().stream().map(Violation::toString).toList();
        }
    }

    private static byte[] register(String name, String email) {
        return "{\"name\":\"%s\",\"email\":\"%s\"}".formatted(name, email).getBytes(UTF_8);
    }

    private static String orderRequested(String lines) {
        return "{\"orderId\":\"%s\",\"userId\":\"%s\",\"lines\":%s}".formatted(ORDER, ORDER, lines);
    }

    private static void collectOptional(String where, JsonNode schema, List<String> optional) {
        Set<String> required = new TreeSet<>();
        schema.path("required").forEach(each -> required.add(each.asText()));
        for (String property : names(schema.path("properties"))) {
            if (!required.contains(property) && !OPTIONAL.contains(where + "/" + property)) {
                optional.add(where + "/" + property);
            }
            collectOptional(where + "/" + property, schema.path("properties").path(property), optional);
            collectOptional(where + "/" + property, schema.path("properties").path(property).path("items"), optional);
        }
    }

    private static JsonNode schema(String name) throws Exception {
        return JSON.readTree(Files.readAllBytes(FOLDER.resolve(name + ".json")));
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void shouldRefuseATextThatOverflowsAPattern() {
        String email = "ada@example" + ".a".repeat(25_000);

        assertThatThrownBy(() -> schemas.read("RegisterRequest",
                "{\"name\":\"Ada\",\"email\":\"%s\"}".formatted(email)))
                .isInstanceOf(InvalidDocumentException.class);
    }
}
