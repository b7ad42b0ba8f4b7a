package choreography.order;

import java.util.List;
import java.util.Map;

import choreography.messaging.CloudEvents;
import choreography.testing.TestedService;
import choreography.testing.TestedService.Published;
import jakarta.jms.JMSException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

/** The order service without its neighbours: {@code camel/order.camel.yaml} and {@code OrderRoutes}. */
class OrderRoutesTest {

    static TestedService orders;

    final String user = newId();
    final String order = newId();
    final String event = newId();

    @BeforeAll
    static void start() throws Exception {
        orders = TestedService.start("order");
    }

    @AfterAll
    static void stop() {
        orders.close();
    }

    @BeforeEach
    void forget() {
        orders.forget();
        orders.siblings.answer("/users/%s/".formatted(user), userDocument());
    }

    private String userDocument() {
        return """
                {"userId":"%s","name":"O'Neil & Sons","email":"sons@example.com",\
                "createdAt":"2026-11-22T10:00:00.000Z"}"""
                .formatted(user);
    }

    private void nobodyIsKnown() {
        orders.siblings.answer("/users/%s/".formatted(user), 404, TestedService.noSuch("/users/", user));
    }

    // OrderRequested

    @Test
    void shouldPriceAndAnnounceAnOrderAndAskForItsBilling() throws Exception {
        orders.consume("OrderRequested", event, """
                {"orderId":"%s","userId":"%s","lines":[{"sku":"BOOK-1","quantity":2},{"sku":"MUG-1","quantity":1}]}"""
                .formatted(order, user));

        assertThat(orders.published()).extracting(Published::address)
                .containsExactly("BillingRequested", "OrderCreated");
        assertThat(orders.published().get(0).text()).isEqualTo(thin(order));
        assertThat(withoutTimes(orders.published().get(1).text())).isEqualTo("""
                {"orderId":"%s","userId":"%s","status":"CREATED",\
                "customer":{"name":"O'Neil & Sons","email":"sons@example.com"},\
                "lines":[\
                {"sku":"BOOK-1","name":"Enterprise Integration Patterns","amount":11998,"quantity":2,"unitPrice":5999},\
                {"sku":"MUG-1","name":"Mug with a camel","amount":1250,"quantity":1,"unitPrice":1250}],\
                "total":13248,"currency":"EUR","history":[{"at":"...","status":"CREATED"}]}""".formatted(order, user));
        assertThat(orders.published()).allSatisfy(published -> {
            assertThat(published.correlationId()).isEqualTo(TestedService.FLOW);
            assertThat(published.properties())
                    .containsEntry("gateway", "replica-1")
                    .containsEntry("cloudEvents_source", "/order")
                    .containsEntry("cloudEvents_causationid", event);
        });
        assertThat(statusOf(order)).containsExactly("CREATED null 13248");
        assertThat(orders.siblings.calls()).containsExactly("GET /users/%s/".formatted(user));
    }

    /** So that bills of one account are made one after the other, and nothing else waits for them. */
    @Test
    void shouldAskForTheBillsOfACustomerInOneGroup() throws Exception {
        orders.consume("OrderRequested", event, orderRequested("MUG-1"));
        orders.consume("BillPayed", newId(), thin(order));

        assertThat(orders.published()).extracting(Published::address, each -> each.properties().get("JMSXGroupID"))
                .containsExactlyInAnyOrder(tuple("BillingRequested", user), tuple("OrderCreated", null),
                        tuple("OrderPayed", null));
    }

    @Test
    void shouldRejectAnOrderOfAnUnknownUser() throws Exception {
        nobodyIsKnown();

        orders.consume("OrderRequested", event, orderRequested("MUG-1"));

        assertThat(orders.publishedTexts()).containsExactly(rejected("UNKNOWN_USER"));
        assertThat(statusOf(order)).containsExactly("REJECTED UNKNOWN_USER null");
    }

    @Test
    void shouldRejectAnOrderWithAnUnknownSku() throws Exception {
        orders.consume("OrderRequested", event, """
                {"orderId":"%s","userId":"%s","lines":[{"sku":"MUG-1","quantity":1},{"sku":"MUG-99","quantity":1}]}"""
                .formatted(order, user));

        assertThat(orders.publishedTexts()).containsExactly(rejected("UNKNOWN_SKU"));
        assertThat(statusOf(order)).containsExactly("REJECTED UNKNOWN_SKU null");
    }

    @Test
    void shouldMakeAnOrderOnceAndAnnounceTheSameEventsAgainWhenARequestIsRedelivered() throws Exception {
        orders.consume("OrderRequested", event, orderRequested("MUG-1"));
        List<String> first = orders.publishedTexts();
        orders.forget();

        orders.consume("OrderRequested", event, orderRequested("MUG-1"));

        assertThat(orders.publishedTexts()).isEqualTo(first);
        assertThat(orders.published()).extracting(published -> published.properties().get("cloudEvents_id"))
                .containsExactly(CloudEvents.id(event, "BillingRequested"), CloudEvents.id(event, "OrderCreated"));
        assertThat(statusOf(order)).containsExactly("CREATED null 1250");
    }

    @Test
    void shouldAnnounceAnOrderAsItWasCreatedWhenItsRequestIsRedeliveredAfterItWasPaid() throws Exception {
        orders.consume("OrderRequested", event, orderRequested("MUG-1"));
        List<String> first = orders.publishedTexts();
        orders.consume("BillPayed", newId(), thin(order));
        orders.forget();

        orders.consume("OrderRequested", event, orderRequested("MUG-1"));

        assertThat(orders.publishedTexts()).isEqualTo(first);
        assertThat(first.get(1)).contains("\"status\":\"CREATED\"").doesNotContain("PAYED");
        assertThat(statusOf(order)).containsExactly("PAYED null 1250");
    }

    @Test
    void shouldNotReconsiderARejectedOrder() throws Exception {
        nobodyIsKnown();
        orders.consume("OrderRequested", event, orderRequested("MUG-1"));
        orders.forget();
        forget();

        orders.consume("OrderRequested", event, orderRequested("MUG-1"));

        assertThat(orders.publishedTexts()).containsExactly(rejected("UNKNOWN_USER"));
    }

    @Test
    void shouldRefuseAnotherRequestUnderTheSameKeyAndLeaveTheOrderAsItIs() throws Exception {
        orders.consume("OrderRequested", newId(), orderRequested("MUG-1"));
        String row = rows("select o from order_service.orders o where order_id = '%s'".formatted(order)).get(0);
        orders.forget();

        orders.consume("OrderRequested", event, orderRequested("SADDLE-1"));

        assertThat(orders.publishedTexts()).containsExactly(
                "RequestRefused {\"requestId\":\"%s\",\"reason\":\"IDEMPOTENCY_KEY_REUSED\"}".formatted(event));
        assertThat(rows("select o from order_service.orders o where order_id = '%s'".formatted(order)))
                .containsExactly(row);
    }

    @Test
    void shouldLeaveARequestToTheBrokerWhenTheUserServiceFails() throws Exception {
        orders.siblings.fail("/users/%s/".formatted(user), 500);

        assertThatThrownBy(() -> orders.consume("OrderRequested", event, orderRequested("MUG-1")))
                .hasMessageContaining("500");

        assertThat(orders.published()).isEmpty();
        assertThat(statusOf(order)).isEmpty();
    }

    @Test
    void shouldLeaveARequestToTheBrokerUnlessTheUserServiceItselfKnowsTheUserOrThatThereIsNone() throws Exception {
        orders.assertBelievesNothingElse("/users/%s/".formatted(user), userDocument(), user,
                () -> orders.consume("OrderRequested", event, orderRequested("MUG-1")));

        assertThat(statusOf(order)).isEmpty();
        orders.consume("OrderRequested", event, orderRequested("MUG-1"));
        assertThat(statusOf(order)).containsExactly("CREATED null 1250");
    }

    /** No such answer comes so far; were it to come, the mail would go to somebody else. */
    @Test
    void shouldMakeNoOrderOfSomebodyElseInSqlEither() {
        orders.execute("order/record-order",
                Map.of("orderId", order, "userId", user, "lines", List.of(Map.of("sku", "MUG-1", "quantity", 1))),
                Map.of("user", "{\"userId\":\"%s\",\"name\":\"Eve\",\"email\":\"eve@example.com\"}"
                        .formatted(newId())));

        assertThat(statusOf(order)).isEmpty();
    }

    @Test
    void shouldAnnounceBothEventsAgainWhenOneOfThemCouldNotBe() throws Exception {
        orders.mock("queue:BillingRequested").whenExchangeReceived(1, sent -> {
            throw new JMSException("connection lost");
        });

        assertThatThrownBy(() -> orders.consume("OrderRequested", event, orderRequested("MUG-1")))
                .hasMessageContaining("connection lost");
        orders.forget();
        orders.consume("OrderRequested", event, orderRequested("MUG-1"));

        assertThat(orders.published()).extracting(Published::address)
                .containsExactly("BillingRequested", "OrderCreated");
        assertThat(statusOf(order)).containsExactly("CREATED null 1250");
    }

    @Test
    void shouldParkAnOrderRequestedThatItCannotRead() throws Exception {
        orders.assertParksTheUnreadable("OrderRequested", "DLQ.OrderRequested", orderRequested("MUG-1"));

        assertThat(statusOf(order)).isEmpty();
    }

    // BillPayed

    @Test
    void shouldCloseAnOrderWhoseBillWasPaid() throws Exception {
        orderIsCreated();

        orders.consume("BillPayed", event, thin(order));

        assertThat(orders.publishedTexts()).containsExactly("OrderPayed " + thin(order));
        assertThat(historyOf(order)).containsExactly("CREATED", "PAYED");
    }

    @Test
    void shouldCloseAnOrderOnceWhenBillPayedIsRedelivered() throws Exception {
        orderIsCreated();

        orders.consume("BillPayed", event, thin(order));
        orders.consume("BillPayed", event, thin(order));

        assertThat(orders.publishedTexts()).hasSize(2).containsOnly("OrderPayed " + thin(order));
        assertThat(orders.published()).extracting(paid -> paid.properties().get("cloudEvents_id"))
                .containsOnly(CloudEvents.id(event, "OrderPayed"));
        assertThat(historyOf(order)).containsExactly("CREATED", "PAYED");
    }

    @Test
    void shouldLeaveABillOfAnUnknownOrderToTheBroker() throws Exception {
        assertThatThrownBy(() -> orders.consume("BillPayed", event, thin(order))).hasMessageContaining("unknown");
        assertThatThrownBy(() -> orders.consume("BillDeclined", event, declined())).hasMessageContaining("unknown");

        assertThat(orders.published()).isEmpty();
    }

    @Test
    void shouldLeaveAnOrderAsItEndedWhenItsBillIsContradicted() throws Exception {
        orderIsCreated();
        orders.consume("BillDeclined", newId(), declined());
        orders.forget();

        assertThatThrownBy(() -> orders.consume("BillPayed", event, thin(order))).hasMessageContaining("cancelled");

        assertThat(orders.published()).isEmpty();
        assertThat(historyOf(order)).containsExactly("CREATED", "CANCELLED");
    }

    @Test
    void shouldParkABillPayedThatItCannotRead() throws Exception {
        orderIsCreated();

        orders.assertParksTheUnreadable("BillPayed", "DLQ.order-bill-payed", thin(order));

        assertThat(historyOf(order)).containsExactly("CREATED");
    }

    // BillDeclined

    @Test
    void shouldCancelAnOrderWhoseBillWasDeclined() throws Exception {
        orderIsCreated();

        orders.consume("BillDeclined", event, declined());

        assertThat(orders.publishedTexts()).containsExactly("OrderCancelled " + declined());
        assertThat(statusOf(order)).containsExactly("CANCELLED BALANCE_TOO_LOW 1250");
        assertThat(historyOf(order)).containsExactly("CREATED", "CANCELLED");
    }

    @Test
    void shouldCancelAnOrderOnceWhenBillDeclinedIsRedelivered() throws Exception {
        orderIsCreated();

        orders.consume("BillDeclined", event, declined());
        orders.consume("BillDeclined", event, declined());

        assertThat(orders.publishedTexts()).hasSize(2).containsOnly("OrderCancelled " + declined());
        assertThat(orders.published()).extracting(cancelled -> cancelled.properties().get("cloudEvents_id"))
                .containsOnly(CloudEvents.id(event, "OrderCancelled"));
        assertThat(historyOf(order)).containsExactly("CREATED", "CANCELLED");
    }

    @Test
    void shouldParkABillDeclinedThatItCannotRead() throws Exception {
        orderIsCreated();

        orders.assertParksTheUnreadable("BillDeclined", "DLQ.order-bill-declined", declined());

        assertThat(historyOf(order)).containsExactly("CREATED");
    }

    // GET /orders/{id}, /products

    @Test
    void shouldShowAnOrderWithItsHistory() throws Exception {
        orderIsCreated();
        orders.consume("BillDeclined", event, declined());

        var shown = orders.get("/orders/" + order + "/");

        assertThat(shown.statusCode()).isEqualTo(200);
        assertThat(withoutTimes(shown.body()))
                .contains("\"status\":\"CANCELLED\",\"reason\":\"BALANCE_TOO_LOW\"")
                .endsWith("""
                        "history":[{"at":"...","status":"CREATED"},{"at":"...","status":"CANCELLED"}]}""");
        assertThat(orders.get("/orders/" + newId()).statusCode()).isEqualTo(404);
    }

    @Test
    void shouldShowTheOutcomeOfARequestToNoOtherRequest() throws Exception {
        String outcome = "/orders/" + order + "/requests/" + event;
        assertThat(orders.get(outcome).statusCode()).isEqualTo(404);

        orders.consume("OrderRequested", event, orderRequested("MUG-1"));

        var other = orders.get("/orders/" + order + "/requests/" + newId());
        assertThat(orders.get(outcome).body()).isEqualTo(orders.get("/orders/" + order).body());
        assertThat(orders.get(outcome + "/").statusCode()).isEqualTo(200);
        assertThat(other.statusCode()).isEqualTo(422);
        assertThat(other.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(other.body()).contains(":idempotency-key-reused\"");
        assertThat(orders.get("/orders/" + order + "/requests/1").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldListTheProducts() throws Exception {
        var products = orders.get("/products");

        assertThat(products.statusCode()).isEqualTo(200);
        assertThat(products.body()).startsWith("{\"products\":[{\"sku\":\"BOOK-1\",").contains(
                "{\"sku\":\"MUG-1\",\"name\":\"Mug with a camel\",\"unitPrice\":1250,\"currency\":\"EUR\"}");
    }

    private String orderRequested(String sku) {
        return "{\"orderId\":\"%s\",\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":1}]}".formatted(order,
                user, sku);
    }

    private static String thin(String order) {
        return "{\"orderId\":\"%s\"}".formatted(order);
    }

    private String declined() {
        return "{\"orderId\":\"%s\",\"reason\":\"BALANCE_TOO_LOW\"}".formatted(order);
    }

    private String rejected(String reason) {
        return "OrderRejected {\"orderId\":\"%s\",\"reason\":\"%s\"}".formatted(order, reason);
    }

    private void orderIsCreated() throws Exception {
        orders.consume("OrderRequested", newId(), orderRequested("MUG-1"));
        orders.forget();
    }

    private static String withoutTimes(String json) {
        return json.replaceAll(" ?\"[^\"]*Z\"", "\"...\"").replaceAll("(?<=[,:]) ", "");
    }

    private static List<String> statusOf(String order) {
        return rows("select status, reason, total from order_service.orders where order_id = '%s'".formatted(order));
    }

    private static List<String> historyOf(String order) {
        return rows(
                "select jsonb_array_elements(history) ->> 'status' from order_service.orders where order_id = '%s'"
                        .formatted(order));
    }
}
