package choreography.system;

import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerClient.Event;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Rows;
import choreography.testing.Servers;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

/** The two flows of the diagram, from the request to the mail, and every way in which they can be refused. */
@ExtendWith(OneProcess.class)
class ChoreographyIT {

    private static final String ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final String TIME = "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z";

    private static BrokerClient broker;
    private final Caller shop = OneProcess.services().caller();

    @BeforeAll
    static void listenToAllEvents() {
        broker = new BrokerClient(Servers.sandbox().brokerUrl())
                .subscribe(Topology.topics().toArray(String[]::new));
    }

    @AfterAll
    static void disconnect() {
        broker.close();
    }

    @AfterEach
    void shouldLeaveEveryQueueEmpty() {
        broker.awaitQuiet();
        assertThat(broker.messageCounts().keySet()).containsAll(Topology.queues())
                .containsAll(Topology.queues().stream().map(queue -> "DLQ." + queue).toList());
    }

    @Test
    void shouldRegisterAUserAndOpenAnAccount() {
        String email = newAddress();

        Answer answer = shop.post("/register", registration("Ada Lovelace", email));

        String user = answer.field("userId");
        assertIsCreated(answer, "/users/" + user);
        assertThat(answer.body()).matches(userShown(email));
        assertShows("/users/" + user, Pattern.quote(answer.body()));
        assertShows("/registrations/" + user, registrationShown(user));
        broker.awaitQuiet();
        assertShows("/accounts/" + user, newAccountShown(user));
        assertIsRecordedAsRegistered(user, email);
        assertLedger(user, 100000, "null | 100000");
        assertThat(broker.heard(user)).extracting(Event::destination, Event::body)
                .containsExactly(tuple("UserCreated", "{\"userId\":\"%s\"}".formatted(user)));
        assertIsCloudEvent(broker.heard(user).get(0), "/user");
    }

    @Test
    void shouldSettleAnOrderUpToTheMail() {
        String email = newAddress();
        String user = register("Ada Lovelace", email);

        Answer answer = order(user, line("BOOK-1", 2), line("STICKER-1", 10));

        String order = answer.field("orderId");
        assertIsCreated(answer, "/orders/" + order);
        assertThat(answer.body()).matches(orderShown(order, user, email, "CREATED"));
        broker.awaitQuiet();
        assertShows("/orders/" + order, orderShown(order, user, email, "CREATED", "PAYED"));
        assertIsRecordedAsPaid(order, email);
        assertIsBilledOnce(user, order);
        assertLedger(user, 85002, "null | 100000", order + " | -14998");
        assertIsRecordedAsSent("OrderPayed", order);
        assertSaysThatItIsPaid(onlyMailTo(email), order, email);
        assertIsAnnouncedUpToItsPayment(order, answer.body());
    }

    @Test
    void shouldCancelAnOrderAboveTheBalanceAndSaySo() {
        String email = newAddress();
        String user = register("Ada Lovelace", email);
        String paid = order(user, line("SADDLE-1", 1)).field("orderId");
        broker.awaitQuiet();

        Answer answer = order(user, line("SADDLE-1", 1));

        assertThat(answer.status()).isEqualTo(201);
        String order = answer.field("orderId");
        broker.awaitQuiet();
        JsonNode cancelled = shop.get("/orders/" + order).json();
        assertThat(cancelled.path("status").asText()).isEqualTo("CANCELLED");
        assertThat(cancelled.path("reason").asText()).isEqualTo("BALANCE_TOO_LOW");
        assertThat(cancelled.path("history").findValuesAsText("status")).containsExactly("CREATED", "CANCELLED");
        assertThat(Rows.of("select verdict, reason, amount from billing_service.bill where order_id = ?", order))
                .containsExactly("DECLINED | BALANCE_TOO_LOW | 89900");
        assertLedger(user, 10100, "null | 100000", paid + " | -89900");
        assertThat(Rows.of("select kind, sent_at is not null from notification_service.mail where order_id = ?", order))
                .containsExactly("OrderCancelled | t");

        assertThat(mailsTo(email)).hasSize(2);
        JsonNode mail = mailsTo(email).get(0);
        assertThat(mail.path("messageId").asText())
                .isEqualTo("<OrderCancelled.%s@order-choreography.example>".formatted(order));
        assertThat(mail.path("subject").asText()).isEqualTo("Your order %s is cancelled", order);
        assertThat(mail.path("text").asText())
                .contains("Ada Lovelace", order, "balance of your account is too low", "Total: 899.00 EUR");
        assertThat(mail.path("html").asText())
                .contains("Ada Lovelace", order, "balance of your account is too low", "899.00 EUR");

        List<Event> events = broker.heard(order);
        assertThat(events).extracting(Event::destination)
                .containsExactly("OrderCreated", "BillDeclined", "OrderCancelled");
        assertThat(events.subList(1, 3)).extracting(Event::body)
                .containsOnly("{\"orderId\":\"%s\",\"reason\":\"BALANCE_TOO_LOW\"}".formatted(order));
        assertIsCloudEvent(events.get(1), "/billing");
        assertIsCloudEvent(events.get(2), "/order");
    }

    @Test
    void shouldNeverOverdrawAnAccountHoweverManyOrdersCome() {
        String user = register("Ada Lovelace", newAddress());
        broker.awaitQuiet();

        List<String> orders = IntStream.range(0, 12)
                .mapToObj(i -> shop.postLater("/order", orderOf(user, line("MUG-1", 20)))).toList().stream()
                .map(CompletableFuture::join).map(answer -> answer.field("orderId")).toList();

        broker.awaitQuiet();
        assertThat(orders).doesNotHaveDuplicates().extracting(order -> shop.get("/orders/" + order).field("status"))
                .containsOnly("PAYED", "CANCELLED").filteredOn("PAYED"::equals).hasSize(4);
        assertThat(Rows.of("select balance from billing_service.account where user_id = ?", user)).containsExactly("0");
        assertThat(Rows.of("select sum(amount), count(*) from billing_service.entry where user_id = ?", user))
                .containsExactly("0 | 5");
    }

    @Test
    void shouldRefuseAnAddressThatIsTakenInWhateverCase() {
        String email = newAddress();
        String user = register("Ada Lovelace", email);

        Answer answer = shop.post("/register", registration("Eve", email.toUpperCase()));

        assertIsProblem(answer, 409, "email-taken");
        assertThat(Rows.of("select user_id, name from user_service.users where lower(email) = '%s'".formatted(email)))
                .containsExactly(user + " | Ada Lovelace");
        assertThat(answer.body()).doesNotContain(user).doesNotContainIgnoringCase(email);
    }

    @Test
    void shouldRefuseAnOrderOfAnUnknownUser() {
        String nobody = UUID.randomUUID().toString();

        assertIsProblem(order(nobody, line("BOOK-1", 1)), 422, "unknown-user");

        assertThat(Rows.of("""
                select status, reason, customer, total, history->0->>'status'
                from order_service.orders where user_id = ?""", nobody))
                .containsExactly("REJECTED | UNKNOWN_USER | null | null | REJECTED");
        assertThat(Rows.of("select * from billing_service.bill where user_id = ?", nobody)).isEmpty();
    }

    @Test
    void shouldRefuseAnUnknownProduct() {
        String email = newAddress();
        String user = register("Ada Lovelace", email);

        assertIsProblem(order(user, line("BOOK-1", 1), line("BOOK-2", 1)), 422, "unknown-sku");

        broker.awaitQuiet();
        assertThat(Rows.of("select status, reason from order_service.orders where user_id = ?", user))
                .containsExactly("REJECTED | UNKNOWN_SKU");
        assertLedger(user, 100000, "null | 100000");
        assertThat(mailsTo(email)).isEmpty();
    }

    @Test
    void shouldAnswerARepeatedRegistrationTheSame() {
        String key = UUID.randomUUID().toString();
        String email = newAddress();
        Answer first = shop.post("/register", registration("Ada Lovelace", email), "Idempotency-Key", key);

        assertThat(first.status()).isEqualTo(201);
        assertAnswersTheSame(first,
                shop.post("/register", registration("Ada Lovelace", email), "Idempotency-Key", key));
        assertIsProblem(shop.post("/register", registration("Eve", email), "Idempotency-Key", key), 422,
                "idempotency-key-reused");
        assertAnswersTheSame(first,
                shop.post("/register", registration("Ada Lovelace", email), "Idempotency-Key", key));
        Answer taken = shop.post("/register", registration("Ada Lovelace", email), "Idempotency-Key", key + "-2");
        assertIsProblem(taken, 409, "email-taken");
        assertAnswersTheSame(taken,
                shop.post("/register", registration("Ada Lovelace", email), "Idempotency-Key", key + "-2"));

        broker.awaitQuiet();
        String user = first.field("userId");
        assertThat(Rows.of("select name from user_service.users where lower(email) = '%s'".formatted(email)))
                .containsExactly("Ada Lovelace");
        assertLedger(user, 100000, "null | 100000");
        assertThat(broker.heard(user).stream().filter(event -> event.destination().equals("UserCreated"))
                .map(ChoreographyIT::eventId))
                .hasSize(3).containsOnly(eventId(broker.heard(user).get(0)));
    }

    @Test
    void shouldMakeOneOrderOneBillAndOneMailHoweverOftenItIsAskedForUnderOneKey() {
        String key = UUID.randomUUID().toString();
        String email = newAddress();
        String user = register("Ada Lovelace", email);
        String body = orderOf(user, line("MUG-1", 1));

        List<Answer> answers = Stream.generate(() -> shop.postLater("/order", body, "Idempotency-Key", key)).limit(5)
                .toList()
                .stream().map(CompletableFuture::join).toList();
        broker.awaitQuiet();
        Answer afterwards = shop.post("/order", body, "Idempotency-Key", key);
        Answer other = shop.post("/order", orderOf(user, line("MUG-1", 2)), "Idempotency-Key", key);

        assertThat(answers.get(0).status()).as(answers.get(0).toString()).isEqualTo(201);
        assertThat(answers).allSatisfy(answer -> assertAnswersTheSame(answers.get(0), answer));
        assertAnswersTheSame(answers.get(0), afterwards);
        assertIsProblem(other, 422, "idempotency-key-reused");
        broker.awaitQuiet();
        String order = afterwards.field("orderId");
        assertThat(Rows.of("select order_id, status, total from order_service.orders where user_id = ?", user))
                .containsExactly(order + " | PAYED | 1250");
        assertThat(Rows.of("select order_id, verdict from billing_service.bill where user_id = ?", user))
                .containsExactly(order + " | PAYED");
        assertLedger(user, 98750, "null | 100000", order + " | -1250");
        onlyMailTo(email);
        assertThat(broker.heard(order).stream().filter(event -> !event.destination().equals("RequestRefused"))
                .map(ChoreographyIT::eventId).distinct())
                .as("a repeat is recognisable").hasSize(3);
    }

    @Test
    void shouldKeepWhatACallerSmugglesOutOfEveryMessage() {
        String user = register("Ada Lovelace", newAddress());

        Answer answer =
                shop.post("/order?JMSXGroupID=smuggled&_AMQ_SCHED_DELIVERY=99999999999999&gateway=smuggled"
                        + "&cloudEvents_type=smuggled&id=smuggled&CamelJmsDestinationName=DLQ.OrderRequested",
                        orderOf(user, line("MUG-1", 1)),
                        "X!Foo", "smuggled", "CAmelSqlQuery", "select 'smuggled'",
                        "CamelSqlQuery", "select 'smuggled'", "gateway", "smuggled",
                        "CAmelJmsDestinationName", "DLQ.OrderRequested",
                        "JMSReplyTo", "smuggled", "JMSCorrelationID", "smuggled",
                        "cloudEvents_id", "smuggled", "orderId", "smuggled", "outcome", "smuggled",
                        "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        broker.awaitQuiet();
        List<Event> events = broker.heard(answer.field("orderId"));
        assertThat(events).extracting(Event::destination).containsExactly("OrderCreated", "BillPayed", "OrderPayed");
        assertThat(events).allSatisfy(event -> {
            assertIsCloudEvent(event, event.properties().get("cloudEvents_source"));
            assertThat(event.properties()).doesNotContainKey("traceparent");
        });
        assertThat(events.toString()).doesNotContain("smuggled");
        assertThat(shop.get("/users/" + user + "?id=" + UUID.randomUUID() + "&CamelHttpResponseCode=500")
                .field("userId")).isEqualTo(user);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "O'Brien', 'x') - (select 1)", "x', (select 1 from users))", "Zoë Ångström-李 (小龍) & Söhne"
    })
    void shouldKeepAnyNameToTheLetter(String name) {
        String email = "o'or'1'='1-{" + newAddress();
        String user = register(name, email);

        Answer answer = order(user, line("MUG-1", 1));

        assertThat(answer.json().at("/customer/name").asText()).isEqualTo(name);
        assertThat(shop.get("/users/" + user).field("name")).isEqualTo(name);
        broker.awaitQuiet();
        assertThat(shop.get("/accounts/" + user).field("owner")).isEqualTo(name);
        assertThat(onlyMailTo(email).path("text").asText()).startsWith("Dear " + name + ",");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "2.0", "0.2e1", "20E-1"})
    void shouldTakeAWholeNumberHoweverItIsWritten(String two) {
        String user = register("Ada Lovelace", newAddress());

        Answer answer = shop.post("/order", orderOf(user, line("MUG-1", 7).replace("7", two)));

        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        assertThat(answer.json().at("/lines/0/quantity").toString()).isEqualTo("2");
        assertThat(answer.json().path("total").asLong()).isEqualTo(2500);
    }

    @Test
    void shouldListTheProducts() {
        for (String path : List.of("/products", "/products/")) {
            Answer answer = shop.get(path);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo("application/json");
            assertThat(answer.json().at("/products/0").toString()).isEqualTo("""
                    {"sku":"BOOK-1","name":"Enterprise Integration Patterns","unitPrice":5999,"currency":"EUR"}""");
            assertThat(answer.json().path("products").findValuesAsText("sku"))
                    .containsExactly("BOOK-1", "MUG-1", "SADDLE-1", "STICKER-1");
        }
    }

    private static void assertIsCreated(Answer answer, String location) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.header("Location")).isEqualTo(location);
    }

    /** With and without a slash at the end. */
    private void assertShows(String path, String document) {
        for (String each : List.of(path, path + "/")) {
            Answer shown = shop.get(each);
            assertThat(shown.status()).isEqualTo(200);
            assertThat(shown.header("Content-Type")).isEqualTo("application/json");
            assertThat(shown.body()).matches(document);
        }
    }

    private static String userShown(String email) {
        return """
                \\{"userId":"%s","name":"Ada Lovelace","email":"%s","createdAt":"%s"}""".formatted(ID, email, TIME);
    }

    private static String registrationShown(String user) {
        return """
                \\{"userId":"%s","status":"REGISTERED","decidedAt":"%s"}""".formatted(user, TIME);
    }

    private static String newAccountShown(String user) {
        return """
                \\{"userId":"%s","owner":"Ada Lovelace","balance":100000,"currency":"EUR","openedAt":"%s",\
                "entries":\\[\\{"kind":"OPENING_CREDIT","amount":100000,"at":"%s"}]}""".formatted(user, TIME, TIME);
    }

    /** @param history what the order's status has been, the present one last */
    private static String orderShown(String order, String user, String email, String... history) {
        String entries = Stream.of(history)
                .map(status -> "\\{\"at\":\"%s\",\"status\":\"%s\"}".formatted(TIME, status))
                .collect(Collectors.joining(","));
        return """
                \\{"orderId":"%s","userId":"%s","status":"%s","customer":\\{"name":"Ada Lovelace","email":"%s"},\
                "lines":\\[\
                \\{"sku":"BOOK-1","name":"Enterprise Integration Patterns",\
                "amount":11998,"quantity":2,"unitPrice":5999},\
                \\{"sku":"STICKER-1","name":"Sheet of stickers","amount":3000,"quantity":10,"unitPrice":300}],\
                "total":14998,"currency":"EUR","history":\\[%s]}"""
                .formatted(order, user, history[history.length - 1], email, entries)
                .replace("\":", "\": ?").replace(",\"", ", ?\"").replace("},", "}, ?");
    }

    private static void assertIsRecordedAsRegistered(String user, String email) {
        assertThat(Rows.of("select name, email from user_service.users where user_id = ?", user))
                .containsExactly("Ada Lovelace | " + email);
        assertThat(Rows.of("select status, reason from user_service.registration where user_id = ?", user))
                .containsExactly("REGISTERED | null");
        assertThat(Rows.of("select owner, balance, currency from billing_service.account where user_id = ?", user))
                .containsExactly("Ada Lovelace | 100000 | EUR");
    }

    private static void assertIsRecordedAsPaid(String order, String email) {
        assertThat(Rows.of("""
                select status, reason, total, currency, customer->>'email', jsonb_array_length(lines),
                history->0->>'status', history->1->>'status' from order_service.orders where order_id = ?""", order))
                .containsExactly("PAYED | null | 14998 | EUR | " + email + " | 2 | CREATED | PAYED");
    }

    private static void assertIsBilledOnce(String user, String order) {
        assertThat(Rows.of("select order_id, amount, verdict, reason from billing_service.bill where user_id = ?",
                user)).containsExactly(order + " | 14998 | PAYED | null");
    }

    private static void assertIsRecordedAsSent(String kind, String order) {
        assertThat(Rows.of("""
                select kind, message_id, sent_at is not null
                from notification_service.mail where order_id = ?""", order))
                .containsExactly("%1$s | <%1$s.%2$s@order-choreography.example> | t".formatted(kind, order));
    }

    private static void assertSaysThatItIsPaid(JsonNode mail, String order, String email) {
        assertThat(mail.path("messageId").asText())
                .isEqualTo("<OrderPayed.%s@order-choreography.example>".formatted(order));
        assertThat(mail.path("to").asText()).isEqualTo(email);
        assertThat(mail.path("subject").asText()).isEqualTo("Your order %s is paid", order);
        assertThat(mail.path("text").asText().replace("\r\n", "\n")).isEqualTo("""
                Dear Ada Lovelace,

                thank you: your order %s is paid.

                2 x Enterprise Integration Patterns: 119.98 EUR
                10 x Sheet of stickers: 30.00 EUR

                Total: 149.98 EUR
                """.formatted(order));
        assertThat(mail.path("html").asText()).startsWith("<!DOCTYPE html>").contains("Ada Lovelace", order,
                "Enterprise Integration Patterns", "119.98 EUR", "Sheet of stickers", "30.00 EUR", "149.98 EUR");
    }

    private static void assertIsAnnouncedUpToItsPayment(String order, String shown) {
        List<Event> events = broker.heard(order);
        assertThat(events).extracting(Event::destination).containsExactly("OrderCreated", "BillPayed", "OrderPayed");
        assertThat(events.get(0).body()).isEqualTo(shown);
        assertThat(events.subList(1, 3)).extracting(Event::body).containsOnly("{\"orderId\":\"%s\"}".formatted(order));
        assertIsCloudEvent(events.get(0), "/order");
        assertIsCloudEvent(events.get(1), "/billing");
        assertIsCloudEvent(events.get(2), "/order");
    }

    private static String newAddress() {
        return UUID.randomUUID() + "@example.com";
    }

    private static String registration(String name, String email) {
        return "{\"name\":\"%s\",\"email\":\"%s\"}".formatted(name, email);
    }

    /** @return the user's id */
    private String register(String name, String email) {
        Answer answer = shop.post("/register", registration(name, email));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return answer.field("userId");
    }

    private static String line(String sku, int quantity) {
        return "{\"sku\":\"%s\",\"quantity\":%d}".formatted(sku, quantity);
    }

    private static String orderOf(String user, String... lines) {
        return "{\"userId\":\"%s\",\"lines\":[%s]}".formatted(user, String.join(",", lines));
    }

    private Answer order(String user, String... lines) {
        return shop.post("/order", orderOf(user, lines));
    }

    private static JsonNode mailsTo(String address) {
        return new Caller(Servers.sandbox().mails().getPort()).get("/mails?to=" + URLEncoder.encode(address, UTF_8))
                .json();
    }

    private static JsonNode onlyMailTo(String address) {
        JsonNode mails = mailsTo(address);
        assertThat(mails).hasSize(1);
        return mails.get(0);
    }

    private static String eventId(Event event) {
        return event.properties().get("cloudEvents_id");
    }

    private static void assertAnswersTheSame(Answer first, Answer again) {
        assertThat(again.status()).isEqualTo(first.status());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(again.header("Content-Type")).isEqualTo(first.header("Content-Type"));
        assertThat(again.body()).isEqualTo(first.body());
    }

    private static void assertIsProblem(Answer answer, int status, String type) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.field("type")).isEqualTo("urn:problem-type:choreography:" + type);
        assertThat(answer.json().path("status").asInt()).isEqualTo(status);
        assertThat(answer.field("title")).isNotBlank();
        assertThat(answer.field("detail")).isNotBlank();
    }

    /** The balance is what the entries (order | amount) add up to. */
    private static void assertLedger(String user, long balance, String... entries) {
        assertThat(Rows.of("select order_id, amount from billing_service.entry where user_id = ? order by entry_id",
                user))
                .containsExactly(entries);
        assertThat(
                Rows.of("select balance, (select sum(amount) from billing_service.entry e where e.user_id = a.user_id) "
                + "from billing_service.account a where user_id = ?", user)).containsExactly(balance + " | " + balance);
    }

    private static void assertIsCloudEvent(Event event, String source) {
        assertThat(event.properties()).containsOnlyKeys(expectedProperties(event))
                .containsEntry("cloudEvents_specversion", "1.0")
                .containsEntry("cloudEvents_type", event.destination())
                .containsEntry("cloudEvents_source", source)
                .containsEntry("cloudEvents_subject", event.flow())
                .containsEntry("cloudEvents_datacontenttype", "application/json");
        assertThat(List.of(event.flow(), eventId(event), event.properties().get("gateway"),
                event.properties().get("cloudEvents_causationid")))
                .allMatch(id -> id.matches(ID)).doesNotHaveDuplicates();
        assertThat(event.properties().get("cloudEvents_time")).matches(TIME);
        assertThat(Instant.parse(event.properties().get("cloudEvents_time")))
                .isBetween(Instant.now().minus(Duration.ofMinutes(2)), Instant.now());
    }

    private static Set<String> expectedProperties(Event event) {
        Map<String, String> expected = new TreeMap<>();
        for (String name : List.of("id", "causationid", "specversion", "type", "source", "subject", "time",
                "datacontenttype")) {
            expected.put("cloudEvents_" + name, name);
        }
        expected.put("gateway", "");
        return expected.keySet();
    }
}
