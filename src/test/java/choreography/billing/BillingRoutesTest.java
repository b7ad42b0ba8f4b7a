package choreography.billing;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import choreography.messaging.CloudEvents;
import choreography.sql.ServiceDatabase;
import choreography.testing.TestDatabase;
import choreography.testing.TestedService;
import jakarta.jms.JMSException;
import jakarta.jms.TextMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * The billing service without its neighbours: {@code camel/billing.camel.yaml} and {@code BillingRoutes}. Opening
 * credit: 1000.00.
 */
class BillingRoutesTest {

    static TestedService billing;

    final String user = newId();
    final String order = newId();
    final String event = newId();

    @BeforeAll
    static void start() throws Exception {
        billing = TestedService.start("billing", "billing.opening-credit", "100000");
        // a busy machine may take its time to connect many at once
        billing.camel().getRegistry().lookupByNameAndType("billingDatabase", ServiceDatabase.class)
                .setConnectionTimeout(60_000);
    }

    @AfterAll
    static void stop() {
        billing.close();
    }

    @BeforeEach
    void forget() {
        billing.forget();
    }

    // UserCreated

    @Test
    void shouldOpenAnAccountWithTheOpeningCreditForANewUser() throws Exception {
        userIsKnown();

        billing.consume("UserCreated", event, userCreated());

        assertThat(account()).containsExactly("O'Neil & Sons 100000 EUR");
        assertThat(entries()).containsExactly("100000");
        assertThat(billing.siblings.calls()).containsExactly("GET /users/%s/".formatted(user));
        assertThat(billing.published()).isEmpty();
    }

    @Test
    void shouldOpenAnAccountOnceHoweverOftenTheUserIsAnnounced() throws Exception {
        userIsKnown();

        billing.consume("UserCreated", event, userCreated());
        billing.consume("UserCreated", event, userCreated());

        assertThat(account()).containsExactly("O'Neil & Sons 100000 EUR");
        assertThat(entries()).containsExactly("100000");
    }

    @Test
    void shouldLeaveUserCreatedToTheBrokerWhenTheUserServiceFails() {
        billing.siblings.fail("/users/%s/".formatted(user), 500);

        assertThatThrownBy(() -> billing.consume("UserCreated", event, userCreated())).hasMessageContaining("500");

        assertThat(account()).isEmpty();
    }

    @Test
    void shouldLeaveUserCreatedToTheBrokerUnlessItIsAnsweredWithThatUser() throws Exception {
        String path = "/users/%s/".formatted(user);
        billing.assertBelievesNothingElse(path, userDocument(), user,
                () -> billing.consume("UserCreated", event, userCreated()));
        billing.siblings.answer(path, 404, TestedService.noSuch(path, user));
        assertThatThrownBy(() -> billing.consume("UserCreated", event, userCreated())).hasMessageContaining("404");

        assertThat(account()).isEmpty();
    }

    /** No such answer comes so far; were it to come, it would be money. */
    @Test
    void shouldOpenAnAccountOfNobodyElseInSqlEither() {
        billing.execute("billing/open-account", Map.of("userId", newId()),
                Map.of("user", userDocument(), "openingCredit", "1"));

        assertThat(account()).isEmpty();
    }

    @Test
    void shouldParkAUserCreatedThatItCannotRead() throws Exception {
        billing.assertParksTheUnreadable("UserCreated", "DLQ.billing-user-created", userCreated());

        assertThat(account()).isEmpty();
    }

    // BillingRequested

    @Test
    void shouldLookUpTheOrderOfTheMessageWhateverItsPropertiesSay() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 1250);
        billing.siblings.forgetCalls();
        TextMessage message = TestedService.event(event, billingRequested(order));
        for (String name : List.of("CamelHttpUri", "CamelHttpPath", "CamelHttpQuery", "CamelHttpRawQuery",
                "CamelRestHttpUri", "CamelHttpMethod")) {
            message.setStringProperty(name, "{{bean:billingDatabase.close}}");
        }

        billing.consume("BillingRequested", message);

        assertThat(billing.siblings.calls()).containsExactly("GET /orders/%s/".formatted(order));
        assertThat(billing.publishedTexts()).containsExactly("BillPayed " + billingRequested(order));
    }

    @Test
    void shouldChargeAnOrderThatTheBalanceAllows() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 1250);

        billing.consume("BillingRequested", event, billingRequested(order));

        assertThat(billing.published()).singleElement().satisfies(paid -> {
            assertThat(paid).hasToString("BillPayed " + billingRequested(order));
            assertThat(paid.correlationId()).isEqualTo(TestedService.FLOW);
            assertThat(paid.properties())
                    .containsEntry("gateway", "replica-1")
                    .containsEntry("cloudEvents_source", "/billing")
                    .containsEntry("cloudEvents_causationid", event);
        });
        assertThat(bill(order)).containsExactly("1250 PAYED null");
        assertThat(entries()).containsExactly("100000", "-1250");
        assertThat(billing.siblings.calls()).containsExactly("GET /orders/%s/".formatted(order));
    }

    @Test
    void shouldPayAnOrderOfExactlyTheBalance() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 100_000);

        billing.consume("BillingRequested", event, billingRequested(order));

        assertThat(billing.publishedTexts()).containsExactly("BillPayed " + billingRequested(order));
        assertThat(account()).containsExactly("O'Neil & Sons 0 EUR");
    }

    @Test
    void shouldDeclineAnOrderAboveTheBalance() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 100_001);

        billing.consume("BillingRequested", event, billingRequested(order));

        assertThat(billing.publishedTexts()).containsExactly(
                "BillDeclined {\"orderId\":\"%s\",\"reason\":\"BALANCE_TOO_LOW\"}".formatted(order));
        assertThat(bill(order)).containsExactly("100001 DECLINED BALANCE_TOO_LOW");
        assertThat(entries()).containsExactly("100000");
    }

    @Test
    void shouldDebitOnceAndAnnounceTheSameEventAgainWhenARequestIsRedelivered() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 60_000); // twice would be above the balance

        billing.consume("BillingRequested", event, billingRequested(order));
        billing.consume("BillingRequested", event, billingRequested(order));

        assertThat(billing.publishedTexts()).hasSize(2).containsOnly("BillPayed " + billingRequested(order));
        assertThat(billing.published()).extracting(paid -> paid.properties().get("cloudEvents_id"))
                .doesNotContainNull()
                .containsOnly(CloudEvents.id(event, "BillPayed"));
        assertThat(entries()).containsExactly("100000", "-60000");
    }

    @Test
    void shouldNotReconsiderADeclinedOrder() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 100_001);
        billing.consume("BillingRequested", event, billingRequested(order));
        orderAmountsTo(order, 1);

        billing.consume("BillingRequested", event, billingRequested(order));

        assertThat(billing.publishedTexts()).hasSize(2).allMatch(text -> text.startsWith("BillDeclined "));
        assertThat(entries()).containsExactly("100000");
    }

    @Test
    void shouldLeaveARequestThatOvertookItsUserToTheBroker() throws Exception {
        orderAmountsTo(order, 1250);

        assertThatThrownBy(() -> billing.consume("BillingRequested", event, billingRequested(order)))
                .hasMessageContaining("no account");

        assertThat(billing.published()).isEmpty();
        assertThat(bill(order)).isEmpty();
    }

    @Test
    void shouldLeaveARequestToTheBrokerWhenTheOrderServiceFails() throws Exception {
        accountIsOpen();
        billing.siblings.fail("/orders/%s/".formatted(order), 500);

        assertThatThrownBy(() -> billing.consume("BillingRequested", event, billingRequested(order)))
                .hasMessageContaining("500");

        assertThat(billing.published()).isEmpty();
        assertThat(entries()).containsExactly("100000");
    }

    @Test
    void shouldLeaveARequestToTheBrokerUnlessItIsAnsweredWithThatOrder() throws Exception {
        accountIsOpen();
        String path = "/orders/%s/".formatted(order);
        billing.assertBelievesNothingElse(path, orderDocument(order, 1250), order,
                () -> billing.consume("BillingRequested", event, billingRequested(order)));
        billing.siblings.answer(path, 404, TestedService.noSuch(path, order));
        assertThatThrownBy(() -> billing.consume("BillingRequested", event, billingRequested(order)))
                .hasMessageContaining("404");

        assertThat(billing.published()).isEmpty();
        assertThat(entries()).containsExactly("100000");
    }

    /** As of an account. */
    @Test
    void shouldBillNoOtherOrderInSqlEither() throws Exception {
        accountIsOpen();

        billing.execute("billing/record-bill", Map.of("orderId", newId()), Map.of("order",
                "{\"orderId\":\"%s\",\"userId\":\"%s\",\"total\":1250}".formatted(order, user)));

        assertThat(entries()).containsExactly("100000");
        assertThat(rows("select * from billing_service.bill where order_id = '%s'".formatted(order))).isEmpty();
    }

    @Test
    void shouldKeepTheVerdictWhenItCouldNotBeAnnounced() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 1250);
        billing.mock("topic:BillPayed").whenExchangeReceived(1, sent -> {
            throw new JMSException("connection lost");
        });

        assertThatThrownBy(() -> billing.consume("BillingRequested", event, billingRequested(order)))
                .hasMessageContaining("connection lost");
        billing.forget();
        billing.consume("BillingRequested", event, billingRequested(order));

        assertThat(billing.publishedTexts()).containsExactly("BillPayed " + billingRequested(order));
        assertThat(entries()).containsExactly("100000", "-1250");
    }

    @Test
    void shouldParkABillingRequestedThatItCannotRead() throws Exception {
        billing.assertParksTheUnreadable("BillingRequested", "DLQ.BillingRequested", billingRequested(order));

        assertThat(bill(order)).isEmpty();
    }

    // many at a time

    @Test
    void shouldNeverOverdrawAnAccountThatManyOrdersAreChargedToAtOnce() throws Exception {
        accountIsOpen();
        List<String> orders = Stream.generate(TestedService::newId).limit(40).toList();
        orders.forEach(each -> orderAmountsTo(each, 30_000)); // 3 of them fit

        List<Boolean> done = atOnce(orders.stream().<Callable<Boolean>>map(each -> () -> {
            billing.consume("BillingRequested", newId(), billingRequested(each));
            return true;
        }).toList());

        assertThat(done).hasSize(40).containsOnly(true);
        assertThat(account()).containsExactly("O'Neil & Sons 10000 EUR");
        assertThat(rows("select sum(amount), count(*) from billing_service.entry where user_id = '%s'".formatted(user)))
                .containsExactly("10000 4");
        assertThat(rows("select verdict, count(*) from billing_service.bill where user_id = '%s' group by 1 order by 1"
                .formatted(user)))
                .containsExactly("DECLINED 37", "PAYED 3");
        assertThat(billing.mock("topic:BillPayed").getReceivedCounter()).isEqualTo(3);
        assertThat(billing.mock("topic:BillDeclined").getReceivedCounter()).isEqualTo(37);
    }

    /** Those that lose the race do not see the winner's bill yet: it is the broker's to deliver them again. */
    @Test
    void shouldDebitOnceWhenTheSameRequestIsDeliveredManyTimesAtOnce() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 1250);
        AtomicInteger left = new AtomicInteger();

        atOnce(IntStream.range(0, 20).<Callable<Boolean>>mapToObj(i -> () -> {
            try {
                billing.consume("BillingRequested", event, billingRequested(order));
            } catch (RuntimeException e) {
                left.incrementAndGet();
            }
            return true;
        }).toList());

        assertThat(billing.publishedTexts()).hasSize(20 - left.get())
                .containsOnly("BillPayed " + billingRequested(order));
        assertThat(left.get()).isLessThan(20);
        assertThat(bill(order)).containsExactly("1250 PAYED null");
        assertThat(entries()).containsExactly("100000", "-1250");
    }

    // GET /accounts/{userId}

    @Test
    void shouldShowAnAccountWithItsLedger() throws Exception {
        accountIsOpen();
        orderAmountsTo(order, 1250);
        billing.consume("BillingRequested", event, billingRequested(order));

        var account = billing.get("/accounts/" + user + "/");

        assertThat(account.statusCode()).isEqualTo(200);
        assertThat(account.body().replaceAll("\"[^\"]*Z\"", "\"...\"")).isEqualTo(("""
                {"userId":"%s","owner":"O'Neil & Sons","balance":98750,"currency":"EUR","openedAt":"...",\
                "entries":[{"kind":"OPENING_CREDIT","amount":100000,"at":"..."},\
                {"kind":"DEBIT","orderId":"%s","amount":-1250,"at":"..."}]}""").formatted(user, order));
    }

    @Test
    void shouldFindNoAccountOfAStranger() throws Exception {
        assertThat(billing.get("/accounts/" + newId()).statusCode()).isEqualTo(404);
        assertThat(billing.get("/accounts/me").statusCode()).isEqualTo(404);
    }

    @Test
    void shouldTellWhoHasAnAccount() throws Exception {
        accountIsOpen();

        assertThat(billing.get("/accounts/?ids=%s,%s".formatted(newId(), user)).body())
                .isEqualTo("{\"ids\" : [\"%s\"]}".formatted(user));
        assertThat(billing.get("/accounts?ids=" + user.toUpperCase(Locale.ROOT)).body()).contains(user);
        assertThat(billing.get("/accounts?ids=" + newId()).body()).isEqualTo("{\"ids\" : []}");
        assertThat(billing.get("/accounts?ids=me").statusCode()).isEqualTo(400);
        assertThat(billing.get("/accounts").statusCode()).isEqualTo(400);
    }

    private String userCreated() {
        return "{\"userId\":\"%s\"}".formatted(user);
    }

    private static String billingRequested(String order) {
        return "{\"orderId\":\"%s\"}".formatted(order);
    }

    private void userIsKnown() {
        billing.siblings.answer("/users/%s/".formatted(user), userDocument());
    }

    private String userDocument() {
        return """
                {"userId":"%s","name":"O'Neil & Sons","email":"sons@example.com",\
                "createdAt":"2026-11-22T10:00:00.000Z"}"""
                .formatted(user);
    }

    private void accountIsOpen() throws Exception {
        userIsKnown();
        billing.consume("UserCreated", event, userCreated());
        billing.forget();
    }

    private void orderAmountsTo(String order, int cents) {
        billing.siblings.answer("/orders/%s/".formatted(order), orderDocument(order, cents));
    }

    private String orderDocument(String order, int cents) {
        return """
                {"orderId":"%s","userId":"%s","status":"CREATED",\
                "customer":{"name":"O'Neil & Sons","email":"sons@example.com"},\
                "lines":[{"sku":"MUG-1","name":"Mug with a camel","amount":%d,"quantity":1,"unitPrice":%d}],\
                "total":%d,"currency":"EUR",\
                "history":[{"at":"2026-11-22T10:00:00.000Z","status":"CREATED"}]}"""
                .formatted(order, user, cents, cents, cents);
    }

    private List<String> account() {
        return rows(
                "select owner, balance, currency from billing_service.account where user_id = '%s'".formatted(user));
    }

    private List<String> entries() {
        return rows("select amount from billing_service.entry where user_id = '%s' order by entry_id".formatted(user));
    }

    private static List<String> bill(String order) {
        return rows("select amount, verdict, reason from billing_service.bill where order_id = '%s'".formatted(order));
    }

    /** Runs the tasks, six at a time; the first six meet at the account. */
    private <T> List<T> atOnce(List<Callable<T>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            List<Future<T>> running = new ArrayList<>();
            TestDatabase.holdUntilWaiting(
                    "select from billing_service.account where user_id = '%s' for update".formatted(user), 6,
                    () -> tasks.forEach(task -> running.add(threads.submit(task))));
            List<T> results = new ArrayList<>();
            for (Future<T> one : running) {
                results.add(one.get(30, TimeUnit.SECONDS));
            }
            return results;
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
