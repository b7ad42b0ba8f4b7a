package choreography.notification;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import choreography.messaging.RefusedException;
import choreography.notification.SmtpScript.Content;
import choreography.notification.SmtpScript.End;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Message.RecipientType;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** What becomes of a mail when the mail server ends connections, refuses or hangs. */
@Timeout(60)
class KeepAliveMailSenderTest {

    private SmtpScript server;
    private KeepAliveMailSender sender;

    @BeforeEach
    void start() throws IOException {
        server = new SmtpScript();
        sender = new KeepAliveMailSender("127.0.0.1", server.port(), 300_000, Duration.ofSeconds(5));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void shouldSendMailAfterMailOverOneConnection() throws Exception {
        String first = send();
        String second = send();

        assertThat(server.mails()).containsExactly(first, second);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void shouldNotLogInWithoutAUserWhereTheServerOffersIt() throws Exception {
        GreenMail offersAuth = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        offersAuth.start();
        try {
            sender = new KeepAliveMailSender("127.0.0.1", offersAuth.getSmtp().getPort(), 300_000);
            sender.setUsername("");
            sender.setPassword("");
            sender.probe("shop@example.com");
            send();

            assertThat(offersAuth.getReceivedMessages()).hasSize(1);
        } finally {
            offersAuth.stop();
        }
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void shouldSendTheNextMailWhenTheServerHasEndedTheIdleConnection(End how) throws Exception {
        List<String> sent = new ArrayList<>(List.of(send()));
        for (int i = 0; i < 5; i++) {
            server.end(how);
            sent.add(send());
        }

        assertThat(server.mails()).containsExactlyElementsOf(sent);
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void shouldSendTheNextMailsWhenTheServerHasEndedSeveralIdleConnections(End how) throws Exception {
        List<String> sent = new ArrayList<>(sendTogether(5));
        assertThat(server.openConnections()).isEqualTo(5);

        server.end(how);
        for (int i = 0; i < 5; i++) {
            sent.add(send());
        }

        assertThat(server.mails()).containsExactlyInAnyOrderElementsOf(sent);
    }

    @ParameterizedTest
    @ValueSource(ints = {451, 550})
    void shouldNotRepeatWhatTheServerRefuses(int code) throws Exception {
        send();
        server.refuseSenders(code);

        assertThatThrownBy(this::send).isInstanceOf(MessagingException.class).hasMessageContaining(code + " not now");

        assertThat(server.connections()).isEqualTo(1);
    }

    /** Whoever it is for: no recipient is to blame. */
    @ParameterizedTest
    @ValueSource(ints = {421, 451, 550})
    void shouldSayThatTheServerTakesNoMails(int code) throws Exception {
        sender.probe("orders@shop.example");

        server.refuseSenders(code);

        assertThatThrownBy(() -> sender.probe("orders@shop.example")).isInstanceOf(MessagingException.class)
                .hasMessageContaining(code + " not now");
        server.close();
        assertThatThrownBy(() -> sender.probe("orders@shop.example")).isInstanceOf(MessagingException.class);
        assertThat(server.mails()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"450, true", "452, true", "550, false", "554, false"})
    void shouldTellARefusalFromAFailureAndWhetherItIsForGood(int code, boolean again) {
        for (boolean recipient : List.of(true, false)) {
            server.refuseRecipients(recipient ? code : 0);
            server.refuseMails(code);

            assertThatThrownBy(this::send).isInstanceOfSatisfying(RefusedException.class, refused ->
                    assertThat(refused.again()).isEqualTo(again ? Duration.ofMinutes(5) : null))
                    .hasMessage("The mail server refuses it: " + code);
        }
    }

    @Test
    void shouldNotTakeTheEndOfTheServiceForARefusal() {
        server.refuseRecipients(421);

        assertThatThrownBy(this::send).isInstanceOf(MessagingException.class);
    }

    @Test
    void shouldEndMailsThatWaitSoonAfterTheServiceIsToldTo() throws Exception {
        server.set(Content.NOT_ANSWERED);
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            sender.setCamelContext(camel);
            camel.start();
            Future<?> waiting = Executors.newSingleThreadExecutor().submit(this::send);
            await().atMost(Duration.ofSeconds(5)).until(() -> !server.mails().isEmpty());
            assertThat(sender.underWay()).isEqualTo(server.mails().get(0));

            camel.stop();

            await().atMost(Duration.ofSeconds(8)).until(waiting::isDone);
            assertThat(sender.underWay()).isEmpty();
        }
    }

    @Test
    void shouldNotRepeatAMailWhoseOutcomeNobodyKnows() throws Exception {
        send();
        server.set(Content.TAKE_AND_HANG_UP);

        assertThatThrownBy(this::send).isInstanceOf(MessagingException.class);

        assertThat(server.mails()).hasSize(2);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void shouldTellTheFirstFailureWhateverClosingThrows() {
        server.set(Content.HANG_UP_BEFORE);

        assertThatThrownBy(this::send).isInstanceOf(MessagingException.class).hasMessageNotContaining("QUIT");
    }

    @Test
    void shouldGiveUpAServerThatDoesNotRead() throws Exception {
        server.set(Content.NOT_READ);

        Future<?> sending = Executors.newSingleThreadExecutor().submit(() -> { // no interrupt ends a write
            sender.send(mail(newId(), "a line of a long mail\r\n".repeat(1_000_000)));
            return null;
        });

        assertThatThrownBy(() -> sending.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(MessagingException.class);
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    @Timeout(20)
    void shouldNotWaitForTheAnswerToItsGoodbye() throws Exception {
        server.sayNoGoodbye();

        sender.probe("orders@shop.example");

        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void shouldCloseIdleConnectionsWhenTheServiceStops() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            sender.setCamelContext(camel);
            camel.start();
            sendTogether(3);
            assertThat(server.openConnections()).isEqualTo(3);
        }

        await().atMost(Duration.ofSeconds(3)).until(() -> server.openConnections() == 0); // in 5 s all are closed
    }

    private String send() throws MessagingException {
        String id = newId();
        sender.send(mail(id, "Dear Ada"));
        return id;
    }

    /** Each over a connection of its own: the server takes none before all are there. */
    private List<String> sendTogether(int number) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(number);
        try {
            server.meet(new CountDownLatch(number));
            List<Future<String>> sent = new ArrayList<>();
            for (int i = 0; i < number; i++) {
                sent.add(threads.submit(this::send));
            }
            List<String> ids = new ArrayList<>();
            for (Future<String> one : sent) {
                ids.add(one.get());
            }
            return ids;
        } finally {
            threads.shutdownNow();
        }
    }

    private static String newId() {
        return "<" + UUID.randomUUID() + "@shop.example>";
    }

    private MimeMessage mail(String id, String text) throws MessagingException {
        MimeMessage mail = new MimeMessage(sender.getSession());
        mail.setHeader("Message-ID", id);
        mail.setFrom("orders@shop.example");
        mail.setRecipients(RecipientType.TO, "ada@example.com");
        mail.setText(text);
        return mail;
    }
}
