package choreography.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;

import choreography.testing.FreePorts;
import choreography.testing.Loopbacks;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** The mail server as anybody can reach it: every byte of every connection is the test's. */
class MailServerTest {

    private static final String STREAMS = "jakarta.mail.util.StreamProvider";

    @TempDir
    Path data;
    private SandboxSettings settings;
    private MailServer server;

    @BeforeEach
    void start() throws Exception {
        settings = FreePorts.forSandbox(data);
        server = new MailServer(settings);
        server.start();
    }

    @AfterEach
    void close() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "Content-Type: text/plain; charset=nope\r\n\r\nx",
            "Content-Type: text/plain; charset=\"\\0\"\r\n\r\nx",
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\neA",
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: nope\r\n\r\nx",
            "Content-Type: multipart/mixed\r\n\r\nx"})
    void shouldShowAMailThatCannotBeReadAsUnreadable(String mail) throws Exception {
        deliver("Subject: Before\r\n\r\nx");
        deliver(mail);
        deliver("Subject: After\r\n\r\nx");

        JsonNode mails = mails();

        assertThat(mails.findValuesAsText("subject")).hasSize(3).startsWith("After").endsWith("Before");
        assertThat(mails.at("/1/subject").asText()).startsWith("unreadable: ").endsWith(".eml");
    }

    @Test
    void shouldShowTheMailsBesideOneOfPartsInPartsInParts() throws Exception {
        StringBuilder mail = new StringBuilder("Subject: Deep\r\n");
        for (int depth = 0; depth < 3000; depth++) {
            mail.append("Content-Type: multipart/mixed; boundary=b%1$d\r\n\r\n--b%1$d\r\n".formatted(depth));
        }
        deliver(mail + "\r\nx");
        deliver("Subject: After\r\n\r\nx");

        JsonNode mails = mails();

        assertThat(mails.findValuesAsText("subject")).containsExactly("After", "Deep");
        assertThat(mails.at("/1/text").isNull()).isTrue();
    }

    @Test
    void shouldShowTheMailsBesideOneWithHalfACharacter() throws Exception {
        deliver("Subject: Half\r\nContent-Type: text/plain; charset=UTF-32BE\r\n\r\n\0\0\u00d8\0");
        deliver("Subject: After\r\n\r\nx");

        JsonNode mails = mails();

        assertThat(mails.findValuesAsText("subject")).containsExactly("After", "Half");
        assertThat(mails.at("/1/text").asText()).startsWith("?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0\u00ff: \u00ff", "To: <<<@>>>,,;:\"", "Date: never", "From", "Message-ID:",
            "Subject: =?nope?B?eA?=", "To: ="})
    void shouldShowTheMailsBesideOneWithStrangeHeaders(String header) throws Exception {
        deliver(header + "\r\n\r\nx");
        deliver("Subject: After\r\nTo: ada@example.org\r\n\r\nx");

        assertThat(mails()).hasSize(2);
        assertThat(bodyOf(get("/mails?to=ada@example.org", "localhost"))).contains("After");
    }

    /** As since JDK 19, where the thread of Java's HTTP server has another one than who starts it. */
    @Test
    void shouldFindItsLibrariesWhateverClassLoaderItsThreadHas(@TempDir Path other) throws Exception {
        server.close();
        Thread starter = Thread.currentThread();
        ClassLoader own = starter.getContextClassLoader();
        settings = FreePorts.forSandbox(other);
        server = new MailServer(settings);
        starter.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            server.start();
        } finally {
            starter.setContextClassLoader(own);
        }
        System.setProperty(STREAMS, "org.eclipse.angus.mail.util.MailStreamProvider"); // as Main does
        Files.writeString(other.resolve("mail/1.eml"), "Subject: Parts\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                + "\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b--\r\n");

        assertThat(mails().at("/0/text").asText()).isEqualTo("Hello");
        System.clearProperty(STREAMS);
    }

    @Test
    void shouldListenWhateverLocalhostIs() throws Exception {
        for (InetAddress address : Loopbacks.all()) {
            assertThat(send(address, settings.smtpPort(), smtp("Subject: Here\r\n\r\nx"))).contains("\r\n221 ");
        }
        for (InetAddress address : Loopbacks.all()) {
            assertThat(send(address, settings.mailPort(),
                    "GET /mails HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).contains("Here");
        }
        assertThat(mails()).hasSameSizeAs(Loopbacks.all());
    }

    @Test
    void shouldShowTheMailsWhileSomebodySendsHalfARequest() throws Exception {
        try (Socket slow = new Socket("127.0.0.1", settings.mailPort())) {
            slow.getOutputStream().write("GET /mails HTTP/1.1\r\nHost: local".getBytes(ISO_8859_1));

            assertThat(get("/mails", "localhost")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void shouldSayThatTheFolderCannotBeRead() throws Exception {
        Files.delete(data.resolve("mail"));

        assertThat(get("/mails", "localhost")).startsWith("HTTP/1.1 500 ").contains("cannot be read");
    }

    @ParameterizedTest
    @CsvSource({
            "GET,    /mails?limit=,           400",
            "GET,    /mails?limit=-1,         400",
            "GET,    /mails?limit=10000,      400",
            "GET,    /mails?limit=1;drop,     400",
            "GET,    /mails?limit=%zz,        400",
            "GET,    /mails?to=%,             400",
            "GET,    /mails?to=%C3%28&limit=1,200",
            "GET,    /mails?&=&a&to,          200",
            "GET,    /,                       404",
            "POST,   /mails,                  405",
            "DELETE, /mails,                  405",
            "HEAD,   /mails,                  200",
            "HEAD,   /nowhere,                404"})
    void shouldAnswerEveryRequest(String method, String target, int status) throws Exception {
        String request = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

        assertThat(send(settings.mailPort(), request)).startsWith("HTTP/1.1 " + status + " ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8025", "127.0.0.1:8025", "[::1]:8025"})
    void shouldAnswerUnderTheNamesOfThisMachine(String host) throws Exception {
        assertThat(get("/mails", host)).startsWith("HTTP/1.1 200 ");
    }

    /** What a page sends whose own name was made to point to 127.0.0.1. */
    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8025", "localhost.evil.example", "127.0.0.1.evil.example",
            "x@localhost", "0.0.0.0", "localhost:8025:8025", "localhost\r\nHost: evil.example", ""})
    void shouldShowNoMailUnderAnotherName(String host) throws Exception {
        deliver("Subject: Secret\r\n\r\nx");

        assertThat(get("/mails", host)).matches("(?s)HTTP/1.1 4\\d\\d .*").doesNotContain("Secret");
    }

    @Test
    void shouldShowNoMailWithoutAName() throws Exception {
        assertThat(send(settings.mailPort(), "GET /mails HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 421 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST / HTTP/1.1", "GET / HTTP/1.1", "PUT /x HTTP/1.1", "OPTIONS * HTTP/1.1",
            "HELO / HTTP/1.1", "EHLO /x HTTP/1.0", "PRI * HTTP/2.0", "X", "\u0016\u0003\u0001"})
    void shouldEndAConnectionThatDoesNotBeginWithSmtp(String firstLine) throws Exception {
        assertThat(send(settings.smtpPort(), firstLine + "\r\n").lines().skip(1))
                .containsExactly("554 This is a mail server");
    }

    /** Any web page can have a browser send this. */
    @Test
    void shouldTakeNoMailFromAWebPage() throws Exception {
        send(settings.smtpPort(), "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n\r\n"
                + smtp("Subject: Forged\r\n\r\nx"));

        assertThat(mails()).isEmpty();
    }

    private void deliver(String mail) throws IOException {
        assertThat(send(settings.smtpPort(), smtp(mail))).contains("\r\n221 ").doesNotContain("\r\n4", "\r\n5");
    }

    private static String smtp(String mail) {
        return "HELO test\r\nMAIL FROM:<shop@example.org>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n"
                + mail + "\r\n.\r\nQUIT\r\n";
    }

    private JsonNode mails() throws IOException {
        return new ObjectMapper().readTree(bodyOf(get("/mails", "localhost")));
    }

    private String get(String path, String host) throws IOException {
        return send(settings.mailPort(), "GET " + path + " HTTP/1.1\r\nHost: " + host
                + "\r\nConnection: close\r\n\r\n");
    }

    private static String bodyOf(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 200 ");
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    /** All that comes back until the server ends the connection. */
    private static String send(int port, String bytes) throws IOException {
        return send(InetAddress.getByName("127.0.0.1"), port, bytes);
    }

    private static String send(InetAddress address, int port, String bytes) throws IOException {
        StringBuilder answer = new StringBuilder();
        try (Socket socket = new Socket(address, port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
            for (int next = socket.getInputStream().read(); next >= 0; next = socket.getInputStream().read()) {
                answer.append((char) next);
            }
        } catch (SocketException ended) {
            // with bytes unread
        }
        return answer.toString();
    }
}
