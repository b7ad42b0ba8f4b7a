package choreography.faults;

import java.time.Instant;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Faults of every kind that {@link History} is there for, planted one by one in a history that is as it should be. */
class HistoryTest {

    private static final String CREATED = "{\"at\":\"10:00\",\"status\":\"CREATED\"}";
    private static final String PAYED = "{\"at\":\"10:01\",\"status\":\"PAYED\"}";
    private static final String CREDIT = "{\"kind\":\"OPENING_CREDIT\",\"amount\":1000}";
    private static final String DEBIT = "{\"kind\":\"DEBIT\",\"orderId\":\"o1\",\"amount\":-300}";

    private final History history = new History();

    @BeforeEach
    void goWell() {
        saw(1, "POST /register", "u1", 202, "");
        saw(2, "POST /register", "u1", 201, "{\"userId\":\"u1\"}");
        saw(3, "GET /users", "u1", 200, "{\"userId\":\"u1\"}");
        saw(3, "GET /accounts", "u1", 404, "");
        saw(4, "GET /accounts", "u1", 200, account(1000, CREDIT));
        saw(5, "POST /order", "o1", 201, order("CREATED", 300, CREATED));
        saw(6, "GET /orders", "o1", 200, order("CREATED", 300, CREATED));
        saw(7, "POST /order", "o1", 504, "");
        saw(8, "GET /orders", "o1", 200, order("PAYED", 300, CREATED + "," + PAYED));
        saw(9, "GET /accounts", "u1", 200, account(700, CREDIT + "," + DEBIT));
        saw(9, "GET /accounts", "u1", 503, "");
        saw(9, "POST /order", "o1", 201, order("CREATED", 300, CREATED));
        saw(9, "POST /order", "o2", 422, "{\"detail\":\"no such user\"}");
        saw(9, "GET /orders", "o2", 200, "{\"status\":\"REJECTED\",\"history\":[{\"status\":\"REJECTED\"}]}");
    }

    @Test
    void shouldFindNothingWhereAllIsWell() {
        assertThat(history.violations()).isEmpty();
    }

    @Test
    void shouldAllowAnyOrderOfWhatWasAskedAtTheSameTime() {
        saw(7, 9, "GET /orders", "o1", 200, order("CREATED", 300, CREATED));
        saw(4, 6, "GET /orders", "o1", 404, "");

        assertThat(history.violations()).isEmpty();
    }

    @Test
    void shouldNoticeAnOrderThatGoesBack() {
        assertNotices("GET /orders", "o1", 200, order("CREATED", 300, CREATED), "has gone back");
    }

    @Test
    void shouldNoticeAnotherEndOfAnOrder() {
        assertNotices("GET /orders", "o1", 200,
                order("CANCELLED", 300, CREATED + "," + PAYED.replace("PAYED", "CANCELLED")), "has gone back");
    }

    @Test
    void shouldNoticeAnOrderThatIsAnother() {
        assertNotices("GET /orders", "o1", 200, order("PAYED", 400, CREATED + "," + PAYED), "has gone back");
    }

    @Test
    void shouldNoticeAStatusThatIsNotThatOfTheHistory() {
        assertNotices("GET /orders", "o3", 200, order("CREATED", 300, CREATED + "," + PAYED), "is no order");
    }

    @Test
    void shouldNoticeALifeThatNoOrderHas() {
        assertNotices("GET /orders", "o3", 200, order("PAYED", 300, PAYED), "is no order");
    }

    @Test
    void shouldNoticeATotalThatIsNotTheSumOfTheLines() {
        assertNotices("GET /orders", "o3", 200, order("CREATED", 300, CREATED).replace("\"total\":300", "\"total\":30"),
                "is no order");
    }

    @Test
    void shouldNoticeAnOrderThatIsGone() {
        assertNotices("GET /orders", "o1", 404, "", "has gone back");
    }

    @Test
    void shouldNoticeABalanceBelowZero() {
        assertNotices("GET /accounts", "u2", 200, account(-300, DEBIT), "is no account");
    }

    @Test
    void shouldNoticeABalanceThatIsNotTheSumOfTheEntries() {
        assertNotices("GET /accounts", "u1", 200, account(1000, CREDIT + "," + DEBIT), "is no account");
    }

    @Test
    void shouldNoticeADebitThatIsThereTwice() {
        assertNotices("GET /accounts", "u2", 200, account(400, CREDIT + "," + DEBIT + "," + DEBIT), "is no account");
    }

    @Test
    void shouldNoticeAnEntryThatIsGone() {
        assertNotices("GET /accounts", "u1", 200, account(1000, CREDIT), "has lost entries");
    }

    @Test
    void shouldNoticeARepeatThatIsAnsweredOtherwise() {
        assertNotices("POST /order", "o1", 422, "{\"detail\":\"no such user\"}", "is answered otherwise");
    }

    @Test
    void shouldNoticeARepeatWithAnotherBody() {
        assertNotices("POST /order", "o1", 201, order("PAYED", 300, CREATED + "," + PAYED), "is answered otherwise");
    }

    @Test
    void shouldNoticeARegistrationThatIsNotThereAfterItWasAnswered() {
        assertNotices("GET /users", "u1", 404, "", "though it was there");
    }

    private void assertNotices(String asked, String id, int status, String document, String violation) {
        saw(20, asked, id, status, document);

        assertThat(history.violations()).isNotEmpty().allSatisfy(one ->
                assertThat(one).containsAnyOf(violation, "though it was there").contains(id + " "))
                .anySatisfy(one -> assertThat(one).contains(violation));
    }

    private void saw(int second, String asked, String id, int status, String document) {
        saw(second, second + 1, asked, id, status, document);
    }

    private void saw(int from, int to, String asked, String id, int status, String document) {
        history.add(new History.Seen(Instant.ofEpochSecond(from), Instant.ofEpochSecond(to), asked, id, status,
                document));
    }

    private static String order(String status, int total, String history) {
        return "{\"orderId\":\"o1\",\"status\":\"%s\",\"total\":%d,\"lines\":[{\"amount\":%2$d}],\"history\":[%s]}"
                .formatted(status, total, history);
    }

    private static String account(int balance, String entries) {
        return "{\"userId\":\"u1\",\"balance\":%d,\"entries\":[%s]}".formatted(balance, entries);
    }
}
