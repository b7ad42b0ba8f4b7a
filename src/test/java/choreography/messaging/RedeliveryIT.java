package choreography.messaging;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import choreography.catalogue.Topology;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerClient.Event;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Rows;
import choreography.testing.Servers;
import jakarta.jms.Destination;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

/** Messages that come again and messages that nobody can read, sent by a plain JMS client. */
@ExtendWith(OneProcess.class)
class RedeliveryIT {

    private static BrokerClient broker;
    private final Caller shop = OneProcess.services().caller();

    @BeforeAll
    static void connect() {
        broker = new BrokerClient(Servers.sandbox().brokerUrl())
                .subscribe("UserCreated", "OrderCreated", "BillPayed", "BillDeclined", "OrderPayed", "OrderCancelled");
    }

    @AfterAll
    static void disconnect() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RegistrationRequested", "UserCreated", "OrderRequested", "BillingRequested", "BillPayed",
            "OrderPayed"})
    void shouldChangeNothingWhenAMessageOfASettledOrderComesAgain(String message) {
        String user = shop.register();
        String order = order(user, "MUG-1");
        broker.awaitQuiet();
        Map<String, List<String>> before = everythingAbout(user, order);
        assertThat(before.get("mail")).hasSize(1);

        for (String id : List.of(eventId(message, user, order), eventId(message, user, order),
                UUID.randomUUID().toString())) {
            broker.send(destination(message), body(message, user, order), id, order);
        }

        broker.awaitQuiet();
        assertThat(everythingAbout(user, order)).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OrderRequested", "BillingRequested", "BillDeclined", "OrderCancelled"})
    void shouldChangeNothingWhenAMessageOfACancelledOrderComesAgain(String message) {
        String user = shop.register();
        order(user, "SADDLE-1");
        broker.awaitQuiet();
        String order = order(user, "SADDLE-1");
        broker.awaitQuiet();
        Map<String, List<String>> before = everythingAbout(user, order);
        assertThat(before.get("mail")).hasSize(2);

        for (String id : List.of(eventId(message, user, order), eventId(message, user, order),
                UUID.randomUUID().toString())) {
            broker.send(destination(message), body(message, user, order), id, order);
        }

        broker.awaitQuiet();
        assertThat(everythingAbout(user, order)).isEqualTo(before);
    }

    @Test
    void shouldSettleAnOrderOnceWhenItsRequestComesSeveralTimesAtOnce() {
        String user = shop.register();
        broker.awaitQuiet();
        String order = UUID.randomUUID().toString();
        String event = UUID.randomUUID().toString();

        for (int i = 0; i < 6; i++) {
            broker.send(broker.queue("OrderRequested"), body("OrderRequested", user, order), event, order);
        }

        broker.awaitQuiet();
        assertThat(shop.get("/orders/" + order).json().path("history").findValuesAsText("status"))
                .containsExactly("CREATED", "PAYED");
        assertThat(Rows.of("select order_id, verdict from billing_service.bill where user_id = ?", user))
                .containsExactly(order + " | PAYED");
        assertThat(Rows.of("select order_id, amount from billing_service.entry where user_id = ? order by entry_id",
                user))
                .containsExactly("null | 100000", order + " | -1250");
        assertThat(Rows.of("select balance from billing_service.account where user_id = ?", user))
                .containsExactly("98750");
        assertThat(mailsTo(user)).hasSize(1);
    }

    @Test
    void shouldChargeAnOrderThatCameBeforeItsCustomersAccount() {
        String user = UUID.randomUUID().toString();
        Rows.of("""
                insert into user_service.users (user_id, name, email)
                values (?, 'Ada Lovelace', '%s@example.com') returning name""".formatted(user), user);

        String order = order(user, "MUG-1");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> broker.messagesToComeAgain().get("BillingRequested"), equalTo(1L));
        broker.send(broker.topic("UserCreated"), body("UserCreated", user, order), UUID.randomUUID().toString(), user);

        broker.awaitQuiet();
        assertThat(shop.get("/orders/" + order).field("status")).isEqualTo("PAYED");
        assertThat(Rows.of("select order_id, verdict from billing_service.bill where user_id = ?", user))
                .containsExactly(order + " | PAYED");
        assertThat(mailsTo(user)).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("choreography.catalogue.Topology#messagesAndQueues")
    void shouldParkWhatIsUnreadableWithTheReasonAndGoOn(String message, String queue) {
        String id = UUID.randomUUID().toString();
        Destination destination = destination(message);
        int logBefore = OneProcess.services().log().length();

        broker.send(destination, "Ada Private, ada.private@example.com", id, id);
        assertParked(queue, "Ada Private, ada.private@example.com", "is not JSON", id);
        broker.send(destination, "", id, id);
        assertParked(queue, "", "is empty", id);
        broker.send(destination, "[1]", id, id);
        assertParked(queue, "[1]", "array found, object expected", id);
        broker.send(destination, "{\"note\":\"Ada Private\"}", id, id);
        Event parked = broker.take("DLQ." + queue);
        assertThat(parked.properties().get("reason")).contains("is missing", "/note: is not known here");
        broker.send(destination, body(message, id, id), null, id);
        assertParked(queue, body(message, id, id), "has no property cloudEvents_id with a UUID", null);
        broker.send(destination, body(message, id, id), "not a UUID", id);
        assertParked(queue, body(message, id, id), "has no property cloudEvents_id with a UUID", "not a UUID");
        broker.send(destination, body(message, id, id), id, null);
        assertParked(queue, body(message, id, id), "has no property JMSCorrelationID with a UUID", id);
        broker.sendBytes(destination, body(message, id, id).getBytes(UTF_8), id, id);
        parked = broker.take("DLQ." + queue);
        assertThat(parked.properties()).containsEntry("reason", "is not a text message, or a large one")
                .containsEntry("cloudEvents_id", id);

        String user = shop.register();
        String paid = order(user, "SADDLE-1");
        broker.awaitQuiet();
        String cancelled = order(user, "SADDLE-1");
        broker.awaitQuiet();
        assertThat(shop.get("/orders/" + paid).field("status")).isEqualTo("PAYED");
        assertThat(shop.get("/orders/" + cancelled).field("status")).isEqualTo("CANCELLED");
        assertThat(mailsTo(user)).hasSize(2);
        assertThat(OneProcess.services().log().substring(logBefore)).contains("DLQ." + queue)
                .doesNotContainIgnoringCase("private");
    }

    private static void assertParked(String queue, String body, String reason, String id) {
        Event parked = broker.take("DLQ." + queue);
        assertThat(parked.body()).isEqualTo(body);
        assertThat(parked.properties()).hasEntrySatisfying("reason", given -> assertThat(given).startsWith(reason));
        assertThat(parked.properties().get("cloudEvents_id")).isEqualTo(id);
    }

    private String order(String user, String sku) {
        Answer answer = shop.post("/order", """
                {"userId":"%s","lines":[{"sku":"%s","quantity":1}]}""".formatted(user, sku));
        assertThat(answer.status()).as(answer.toString()).isEqualTo(201);
        return answer.field("orderId");
    }

    private static Destination destination(String message) {
        return Topology.isTopic(message) ? broker.topic(message) : broker.queue(message);
    }

    /** The message as a service writes it. */
    private static String body(String message, String user, String order) {
        return switch (message) {
            case "RegistrationRequested" -> """
                    {"userId":"%s","name":"Ada Lovelace","email":"%s"}""".formatted(user, addressOf(user));
            case "UserCreated" -> """
                    {"userId":"%s"}""".formatted(user);
            case "OrderRequested" -> """
                    {"orderId":"%s","userId":"%s","lines":[{"sku":"MUG-1","quantity":1}]}""".formatted(order, user);
            case "BillDeclined", "OrderCancelled" -> """
                    {"orderId":"%s","reason":"BALANCE_TOO_LOW"}""".formatted(order);
            default -> """
                    {"orderId":"%s"}""".formatted(order);
        };
    }

    /** The id under which the message was sent; that of a command is known by the event that it caused. */
    private static String eventId(String message, String user, String order) {
        return switch (message) {
            case "RegistrationRequested" -> heard(user, "UserCreated").get("cloudEvents_causationid");
            case "UserCreated" -> heard(user, message).get("cloudEvents_id");
            case "OrderRequested" -> heard(order, "OrderCreated").get("cloudEvents_causationid");
            case "BillingRequested" -> heard(order, "BillPayed", "BillDeclined").get("cloudEvents_causationid");
            default -> heard(order, message).get("cloudEvents_id");
        };
    }

    private static Map<String, String> heard(String flow, String... destinations) {
        return broker.heard(flow).stream().filter(event -> List.of(destinations).contains(event.destination()))
                .findFirst().orElseThrow().properties();
    }

    private static Map<String, List<String>> everythingAbout(String user, String order) {
        return Map.of(
                "user", Rows.of("select u::text from user_service.users u where user_id = ?", user),
                "registration", Rows.of("select r::text from user_service.registration r where user_id = ?", user),
                "order",
                Rows.of("select o::text from order_service.orders o where user_id = ? order by created_at", user),
                "account", Rows.of("select a::text from billing_service.account a where user_id = ?", user),
                "bill",
                Rows.of("select b::text from billing_service.bill b where user_id = ? order by billed_at", user),
                "entry",
                Rows.of("select e::text from billing_service.entry e where user_id = ? order by entry_id", user),
                "owed mail", Rows.of("select m::text from notification_service.mail m where order_id = ?", order),
                "mail", mailsTo(user));
    }

    private static String addressOf(String user) {
        return Rows.of("select email from user_service.users where user_id = ?", user).stream().findFirst()
                .orElse("nobody@example.com");
    }

    private static List<String> mailsTo(String user) {
        return new Caller(Servers.sandbox().mails().getPort()).get("/mails?to=" + addressOf(user)).json()
                .findValuesAsText("messageId");
    }
}
