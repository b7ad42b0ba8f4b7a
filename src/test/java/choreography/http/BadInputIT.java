package choreography.http;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Servers;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** What no caller should send: refused with a problem, nothing on the broker, nothing personal in the log. */
@ExtendWith(OneProcess.class)
class BadInputIT {

    private static final String NAME = "Ada Private";
    private static final String EMAIL = "ada.private@example.com";
    private static final String USER = "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33";
    private static final String ADA = registration(quoted(NAME), quoted(EMAIL));
    private static final String ORDER = quantity("1");

    private static BrokerClient broker;
    private final Caller shop = OneProcess.services().caller();
    private Map<String, Long> addedBefore;
    private String logBefore;

    @BeforeAll
    static void connect() {
        broker = new BrokerClient(Servers.sandbox().brokerUrl());
        broker.awaitQuiet();
    }

    @BeforeEach
    void remember() {
        addedBefore = broker.messagesAdded();
        logBefore = OneProcess.services().log();
    }

    @AfterEach
    void shouldPutNothingOnTheBrokerAndNothingPersonalIntoTheLog() {
        assertThat(broker.messagesAdded()).isEqualTo(addedBefore);
        assertThat(OneProcess.services().log().substring(logBefore.length()).toLowerCase(Locale.ROOT))
                .doesNotContain("private", "drop table", "bcc:");
    }

    @AfterAll
    static void disconnect() {
        broker.close();
    }

    static Stream<Arguments> badBodies() {
        return Stream.of(
                bad("empty", "/register", "", ""),
                bad("white space", "/order", " \n", ""),
                bad("not JSON", "/register", "name=" + NAME, ""),
                bad("cut off", "/register", "{\"name\":\"" + NAME, ""),
                bad("two documents", "/register", ADA + "{}", ""),
                bad("a comment", "/register", "/* */" + ADA, ""),
                bad("a field twice", "/register", "{\"name\":\"Eve\"," + ADA.substring(1), ""),
                bad("deep nesting", "/register", registration("[".repeat(30_000) + "]".repeat(30_000), quoted(EMAIL)),
                ""),
                bad("nesting that can be read", "/register",
                registration("[".repeat(900) + "]".repeat(900), quoted(EMAIL)), "/name"),
                bad("deep nesting of lines", "/order",
                order(quoted(USER), "{\"lines\":[".repeat(400) + "]}".repeat(400)), "/lines/0/sku",
                "/lines/0/quantity", "/lines/0/lines"),
                bad("null", "/register", "null", ""),
                bad("array", "/register", "[]", ""),
                bad("text", "/register", quoted(NAME), ""),
                bad("number", "/order", "1", ""),
                bad("nothing in it", "/register", "{}", "/name", "/email"),
                bad("nothing in it", "/order", "{}", "/userId", "/lines"),
                bad("field missing", "/register", "{\"name\":\"" + NAME + "\"}", "/email"),
                bad("field null", "/register", registration("null", "null"), "/name", "/email"),
                bad("field of another type", "/register", registration("1", "{\"address\":" + quoted(EMAIL) + "}"),
                "/name", "/email"),
                bad("field too many", "/register", with("\"admin\":true"), "/admin"),
                bad("field of the prototype", "/register", with("\"__proto__\":{}"), "/__proto__"),
                bad("id of the caller's choice", "/register", with("\"userId\":\"" + USER + "\""), "/userId"),
                bad("name empty", "/register", name(""), "/name"),
                bad("name blank", "/register", name("  "), "/name"),
                bad("name too long", "/register", name("a".repeat(101)), "/name"),
                bad("name of 60 kB", "/register", name("a".repeat(60_000)), "/name"),
                bad("name with NUL", "/register", name("Ada\\u0000Private"), "/name"),
                bad("name with a lone surrogate", "/register", name("Ada\\ud800Private"), "/name"),
                bad("name with a line break", "/register", name("Ada Private\\r\\nBcc: eve@example.com"), "/name"),
                bad("name that ends in a line break", "/register", name("Ada Private\\n"), "/name"),
                bad("name with a right-to-left override", "/register", name("Ada\\u202ePrivate"), "/name"),
                bad("name of markup", "/register", name("<b>" + NAME + "</b>"), "/name"),
                bad("name of an expression", "/register", name("${exchange} {{broker.password}}"), "/name"),
                bad("name of SQL", "/register", name("x'; drop table users; --"), "/name"),
                bad("e-mail without @", "/register", email("ada.private"), "/email"),
                bad("e-mail that starts with a dot", "/register", email("." + EMAIL), "/email"),
                bad("e-mail with a dot before the @", "/register", email("ada.private.@example.com"), "/email"),
                bad("e-mail with two dots in a row", "/register", email("ada..private@example.com"), "/email"),
                bad("two e-mails", "/register", email(EMAIL + ",eve@example.com"), "/email"),
                bad("e-mail with a name", "/register", email(NAME + " <" + EMAIL + ">"), "/email"),
                bad("e-mail with a header", "/register", email(EMAIL + "\\r\\nBcc: eve@example.com"), "/email"),
                bad("e-mail that ends in a line break", "/register", email(EMAIL + "\\n"), "/email"),
                bad("e-mail with NUL", "/register", email("\\u0000" + EMAIL), "/email"),
                bad("e-mail beyond ASCII", "/register", email("ädä.private@example.com"), "/email"),
                bad("e-mail of SQL", "/register", email("x'); drop table users; --@example.com"), "/email"),
                bad("e-mail that overflows a pattern", "/register", email("ada.private@a" + ".a".repeat(4000)),
                "/email"),
                bad("e-mail at an address of the network", "/register", email("ada.private@10.0.0.1"), "/email"),
                bad("e-mail at a host that cannot be", "/register", email("ada.private@-example.com"), "/email"),
                bad("name that shows nothing", "/register", name("\\u3164"), "/name"),
                bad("name of a mark alone", "/register", name("\\u0301"), "/name"),
                bad("field with a path in its name", "/register", with("\"a/b~c\":1"), "/a~1b~0c"),
                bad("e-mail too long", "/register", email("ada.private@" + "a.".repeat(130) + "com"), "/email"),
                bad("user id that is none", "/order", user(NAME), "/userId"),
                bad("user id of SQL", "/order", user("' or '1'='1"), "/userId"),
                bad("user id that ends in a line break", "/order", user(USER + "\\n"), "/userId"),
                bad("sku of SQL", "/order", sku("BOOK-1'; drop table orders; --"), "/lines/0/sku"),
                bad("sku with NUL", "/order", sku("BOOK-1\\u0000"), "/lines/0/sku"),
                bad("sku that ends in a line break", "/order", sku("BOOK-1\\n"), "/lines/0/sku"),
                bad("price of the caller's choice", "/order", quantity("1,\"unitPrice\":1"), "/lines/0/unitPrice"),
                bad("total of the caller's choice", "/order", ORDER.replace("{\"userId", "{\"total\":1,\"userId"),
                "/total"),
                bad("lines that are no list", "/order", ORDER.replaceFirst("\\[.*]", "{}"), "/lines"),
                bad("no lines", "/order", order(quoted(USER), ""), "/lines"),
                bad("101 lines", "/order",
                order(quoted(USER), String.join(",", Collections.nCopies(101, line("\"BOOK-1\"", "1")))), "/lines"),
                bad("quantity 0", "/order", quantity("0"), "/lines/0/quantity"),
                bad("quantity -1", "/order", quantity("-1"), "/lines/0/quantity"),
                bad("quantity 1001", "/order", quantity("1001"), "/lines/0/quantity"),
                bad("quantity beyond any integer", "/order", quantity("9".repeat(500)), "/lines/0/quantity"),
                bad("quantity of too many digits", "/order", quantity("9".repeat(5000)), ""),
                bad("quantity 0.5", "/order", quantity("0.5"), "/lines/0/quantity"),
                bad("quantity 1e400", "/order", quantity("1e400"), "/lines/0/quantity"),
                bad("quantity 1e-400", "/order", quantity("1e-400"), "/lines/0/quantity"),
                bad("quantity a little less than 2", "/order", quantity("1.99999999999999999"), "/lines/0/quantity"),
                bad("quantity a little less than 1", "/order", quantity("0.99999999999999999"), "/lines/0/quantity"),
                bad("quantity a little more than 1000", "/order", quantity("1000.00000000000001"), "/lines/0/quantity"),
                bad("quantity beyond any long, with a point", "/order", quantity("18446744073709551617.0"),
                "/lines/0/quantity"),
                bad("quantity 1e1000000000", "/order", quantity("1e1000000000"), ""),
                bad("quantity 1e-1000000000", "/order", quantity("1e-1000000000"), ""),
                bad("quantity of 60,000 digits", "/order", quantity("9".repeat(60_000)), ""),
                bad("quantity NaN", "/order", quantity("NaN"), ""),
                bad("quantity as text", "/order", quantity("\"1\""), "/lines/0/quantity"));
    }

    @ParameterizedTest(name = "{1} {0}")
    @MethodSource("badBodies")
    void shouldListAllThatIsWrongWithABody(String what, String path, String body, List<String> pointers) {
        Answer answer = shop.post(path, body);

        assertIsProblem(answer, 400, "invalid-request");
        assertThat(answer.json().path("violations").findValuesAsText("pointer")).as(answer.body()).hasSizeBetween(1, 10)
                .containsAll(pointers).isSubsetOf(pointers);
        assertThat(answer.json().path("violations").findValuesAsText("detail"))
                .allMatch(detail -> !detail.isBlank() && detail.length() < 200);
        assertThat(answer.body()).doesNotContain(NAME, EMAIL, "drop table");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00ff", "\u00c3", "\u00c0\u0080", "\u00ed\u00a0\u0080", "\u00f4\u0090\u0080\u0080",
            "\u00e9"})
    void shouldRefuseWhatIsNotUtf8(String bytes) {
        byte[] body = ADA.replace(NAME, NAME + bytes).getBytes(ISO_8859_1);

        assertIsProblem(shop.call("POST", "/register", "application/json", body), 400, "invalid-request");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded",
            "application/problem+json",
        "multipart/form-data; boundary=x", "nonsense"})
    void shouldTakeNothingButJson(String contentType) {
        assertIsProblem(shop.call("POST", "/register", contentType, ADA.getBytes(UTF_8)), 415,
                "unsupported-media-type");
        assertIsProblem(shop.call("POST", "/order", contentType, ORDER.getBytes(UTF_8)), 415, "unsupported-media-type");
    }

    @Test
    void shouldNotReadAMegabyte() {
        assertIsProblem(shop.post("/register", name("a".repeat(1 << 20))), 413, "too-large");
        assertIsProblem(shop.post("/order", name("a".repeat(1 << 20))), 413, "too-large");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,     /register,                                      POST",
        "PUT,     /register,                                      POST",
        "DELETE,  /order,                                         POST",
        "PATCH,   /order/,                                        POST",
        "POST,    /users/0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33,    GET",
        "DELETE,  /users/0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33/,   GET",
        "PUT,     /orders/0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33,   GET",
        "PATCH,   /accounts/0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33, GET",
        "DELETE,  /registrations/x,                               GET",
        "POST,    /products,                                      GET",
        "BREW,    /products,                                      GET"
    })
    void shouldSayWhichMethodIsAllowed(String method, String path, String allowed) {
        Answer answer = shop.call(method, path, "application/json", ADA.getBytes(UTF_8));

        assertIsProblem(answer, 405, "method-not-allowed");
        assertThat(answer.header("Allow")).isEqualTo(allowed.equals("GET") ? "GET, HEAD, OPTIONS" : "POST, OPTIONS");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1", "%00",
        "'%20or%20'1'='1", "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33'%3b%20drop%20table%20users%3b%20--", "%24%7Bbody%7D",
        "%7B%7Bbroker.password%7D%7D",
        "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33%0a", "..%2fproducts", "0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33/x"})
    void shouldFindNothingUnderWhatIsNoId(String id) {
        for (String resource : List.of("users", "orders", "accounts", "registrations")) {
            assertIsProblem(shop.get("/" + resource + "/" + id), 404, "not-found");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"user", "order", "account", "registration"})
    void shouldSayThatThereIsNoSuchThingOnlyOfAnIdOfItsKind(String kind) {
        String path = "/" + kind + "s/" + UUID.randomUUID();
        for (String slash : List.of("", "/")) {
            Answer answer = shop.get(path + slash);
            assertIsProblem(answer, 404, "no-such-" + kind);
            assertThat(answer.field("instance")).isEqualTo(path);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nothing", "/register/x", "/users", "/users/", "/orders/", "/registrations/",
            "/observe/health", "/q/health", "/actuator"})
    void shouldFindNothingUnderAnUnknownPath(String path) {
        assertIsProblem(shop.get(path), 404, "not-found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "too long"})
    void shouldRefuseAnIdempotencyKeyThatIsNone(String key) {
        String value = key.equals("too long") ? "k".repeat(256) : key;

        assertIsProblem(shop.post("/register", ADA, "Idempotency-Key", value), 400, "invalid-request");
        assertIsProblem(shop.post("/order", ORDER, "Idempotency-Key", value), 400, "invalid-request");
    }

    @Test
    void shouldRefuseTwoIdempotencyKeys() {
        assertIsProblem(shop.post("/register", ADA, "Idempotency-Key", "one", "Idempotency-Key", "two"), 400,
                "invalid-request");
    }

    @ParameterizedTest
    @CsvSource({
        "400, GET /users/%ZZ HTTP/1.1",
        "400, POST /register HTTP/1.1|Content-Type: application/json|Content-Length: x",
        "400, POST /register HTTP/1.1|Content-Type: application/json|Content-Length: -1",
        "400, 'GET /products HTTP/1.1|X Foo: 1'",
        "414, GET /users/LONG HTTP/1.1",
        "431, GET /products HTTP/1.1|X-Foo: LONGLONG",
    })
    void shouldRefuseWhatIsNotHttp(String status, String lines) throws IOException {
        String request = lines.replace("LONG", "a".repeat(5000)).replace("|", "\r\n")
                + "\r\nHost: localhost\r\nConnection: close\r\n\r\n";

        assertThat(shop.callWithBytes(request)).matches("(?s)HTTP/1\\.[01] " + status + " .*");
    }

    @Test
    void shouldStillAnswerAfterAllThat() {
        assertThat(shop.get("/products").status()).isEqualTo(200);
    }

    private static Arguments bad(String what, String path, String body, String... pointers) {
        return arguments(what, path, body, List.of(pointers));
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }

    private static String registration(String name, String email) {
        return "{\"name\":%s,\"email\":%s}".formatted(name, email);
    }

    private static String name(String name) {
        return registration(quoted(name), quoted(EMAIL));
    }

    private static String email(String email) {
        return registration(quoted(NAME), quoted(email));
    }

    private static String with(String field) {
        return registration(quoted(NAME), quoted(EMAIL) + "," + field);
    }

    private static String order(String user, String lines) {
        return "{\"userId\":%s,\"lines\":[%s]}".formatted(user, lines);
    }

    private static String line(String sku, String quantity) {
        return "{\"sku\":%s,\"quantity\":%s}".formatted(sku, quantity);
    }

    private static String user(String user) {
        return order(quoted(user), line(quoted("BOOK-1"), "1"));
    }

    private static String sku(String sku) {
        return order(quoted(USER), line(quoted(sku), "1"));
    }

    private static String quantity(String quantity) {
        return order(quoted(USER), line(quoted("BOOK-1"), quantity));
    }

    private static void assertIsProblem(Answer answer, int status, String type) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(problem.path("type").asText()).isEqualTo("urn:problem-type:choreography:" + type);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("title").asText()).isNotBlank();
        assertThat(problem.path("detail").asText()).isNotBlank();
    }
}
