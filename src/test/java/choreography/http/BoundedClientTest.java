package choreography.http;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;

import org.apache.camel.CamelContext;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** Lookups at a sibling that answers as no sibling should, with the component's settings of application.properties. */
class BoundedClientTest {

    private static final int MOST_MS = 700;

    /** What the sibling does after it has read a request. */
    private interface Answer {
        void to(OutputStream out) throws IOException, InterruptedException;
    }

    private final AtomicInteger requests = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CamelContext camel = new DefaultCamelContext();
    private final CountDownLatch closing = new CountDownLatch(1);
    private ServerSocket server;
    private volatile Answer answer;

    @BeforeEach
    void start() throws Exception {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.submit(this::accept);
        Properties settings = new Properties();
        try (InputStream in = getClass().getResourceAsStream("/application.properties")) {
            settings.load(in);
        }
        assertThat(settings).containsEntry("camel.component.http.http-client-configurer", "#bean:lookUpClient");
        assertThat(settings)
                .containsEntry("camel.beans.lookUpClient", "#class:choreography.http.BoundedClient(5000, 262144)");
        HttpComponent http = new HttpComponent();
        http.setHttpClientConfigurer(new BoundedClient(MOST_MS, 262_144));
        http.setAutomaticRetriesDisabled(flag(settings, "automatic-retries-disabled"));
        http.setContentCompressionDisabled(flag(settings, "content-compression-disabled"));
        http.setCookieManagementDisabled(flag(settings, "cookie-management-disabled"));
        http.setResponseTimeout(5000);
        http.setSoTimeout(5000);
        camel.addComponent("http", http);
        camel.start();
    }

    private static boolean flag(Properties settings, String name) {
        return Boolean.parseBoolean(settings.getProperty("camel.component.http." + name));
    }

    @AfterEach
    void stop() throws IOException {
        closing.countDown();
        server.close();
        threads.shutdownNow();
        camel.stop();
    }

    @Test
    void shouldReadAnAnswerAndKeepTheConnection() {
        answer = out -> write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");

        for (int i = 0; i < 20; i++) {
            assertThat(lookUp()).isEqualTo("{}");
        }
        assertThat(requests).hasValue(20);
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void shouldAskOnceHoweverTheSiblingAsksToBeAskedAgain(int status) {
        answer = out -> write(out, "HTTP/1.1 %d No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n".formatted(status));

        assertFailsInTime("" + status);
        assertThat(requests).hasValue(1);
    }

    static List<String> shouldNotWaitLongerForASiblingThatDrips() {
        return List.of("HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
                "HTTP/1.1 500 No\r\nContent-Length: 500\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource
    void shouldNotWaitLongerForASiblingThatDrips(String start) {
        answer = out -> {
            write(out, start);
            while (true) {
                write(out, "x");
                closing.await(100, TimeUnit.MILLISECONDS);
            }
        };

        assertFailsInTime("No whole answer within 700 ms");
    }

    @Test
    void shouldNotWaitLongerForASiblingThatNeverAnswers() {
        answer = out -> closing.await();

        assertFailsInTime("No whole answer within 700 ms");
    }

    @Test
    void shouldNotReadMoreThanADocumentCanHave() {
        answer = out -> {
            write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true) {
                write(out, "2000\r\n" + " ".repeat(0x2000) + "\r\n");
            }
        };

        assertFailsInTime("more than 262144 bytes");
    }

    @Test
    void shouldDecodeNothing() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bomb)) {
            gzip.write(new byte[50_000_000]);
        }
        answer = out -> {
            write(out,
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n".formatted(bomb.size()));
            out.write(bomb.toByteArray());
        };

        assertFailsInTime("encoded as gzip");
    }

    private String lookUp() {
        return camel.createFluentProducerTemplate()
                .to("http://localhost:" + server.getLocalPort() + "/users/1/?httpMethod=GET").request(String.class);
    }

    private void assertFailsInTime(String message) {
        assertTimeoutPreemptively(Duration.ofSeconds(15),
                () -> assertThatThrownBy(this::lookUp).hasStackTraceContaining(message));
    }

    private Void accept() throws IOException {
        while (true) {
            Socket socket = server.accept();
            threads.submit(() -> serve(socket));
        }
    }

    /** Reads requests and answers them, until the caller hangs up. */
    private Void serve(Socket socket) throws IOException, InterruptedException {
        try (socket) {
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
            for (String line = in.readLine(); line != null && closing.getCount() > 0; line = in.readLine()) {
                if (line.isEmpty()) {
                    requests.incrementAndGet();
                    answer.to(socket.getOutputStream());
                }
            }
        }
        return null;
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(ISO_8859_1));
        out.flush();
    }
}
