package choreography.notification;

import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

import choreography.testing.TestDatabase;
import choreography.testing.TestedService;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.BodyPart;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The notification service without its neighbours, with a real mail server: {@code camel/notification.camel.yaml}. */
class NotificationRoutesTest {

    static final GreenMail MAIL = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    static TestedService notification;

    final String order = newId();
    final String event = newId();
    final String customer = order + "@example.com";

    @BeforeAll
    static void start() throws Exception {
        MAIL.start();
        notification = TestedService.start("notification",
                "smtp.host", "127.0.0.1", "smtp.port", "" + MAIL.getSmtp().getPort(), "notification.mail-domain",
                "shop.example");
    }

    @AfterAll
    static void stop() {
        notification.close();
        MAIL.stop();
    }

    @BeforeEach
    void forget() {
        notification.forget();
        notification.siblings.answer("/orders/%s/".formatted(order), orderDocument());
    }

    private String orderDocument() {
        return """
                {"orderId":"%s","userId":"%s","status":"PAYED","customer":{"name":"O'Neil & Sons","email":"%s"},
                 "lines":[{"sku":"BOOK-1","name":"Enterprise <Integration> Patterns",
                           "quantity":2,"unitPrice":5999,"amount":11998},
                          {"sku":"STICKER-1","name":"Sheet of stickers","quantity":1,"unitPrice":5,"amount":5}],
                 "total":12003,"currency":"EUR","history":[{"status":"CREATED","at":"2026-11-22T10:00:00.000Z"}]}"""
                .formatted(order, newId(), customer);
    }

    @Test
    void shouldTellTheCustomerThatAnOrderIsPaid() throws Exception {
        notification.consume("OrderPayed", event, orderPayed());

        assertThat(mails()).singleElement().satisfies(mail -> {
            assertThat(mail.getSubject()).isEqualTo("Your order %s is paid".formatted(order));
            assertThat(mail.getFrom()[0]).hasToString("orders@order-choreography.example");
            assertThat(mail.getMessageID()).isEqualTo("<OrderPayed.%s@shop.example>".formatted(order));
            assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
            assertThat(part(mail, 0)).isEqualToNormalizingNewlines("""
                    Dear O'Neil & Sons,

                    thank you: your order %s is paid.

                    2 x Enterprise <Integration> Patterns: 119.98 EUR
                    1 x Sheet of stickers: 0.05 EUR

                    Total: 120.03 EUR
                    """.formatted(order));
            assertThat(part(mail, 1))
                    .contains("<p>Dear O&#39;Neil &amp; Sons,</p>", order, "Enterprise &lt;Integration&gt; Patterns",
                    "119.98 EUR", "120.03 EUR")
                    .doesNotContain("<Integration>");
        });
        assertThat(owed()).containsExactly("OrderPayed true");
        assertThat(notification.siblings.calls()).containsExactly("GET /orders/%s/".formatted(order));
        assertThat(notification.published()).isEmpty();
    }

    @Test
    void shouldTellTheCustomerThatAnOrderIsCancelled() throws Exception {
        notification.consume("OrderCancelled", event, orderCancelled());

        assertThat(mails()).singleElement().satisfies(mail -> {
            assertThat(mail.getSubject()).isEqualTo("Your order %s is cancelled".formatted(order));
            assertThat(mail.getMessageID()).isEqualTo("<OrderCancelled.%s@shop.example>".formatted(order));
            assertThat(part(mail, 0)).contains("the balance of your account is too low", "Nothing was charged",
                    "Total: 120.03 EUR");
            assertThat(part(mail, 1))
                    .contains("<p>Dear O&#39;Neil &amp; Sons,</p>", "the balance of your account is too low",
                    "120.03 EUR");
        });
        assertThat(owed()).containsExactly("OrderCancelled true");
    }

    @Test
    void shouldPassNoPropertyOfAMessageOnToTheMail() throws Exception {
        var message = TestedService.event(event, orderPayed());
        message.setStringProperty("Bcc", "eve@example.com");
        message.setStringProperty("Subject", "You have won");

        notification.consume("OrderPayed", message);

        assertThat(mails()).singleElement().satisfies(mail -> {
            assertThat(mail.getAllRecipients()).hasSize(1);
            assertThat(mail.getSubject()).startsWith("Your order ");
            assertThat(Collections.list(mail.getAllHeaders())).extracting(header -> header.getName()).containsOnly(
                    "Return-Path", "Received", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "Date",
                    "MIME-Version", "Content-Type");
        });
    }

    @Test
    void shouldMailOnceWhenAnEventIsRedelivered() throws Exception {
        notification.consume("OrderPayed", event, orderPayed());
        notification.consume("OrderPayed", event, orderPayed());
        notification.consume("OrderCancelled", event, orderCancelled());
        notification.consume("OrderCancelled", event, orderCancelled());

        assertThat(mails()).extracting(MimeMessage::getSubject).containsExactlyInAnyOrder(
                "Your order %s is paid".formatted(order), "Your order %s is cancelled".formatted(order));
    }

    @Test
    void shouldLeaveAMailToTheDeliveryThatIsSendingItForAMinute() throws Exception {
        notification.consume("OrderPayed", event, orderPayed());
        TestDatabase.execute(
                "update notification_service.mail set sent_at = null where order_id = '%s'".formatted(order));
        var copy = TestedService.event(event, orderPayed());
        copy.setJMSMessageID("ID:2");

        notification.consume("OrderPayed", copy);
        assertThat(mails()).hasSize(1);
        assertThat(owed()).containsExactly("OrderPayed false");

        TestDatabase.execute(
                "update notification_service.mail set claimed_at = now() - interval '61 seconds' where order_id = '%s'"
                        .formatted(order));
        notification.consume("OrderPayed", copy);
        assertThat(mails()).hasSize(2);
    }

    @Test
    void shouldRepeatAMailUnderTheSameMessageIdWhenItIsNotKnownToBeSent() throws Exception {
        notification.consume("OrderPayed", event, orderPayed());
        TestDatabase.execute(
                "update notification_service.mail set sent_at = null where order_id = '%s'".formatted(order));

        notification.consume("OrderPayed", event, orderPayed());

        assertThat(mails()).hasSize(2).extracting(MimeMessage::getMessageID)
                .containsOnly("<OrderPayed.%s@shop.example>".formatted(order));
        assertThat(owed()).containsExactly("OrderPayed true");
    }

    @Test
    void shouldOweAMailUntilTheMailServerTakesIt() throws Exception {
        var takesMail = MAIL.getUserManager().getMessageDeliveryHandler();
        MAIL.getUserManager().setMessageDeliveryHandler((message, mailAddress) -> {
            throw new IllegalStateException("disk full");
        });
        try {
            assertThatThrownBy(() -> notification.consume("OrderPayed", event, orderPayed()))
                    .hasRootCauseInstanceOf(MessagingException.class);
        } finally {
            MAIL.getUserManager().setMessageDeliveryHandler(takesMail);
        }
        assertThat(owed()).containsExactly("OrderPayed false");

        notification.consume("OrderPayed", event, orderPayed());

        assertThat(mails()).hasSize(1);
        assertThat(owed()).containsExactly("OrderPayed true");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 500})
    void shouldLeaveAnEventToTheBrokerWhenTheOrderCannotBeLookedUp(int status) throws Exception {
        notification.siblings.fail("/orders/%s/".formatted(order), status);

        assertThatThrownBy(() -> notification.consume("OrderPayed", event, orderPayed()))
                .hasMessageContaining("" + status);
        assertThatThrownBy(() -> notification.consume("OrderCancelled", event, orderCancelled()))
                .hasMessageContaining("" + status);

        assertThat(mails()).isEmpty();
        assertThat(owed()).isEmpty();
    }

    @Test
    void shouldLeaveAnEventToTheBrokerUnlessItIsAnsweredWithThatOrder() throws Exception {
        String path = "/orders/%s/".formatted(order);
        notification.assertBelievesNothingElse(path, orderDocument(), order,
                () -> notification.consume("OrderPayed", event, orderPayed()));
        notification.siblings.answer(path, 404, TestedService.noSuch(path, order));
        assertThatThrownBy(() -> notification.consume("OrderPayed", event, orderPayed())).hasMessageContaining("404");

        assertThat(mails()).isEmpty();
        assertThat(owed()).isEmpty();
    }

    @Test
    void shouldParkAnEventThatItCannotRead() throws Exception {
        notification.assertParksTheUnreadable("OrderPayed", "DLQ.notification-order-payed", orderPayed());
        notification.assertParksTheUnreadable("OrderCancelled", "DLQ.notification-order-cancelled", orderCancelled());

        assertThat(mails()).isEmpty();
        assertThat(owed()).isEmpty();
    }

    @Test
    void shouldTellOfWhichOrdersTheMailWasSent() throws Exception {
        notification.consume("OrderPayed", event, orderPayed());

        assertThat(notification.get("/mails/?ids=%s%%2C%s".formatted(newId(), order)).body())
                .isEqualTo("{\"ids\" : [\"%s\"], \"waiting\" : []}".formatted(order));
        TestDatabase.execute(
                "update notification_service.mail set sent_at = null where order_id = '%s'".formatted(order));
        assertThat(notification.get("/mails?ids=" + order).body())
                .isEqualTo("{\"ids\" : [], \"waiting\" : [\"%s\"]}".formatted(order));
        TestDatabase.execute("""
                update notification_service.mail set claimed_at = now() - interval '32 minutes' where order_id = '%s'"""
                .formatted(order));
        assertThat(notification.get("/mails?ids=" + order).body()).isEqualTo("{\"ids\" : [], \"waiting\" : []}");
        assertThat(notification.get("/mails").statusCode()).isEqualTo(400);
    }

    private String orderPayed() {
        return "{\"orderId\":\"%s\"}".formatted(order);
    }

    private String orderCancelled() {
        return "{\"orderId\":\"%s\",\"reason\":\"BALANCE_TOO_LOW\"}".formatted(order);
    }

    private List<MimeMessage> mails() throws MessagingException {
        return Stream.of(MAIL.getReceivedMessagesForDomain(customer)).toList();
    }

    private static String part(MimeMessage mail, int number) throws Exception {
        BodyPart part = ((MimeMultipart) mail.getContent()).getBodyPart(number);
        return (String) part.getContent();
    }

    private List<String> owed() {
        return rows(
                "select kind, (sent_at is not null)::text from notification_service.mail where order_id = '%s'"
                        .formatted(order));
    }
}
