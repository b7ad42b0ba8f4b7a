package choreography.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import choreography.catalogue.OpenApiDocument;
import choreography.messaging.CloudEvents;
import choreography.messaging.Sending;
import choreography.testing.Caller;
import choreography.testing.TestedService;
import choreography.testing.TestedService.Published;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.jms.TextMessage;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.jms.client.JMSExceptionHelper;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jms.UncategorizedJmsException;

import static choreography.testing.TestedService.newId;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The gateway without the services: {@code GatewayRoutes}. The test plays the service that answers a command with an
 * event.
 */
class GatewayRoutesTest {

    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final ObjectMapper JSON = new ObjectMapper();
    static final String ADA = "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}";

    static TestedService patient;
    /** Gives up waiting at once. */
    static TestedService impatient;

    TestedService gateway = patient;
    final String key = newId();
    final String user = newId();

    @BeforeAll
    static void start() throws Exception {
        patient = TestedService.start("gateway", "gateway.reply-timeout-ms", "30000");
        impatient = TestedService.start("gateway", "gateway.reply-timeout-ms", "1");
    }

    @AfterAll
    static void stop() {
        patient.close();
        impatient.close();
    }

    @BeforeEach
    @AfterEach
    void forget() {
        patient.forget();
        impatient.forget();
    }

    // POST /register

    @Test
    void shouldPublishARegistrationAndAnswerWithTheUser() throws Exception {
        gateway.mock("queue:RegistrationRequested").whenAnyExchangeReceived(command -> {
            String userId = idIn(command, "userId");
            gateway.siblings.answer("/users/%s/".formatted(userId), adaAs(userId));
            tell("UserCreated", command, "{\"userId\":\"%s\"}".formatted(userId));
        });

        var answer = post("/register", ADA);

        Published command = gateway.published().get(0);
        String userId = JSON.readTree(command.text()).path("userId").asText();
        assertThat(command).hasToString(
                "RegistrationRequested {\"email\":\"ada@example.com\",\"name\":\"Ada Lovelace\",\"userId\":\"%s\"}"
                        .formatted(userId));
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.headers().firstValue("Location")).hasValue("/users/" + userId);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body()).isEqualTo(adaAs(userId));
        assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
        assertThat(gateway.siblings.calls()).containsExactly("GET /users/%s/".formatted(userId));
    }

    @Test
    void shouldAnswerARejectedRegistrationWithItsReason() throws Exception {
        answerWith("queue:RegistrationRequested", "RegistrationRejected",
                command -> "{\"userId\":\"%s\",\"reason\":\"EMAIL_TAKEN\"}".formatted(idIn(command, "userId")));

        assertProblem(post("/register", ADA), 409, "email-taken");
    }

    @Test
    void shouldRefuseARegistrationWithTheKeyOfAnother() throws Exception {
        answerWith("queue:RegistrationRequested", "RequestRefused", GatewayRoutesTest::requestRefused);

        assertProblem(post("/register", ADA, "Idempotency-Key", key), 422, "idempotency-key-reused");
    }

    @Test
    void shouldPromiseTheRegistrationWhenTheNewUserCannotBeLookedUp() throws Exception {
        answerWith("queue:RegistrationRequested", "UserCreated", command -> {
            gateway.siblings.fail("/users/%s/".formatted(idIn(command, "userId")), 500);
            return "{\"userId\":\"%s\"}".formatted(idIn(command, "userId"));
        });

        assertAccepted(post("/register", ADA), "/registrations/", "userId");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "<html></html>", "[]", "another user"})
    void shouldPromiseTheRegistrationWhenTheAnswerIsNotThatUser(String answer) throws Exception {
        answerWith("queue:RegistrationRequested", "UserCreated", command -> {
            String userId = idIn(command, "userId");
            gateway.siblings.answer("/users/%s/".formatted(userId), answer.equals("another user") ? adaAs(user)
                    : answer);
            return "{\"userId\":\"%s\"}".formatted(userId);
        });

        assertAccepted(post("/register", ADA), "/registrations/", "userId");
    }

    private static String adaAs(String userId) {
        return """
                {"userId":"%s","name":"Ada Lovelace","email":"ada@example.com",\
                "createdAt":"2026-11-22T10:00:00.000Z"}"""
                .formatted(userId);
    }

    // POST /order

    @Test
    void shouldPublishAnOrderAndAnswerWithIt() throws Exception {
        answerWith("queue:OrderRequested", "OrderCreated", this::orderCreated);

        var answer = post("/order", order());

        Published command = gateway.published().get(0);
        String orderId = JSON.readTree(command.text()).path("orderId").asText();
        assertThat(command).hasToString("""
                OrderRequested {"lines":[{"quantity":1,"sku":"MUG-1"}],"orderId":"%s","userId":"%s"}"""
                .formatted(orderId, user));
        assertThat(command.correlationId()).isEqualTo(orderId);
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.headers().firstValue("Location")).hasValue("/orders/" + orderId);
        assertThat(answer.body()).isEqualTo(orderCreated(orderId));
        assertThat(gateway.siblings.calls()).isEmpty();
    }

    @Test
    void shouldTakeAnIdInCapitalsForTheSame() throws Exception {
        answerWith("queue:OrderRequested", "OrderCreated", this::orderCreated);
        String idInCapitals = order().replace(user, user.toUpperCase(Locale.ROOT));

        post("/order", order(), "Idempotency-Key", key);
        var answer = post("/order", idInCapitals, "Idempotency-Key", key);

        assertThat(answer.statusCode()).isEqualTo(201);
        List<Published> commands = gateway.published();
        assertThat(commands).hasSize(2).extracting(Published::text).containsOnly(commands.get(0).text());
        assertThat(commands).extracting(command -> command.properties().get("cloudEvents_id"))
                .containsOnly(commands.get(0).properties().get("cloudEvents_id"));
        assertThat(commands.get(0).text()).contains(user);
    }

    @ParameterizedTest
    @CsvSource({"UNKNOWN_USER, unknown-user", "UNKNOWN_SKU, unknown-sku"})
    void shouldAnswerARejectedOrderWithItsReason(String reason, String type) throws Exception {
        answerWith("queue:OrderRequested", "OrderRejected",
                command -> "{\"orderId\":\"%s\",\"reason\":\"%s\"}".formatted(idIn(command, "orderId"), reason));

        assertProblem(post("/order", order()), 422, type);
    }

    @Test
    void shouldRefuseAnOrderWithTheKeyOfAnother() throws Exception {
        answerWith("queue:OrderRequested", "RequestRefused", GatewayRoutesTest::requestRefused);

        assertProblem(post("/order", order(), "Idempotency-Key", key), 422, "idempotency-key-reused");
    }

    @Test
    void shouldIgnoreAnOutcomeThatNobodyWaitsFor() throws Exception {
        gateway.consume("OrderRejected", newId(), "{\"orderId\":\"%s\",\"reason\":\"UNKNOWN_SKU\"}".formatted(newId()));
        gateway.consume("UserCreated", newId(), "{\"userId\":\"%s\"}".formatted(user));

        assertThat(gateway.published()).isEmpty();
    }

    // what a caller can and cannot make of a command

    @Test
    void shouldPutNothingOfTheCallerIntoTheCommandButItsBody() throws Exception {
        gateway = impatient;
        post("/order?_AMQ_SCHED_DELIVERY=9999999999999&JMSXGroupID=1&gateway=mine&CamelJmsDestinationName=BillPayed",
                order(),
                "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "cloudEvents_id", "1",
                "JMSCorrelationID", "1", "JMSPriority", "9",
                "CAmelJmsDestinationName", "BillPayed", "X!Foo", "1", "Cookie", "a=b");

        assertThat(gateway.published()).singleElement().satisfies(command -> {
            assertThat(command.address()).isEqualTo("OrderRequested");
            assertThat(command.properties().keySet())
                    .containsExactlyInAnyOrder("cloudEvents_id", "cloudEvents_specversion", "cloudEvents_type",
                    "cloudEvents_source", "cloudEvents_subject", "cloudEvents_time", "cloudEvents_datacontenttype",
                    "cloudEvents_causationid", "gateway");
            assertThat(command.properties()).doesNotContainEntry("gateway", "mine")
                    .doesNotContainEntry("cloudEvents_id", "1");
            assertThat(command.correlationId()).isEqualTo(JSON.readTree(command.text()).path("orderId").asText());
        });
        assertThat(gateway.mock("queue:OrderRequested").getReceivedExchanges().get(0).getMessage().getHeaders()
                .keySet())
                .containsExactlyInAnyOrder("JMSCorrelationID", "gateway", "cloudEvents_id");
    }

    /** A tracer would go on with the caller's trace, and sample as he says, as soon as a route is entered. */
    @Test
    void shouldLetInNoTraceOfACaller() throws Exception {
        gateway.camel().addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("platform-http:/entered").routeId("gateway-entered")
                        .process(e -> e.getMessage().setBody(String.join(" ", e.getMessage().getHeaders().keySet())));
            }
        });

        String entered = gateway.get("/entered", "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate", "a=b",
                "baggage", "a=b", "b3", "1", "uber-trace-id", "1",
                "Idempotency-Key", "mine").body();

        assertThat(entered.toLowerCase(Locale.ROOT)).contains("idempotency-key")
                .doesNotContain("trace", "baggage", "b3");
    }

    @Test
    void shouldNameEveryViolationAndPublishNothing() throws Exception {
        var answer = post("/order", "{\"userId\":\"me\",\"lines\":[{\"sku\":\"mug\",\"quantity\":0}],\"price\":1}");

        JsonNode problem = assertProblem(answer, 400, "invalid-request");
        assertThat(problem.path("violations").findValuesAsText("pointer"))
                .contains("/userId", "/lines/0/sku", "/lines/0/quantity", "/price");
        assertThat(gateway.published()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "an order, please", "[]", "{\"userId\":1}"})
    void shouldRefuseWhatIsNoOrder(String body) throws Exception {
        assertProblem(post("/order", body), 400, "invalid-request");

        assertThat(gateway.published()).isEmpty();
    }

    @Test
    void shouldRefuseAnIdempotencyKeyThatIsNoneOrGivenTwice() throws Exception {
        assertProblem(post("/order", order(), "Idempotency-Key", "x".repeat(256)), 400, "invalid-request");
        assertProblem(post("/order", order(), "Idempotency-Key", "a", "Idempotency-Key", "b"), 400, "invalid-request");

        assertThat(gateway.published()).isEmpty();
    }

    @Test
    void shouldRefuseOtherContentMethodsAndSizes() throws Exception {
        assertProblem(post("/order", order(), "Content-Type", "text/plain"), 415, "unsupported-media-type");
        assertProblem(post("/order", " ".repeat(70_000)), 413, "too-large");
        assertProblem(gateway.get("/order"), 405, "method-not-allowed");
        assertProblem(gateway.get("/nothing"), 404, "not-found");

        assertThat(gateway.published()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"multipart/form-data", "multipart/form-data; boundary=x", "MULTIPART/FORM-DATA",
            "application/x-www-form-urlencoded", "application/json; charset=nope", "application/json; charset=utf-16",
            "text/plain", "nonsense", ";", "a/b; c=\"", "{{http.port}}", "${body}"})
    void shouldRefuseAContentTypeOtherThanJsonOnEveryPath(String type) throws Exception {
        Caller caller = new Caller(gateway.request("/").build().uri().getPort());
        gateway.siblings.answer("/products", "{\"products\":[]}");
        for (String operation : new OpenApiDocument().operations()) {
            for (String body : List.of("", "Content-Length: 5\r\n\r\n--x--")) {
                String request = operation.replace("{id}", user)
                        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + type + "\r\n";

                assertThat(caller.callWithBytes(request + (body.isEmpty() ? "\r\n" : body))).as(request)
                        .startsWith("HTTP/1.1 415 ").contains("urn:problem-type:choreography:unsupported-media-type");
            }
        }
        assertThat(gateway.published()).isEmpty();
        assertThat(gateway.siblings.calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json;charset=UTF-8",
            "application/json; charset=\"utf-8\""})
    void shouldTakeJsonHoweverItIsCalled(String type) throws Exception {
        gateway = impatient;

        assertThat(post("/order", order(), "Content-Type", type).statusCode()).isEqualTo(202);
    }

    @Test
    void shouldAnswerShortlyHoweverMuchIsWrong() throws Exception {
        String lines = "{\"userId\":\"%s\",\"lines\":[%s]}";
        String tooMany = lines.formatted(user, String.join(",", Collections.nCopies(20_000, "{}")));
        String allWrong = lines.formatted(user, String.join(",", Collections.nCopies(100, "{\"a\":1}")));
        String unknown = IntStream.range(0, 6_000).mapToObj(i -> "\"a" + i + "\":1")
                .collect(Collectors.joining(",", "{", "}"));

        assertThat(violations(post("/order", tooMany))).containsExactly("/lines");
        assertThat(violations(post("/order", allWrong))).hasSize(21).endsWith("");
        for (String path : List.of("/order", "/register")) {
            assertThat(violations(post(path, unknown))).hasSize(21).endsWith("");
        }
    }

    private static List<String> violations(HttpResponse<String> answer) throws Exception {
        assertThat(answer.body().length()).isLessThan(3_000);
        return assertProblem(answer, 400, "invalid-request").path("violations").findValuesAsText("pointer");
    }

    // Idempotency-Key

    @Test
    void shouldPublishTheSameCommandForTheSameKeyAndBody() throws Exception {
        answerWith("queue:OrderRequested", "OrderCreated", this::orderCreated);

        var first = post("/order", order(), "Idempotency-Key", key);
        var second = post("/order", order(), "Idempotency-Key", key);

        assertThat(second.statusCode()).isEqualTo(201);
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.headers().firstValue("Location")).isEqualTo(first.headers().firstValue("Location"));
        assertThat(gateway.publishedTexts()).hasSize(2);
        assertThat(gateway.publishedTexts().get(1)).isEqualTo(gateway.publishedTexts().get(0));
        assertThat(eventIds()).hasSize(2).containsOnly(eventIds().get(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"lines\":[{\"quantity\":1,\"sku\":\"MUG-1\"}],\"userId\":\"USER\"}",
        " { \"userId\" : \"USER\", \"lines\" : [ { \"sku\" : \"MUG-1\", \"quantity\" : 1 } ] }\n",
        "{\"userId\":\"USER\",\"lines\":[{\"sku\":\"\\u004dUG\\u002D1\",\"quantity\":1}]}",
        "{\"userId\":\"USER\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1.0}]}",
        "{\"userId\":\"USER\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":10e-1}]}"})
    void shouldKnowARequestAgainHoweverItIsWritten(String body) throws Exception {
        gateway = impatient;

        post("/order", order(), "Idempotency-Key", key);
        post("/order", body.replace("USER", user), "Idempotency-Key", key);

        assertThat(gateway.publishedTexts()).hasSize(2).containsOnly(gateway.publishedTexts().get(0));
        assertThat(eventIds()).hasSize(2).containsOnly(eventIds().get(0));
    }

    @Test
    void shouldKeepTheKeysOfTwoCustomersApart() throws Exception {
        gateway = impatient;

        post("/order", order(), "Idempotency-Key", key);
        post("/order", order().replace(user, newId()), "Idempotency-Key", key);

        assertThat(gateway.published()).extracting(Published::correlationId).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void shouldMakeAKeyAndSayItSoThatARepeatDoesNothingTwice() throws Exception {
        gateway = impatient;

        var first = post("/order", order());
        var second = post("/order", order(), "Idempotency-Key", said(first));

        assertThat(said(second)).isEqualTo(said(first)).matches("[0-9a-f-]{36}");
        assertThat(second.headers().firstValue("Location")).isEqualTo(first.headers().firstValue("Location"));
        assertThat(eventIds()).hasSize(2).containsOnly(eventIds().get(0));
    }

    @Test
    void shouldSayTheKeyInEveryAnswer() throws Exception {
        answerWith("queue:OrderRequested", "OrderCreated", this::orderCreated);
        List<HttpResponse<String>> answers = List.of(post("/order", order(), "Idempotency-Key", key),
                post("/order", "{}", "Idempotency-Key", key),
                post("/order/", " ".repeat(70_000), "Idempotency-Key", key),
                post("/register", ADA, "Idempotency-Key", key, "Content-Type", "text/plain"));

        assertThat(answers).extracting(HttpResponse::statusCode).containsExactly(201, 400, 413, 415);
        assertThat(answers).allSatisfy(answer -> assertThat(said(answer)).isEqualTo(key));
        assertThat(said(post("/order", order(), "Idempotency-Key", "no key"))).isEmpty();
    }

    @Test
    void shouldDemandAKeyIfItIsToldSo() throws Exception {
        try (TestedService strict = TestedService.start("gateway", "gateway.require-idempotency-key", "true")) {
            gateway = strict;
            answerWith("queue:OrderRequested", "OrderCreated", this::orderCreated);

            assertProblem(post("/order", order()), 400, "invalid-request");
            assertThat(gateway.published()).isEmpty();
            assertThat(post("/order", order(), "Idempotency-Key", key).statusCode()).isEqualTo(201);
        }
    }

    @Test
    void shouldPublishTheSameOrderIdButAnotherEventForTheSameKeyAndAnotherBody() throws Exception {
        gateway = impatient;

        post("/order", order(), "Idempotency-Key", key);
        post("/order", order().replace("MUG-1", "BOOK-1"), "Idempotency-Key", key);

        assertThat(gateway.published()).extracting(Published::correlationId).hasSize(2)
                .containsOnly(gateway.published().get(0).correlationId());
        assertThat(eventIds()).doesNotHaveDuplicates();
    }

    @Test
    void shouldMakeAnotherOrderOfEveryRequestWithoutKey() throws Exception {
        gateway = impatient;

        post("/order", order());
        post("/order", order());

        assertThat(gateway.published()).extracting(Published::correlationId).doesNotHaveDuplicates();
    }

    @Test
    void shouldGiveAUserAndAnOrderOfTheSameKeyDifferentIds() throws Exception {
        gateway = impatient;

        post("/register", ADA, "Idempotency-Key", key);
        post("/order", order(), "Idempotency-Key", key);

        assertThat(gateway.published()).extracting(Published::correlationId).doesNotHaveDuplicates();
    }

    // waiting

    @Test
    void shouldAnswerBothOfTwoIdenticalRequestsThatWaitAtTheSameTime() throws Exception {
        gateway.mock("queue:OrderRequested").expectedMessageCount(2);
        var first = postAsync("/order", order(), "Idempotency-Key", key);
        var second = postAsync("/order", order(), "Idempotency-Key", key);
        gateway.mock("queue:OrderRequested").assertIsSatisfied();
        Exchange command = gateway.mock("queue:OrderRequested").getReceivedExchanges().get(0);

        tell("OrderCreated", command, orderCreated(command));

        assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
        assertThat(second.get(10, TimeUnit.SECONDS).body()).isEqualTo(first.get().body());
    }

    @Test
    void shouldPromiseTheOrderAfterTheDeadline() throws Exception {
        gateway = impatient;

        assertAccepted(post("/order", order()), "/orders/", "orderId");
    }

    @Test
    void shouldPromiseTheRegistrationAfterTheDeadline() throws Exception {
        gateway = impatient;

        assertAccepted(post("/register", ADA), "/registrations/", "userId");
    }

    @Test
    void shouldSendAwayWhomItCannotLetWaitUntilOthersAreAnswered() throws Exception {
        try (TestedService busy = TestedService.start("gateway", "gateway.max-waiting", "1")) {
            gateway = busy;
            gateway.mock("queue:OrderRequested").expectedMessageCount(1);
            var first = postAsync("/order", order());
            gateway.mock("queue:OrderRequested").assertIsSatisfied();
            assertProblem(post("/order", "{}"), 400, "invalid-request");

            var second = post("/order", order());

            assertProblem(second, 503, "too-many-waiting");
            assertThat(second.headers().firstValue("Retry-After")).hasValue("2");
            assertThat(gateway.published()).hasSize(1);

            Exchange command = gateway.mock("queue:OrderRequested").getReceivedExchanges().get(0);
            tell("OrderCreated", command, orderCreated(command));
            assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
            answerWith("queue:OrderRequested", "OrderCreated", this::orderCreated);
            await().atMost(10, TimeUnit.SECONDS).until(() -> post("/order", order()).statusCode() == 201);
        }
    }

    @Test
    void shouldSayThatTheBrokerCannotBeReached() throws Exception {
        gateway.mock("queue:OrderRequested").whenAnyExchangeReceived(command -> {
            throw new UncategorizedJmsException("connection refused");
        });

        var answer = post("/order", order());

        assertProblem(answer, 503, "broker-unavailable");
        assertThat(answer.headers().firstValue("Retry-After")).hasValue("2");
        assertThat(answer.body()).doesNotContain("connection refused");
    }

    @ParameterizedTest
    @EnumSource(names = {"CONNECTION_TIMEDOUT", "UNBLOCKED", "INTERNAL_ERROR", "IO_ERROR"})
    void shouldSayThatItDoesNotKnowWhetherTheBrokerHasTheCommand(ActiveMQExceptionType failure) throws Exception {
        gateway.mock("queue:OrderRequested").whenAnyExchangeReceived(command -> failWhileSending(command, failure));

        var answer = post("/order", order());

        assertProblem(answer, 504, "outcome-unknown");
        assertThat(said(answer)).isNotEmpty();
        Exchange command = gateway.mock("queue:OrderRequested").getReceivedExchanges().get(0);
        assertThat(answer.headers().firstValue("Location"))
                .hasValue("/orders/" + idIn(command, "orderId") + "/requests/" + eventId(command));
    }

    @ParameterizedTest
    @EnumSource(names = {"NOT_CONNECTED", "ADDRESS_FULL", "QUEUE_DOES_NOT_EXIST", "ADDRESS_DOES_NOT_EXIST",
            "SECURITY_EXCEPTION"})
    void shouldSayThatNothingWasDoneIfTheBrokerRefusesTheCommand(ActiveMQExceptionType failure) throws Exception {
        gateway.mock("queue:RegistrationRequested")
                .whenAnyExchangeReceived(command -> failWhileSending(command, failure));

        var answer = post("/register", ADA);

        assertProblem(answer, 503, "broker-unavailable");
        assertThat(answer.headers().firstValue("Location")).isEmpty();
        assertThat(said(answer)).isNotEmpty();
    }

    @Test
    void shouldNotCallItAnInternalErrorIfItFailsAfterTheCommandLeft() throws Exception {
        gateway.mock("queue:RegistrationRequested").whenAnyExchangeReceived(command -> {
            Sending.begin(command);
            throw new IllegalStateException("as the test wants it");
        });

        var answer = post("/register", ADA);

        assertProblem(answer, 504, "outcome-unknown");
        assertThat(answer.headers().firstValue("Location").orElseThrow())
                .matches("/registrations/[0-9a-f-]{36}/requests/[0-9a-f-]{36}");
    }

    private static void failWhileSending(Exchange command, ActiveMQExceptionType failure) {
        Sending.begin(command);
        ActiveMQException cause = failure.createException("as the test wants it");
        cause.initCause(ActiveMQExceptionType.NOT_CONNECTED.createException("UNBLOCKED has this cause"));
        throw new UncategorizedJmsException(JMSExceptionHelper.convertFromActiveMQException(cause));
    }

    // events

    @ParameterizedTest
    @ValueSource(strings = {"UserCreated", "RegistrationRejected", "OrderCreated", "OrderRejected", "RequestRefused"})
    void shouldParkAnOutcomeThatItCannotRead(String event) throws Exception {
        String id = newId();
        gateway.assertParksTheUnreadable(event, "DLQ.gateway", Map.of(
                "UserCreated", "{\"userId\":\"%s\"}",
                "RegistrationRejected", "{\"userId\":\"%s\",\"reason\":\"EMAIL_TAKEN\"}",
                "OrderCreated", orderCreated(id),
                "OrderRejected", "{\"orderId\":\"%s\",\"reason\":\"UNKNOWN_SKU\"}",
                "RequestRefused", "{\"requestId\":\"%s\",\"reason\":\"IDEMPOTENCY_KEY_REUSED\"}").get(event)
                        .formatted(id));
    }

    // reading

    @Test
    void shouldPassReadingOnToTheOwner() throws Exception {
        gateway.siblings.answer("/orders/" + user, "{\"orderId\":\"%s\"}".formatted(user));

        gateway.siblings.answer("/users/" + user, 404, TestedService.noSuch("/users/", user));

        var order = gateway.get("/orders/" + user);

        assertThat(order.statusCode()).isEqualTo(200);
        assertThat(order.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(order.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(order.body()).isEqualTo("{\"orderId\":\"%s\"}".formatted(user));
        assertThat(gateway.get("/users/" + user).statusCode()).isEqualTo(404);
        assertThat(gateway.siblings.calls()).containsExactly("GET /orders/" + user, "GET /users/" + user);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"200 | {\"orderId\":\"OTHER\",\"userId\":\"ID\"}",
        "200 | {\"userId\":\"OTHER\"}", "200 | {}", "200 | ``", "200 | <html>log in</html>", "200 | [{\"orderId\":\"ID\"}]",
        "200 | {\"orderId\":\"ID\"", "200 | {\"orderId\":\"ID\"}{}", "200 | null", "201 | {\"orderId\":\"ID\"}",
        "302 | {\"orderId\":\"ID\"}", "404 | <html></html>", "404 | ``", "404 | {\"status\":404}",
        "500 | {\"orderId\":\"ID\"}", "403 | PROBLEM"})
    void shouldPassOnNothingButTheDocumentThatWasAskedForOrAProblem(int status, String body) throws Exception {
        gateway.siblings.answer("/orders/" + user, status, body.replace("ID", user).replace("OTHER", newId())
                .replace("PROBLEM", TestedService.noSuch("/orders/", user)));

        assertProblem(gateway.get("/orders/" + user), 503, "service-unavailable");
    }

    @Test
    void shouldAskTheOwnerForNothingButWhatThePathNames() throws Exception {
        gateway.siblings.answer("/orders/" + user, "{\"orderId\":\"%s\"}".formatted(user));
        gateway.siblings.answer("/products", "{\"products\":[]}");

        gateway.get("/orders/" + user + "/");
        gateway.get("/orders/" + user.toUpperCase(Locale.ROOT) + "?id=" + newId() + "&x=/../products");
        gateway.get("/products/?page=1");

        assertThat(gateway.siblings.calls())
                .containsExactly("GET /orders/" + user, "GET /orders/" + user, "GET /products");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/ordersXYZ", "/orders", "/orders/", "/orders..%2f..%2fsecret", "/orders%3Fa=b",
            "/orders/x", "/orders/0-0-0-0-0", "/orders/..%2fproducts", "/orders/ID%2f..", "/orders/ID%3Fa=b",
            "/orders/ID/x", "/orders/%0aID", "/productsXYZ", "/products/x", "/users", "/accounts/ID;x"})
    void shouldAskNobodyForAPathThatIsNone(String path) throws Exception {
        assertProblem(gateway.get(path.replace("ID", user)), 404, "not-found");

        assertThat(gateway.siblings.calls()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{bean:%s.clear}}", "{{bean:connectionFactory.stop}}", "{{broker.password}}",
            "${camelContext.stop}"})
    void shouldCallNoMethodForACaller(String placeholder) throws Exception {
        var paths = gateway.camel().getRegistry().findByTypeWithName(VertxPlatformHttpRouter.class).entrySet()
                .iterator().next();
        Caller caller = new Caller(paths.getValue().getServer().getPort());
        String attack = placeholder.formatted(paths.getKey());
        gateway.siblings.answer("/orders/" + user, "{\"orderId\":\"%s\"}".formatted(user));

        for (String target : List.of("/orders/x?" + attack, "/orders/" + attack, "/orders" + attack,
                "/orders/" + user + "?" + attack)) {
            caller.callWithBytes("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nCamelHttpUri: " + attack
                    + "\r\nConnection: close\r\n\r\n");
        }

        assertThat(gateway.siblings.calls()).containsExactly("GET /orders/" + user);
        assertThat(gateway.get("/orders/" + user).statusCode()).isEqualTo(200);
    }

    private String order() {
        return "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}".formatted(user);
    }

    private String orderCreated(Exchange command) {
        return orderCreated(idIn(command, "orderId"));
    }

    private String orderCreated(String orderId) {
        return """
                {"orderId":"%s","userId":"%s","status":"CREATED",\
                "customer":{"name":"Ada 𠮷","email":"ada@example.com"},\
                "lines":[{"sku":"MUG-1","name":"Mug with a camel","quantity":1,"unitPrice":1250,"amount":1250}],\
                "total":1250,"currency":"EUR","history":[{"status":"CREATED","at":"2026-11-22T10:00:00.000Z"}]}"""
                .formatted(orderId, user);
    }

    /** Plays the service: answers each command with an event. */
    private void answerWith(String command, String event, Function<Exchange, String> text) {
        gateway.mock(command).whenAnyExchangeReceived(received -> tell(event, received, text.apply(received)));
    }

    private void tell(String event, Exchange command, String text) throws Exception {
        TextMessage outcome = TestedService.event(newId(), text);
        outcome.setStringProperty(CloudEvents.CAUSATION_ID, eventId(command));
        gateway.consume(event, outcome);
    }

    private static String eventId(Exchange command) {
        String type = idIn(command, "orderId").isEmpty() ? "RegistrationRequested" : "OrderRequested";
        return CloudEvents.id(command.getMessage().getHeader(CloudEvents.ID, String.class), type);
    }

    private static String requestRefused(Exchange command) {
        return "{\"requestId\":\"%s\",\"reason\":\"IDEMPOTENCY_KEY_REUSED\"}".formatted(eventId(command));
    }

    private static String idIn(Exchange command, String name) {
        try {
            return JSON.readTree(command.getMessage().getBody(String.class)).path(name).asText();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String said(HttpResponse<String> answer) {
        return String.join(", ", answer.headers().allValues("Idempotency-Key"));
    }

    private List<Object> eventIds() throws Exception {
        return gateway.published().stream().map(command -> command.properties().get("cloudEvents_id")).toList();
    }

    private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
        return postAsync(path, body, headers).get(20, TimeUnit.SECONDS);
    }

    private CompletableFuture<HttpResponse<String>> postAsync(String path, String body, String... headers) {
        var request = gateway.request(path).POST(BodyPublishers.ofString(body));
        Map<String, String> defaults = new HashMap<>(Map.of("Content-Type", "application/json"));
        for (int i = 0; i < headers.length; i += 2) {
            defaults.remove(headers[i]);
            request.header(headers[i], headers[i + 1]);
        }
        defaults.forEach(request::header);
        return HTTP.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
    }

    private static JsonNode assertProblem(HttpResponse<String> answer, int status, String type) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = JSON.readTree(answer.body());
        assertThat(problem.path("type").asText()).isEqualTo("urn:problem-type:choreography:" + type);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("title").asText()).isNotEmpty();
        return problem;
    }

    private void assertAccepted(HttpResponse<String> answer, String path, String idName) throws Exception {
        Published command = gateway.published().get(0);
        String location = path + JSON.readTree(command.text()).path(idName).asText() + "/requests/"
                + command.properties().get("cloudEvents_id");
        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.headers().firstValue("Location")).hasValue(location);
        assertThat(answer.body()).isEqualTo("{\"status\":\"PENDING\",\"location\":\"%s\"}".formatted(location));
    }
}
