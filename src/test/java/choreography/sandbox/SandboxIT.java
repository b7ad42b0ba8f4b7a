package choreography.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;

import choreography.testing.BrokerProcess;
import choreography.testing.DatabaseClient;
import choreography.testing.FreePorts;
import choreography.testing.Loopbacks;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSRuntimeException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/** The sandbox with its real servers, on free ports and a data folder that ends with the test. */
class SandboxIT {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path data;
    static SandboxSettings settings;
    static Sandbox sandbox;

    @BeforeAll
    static void startSandbox() throws Exception {
        settings = FreePorts.forSandbox(data);
        sandbox = Sandbox.start(settings);
    }

    @AfterAll
    static void closeSandbox() {
        sandbox.close();
        sandbox.close();
    }

    @Test
    void shouldKeepMessagesRowsAndMailOverARestart() throws Exception {
        send("OrderRequested", "kept");
        execute("create table kept (id int)", "insert into kept values (7)");
        mail("kept@example.org", "Kept");

        sandbox.close();
        sandbox = Sandbox.start(settings);

        assertThat(receive("OrderRequested")).isEqualTo("kept");
        assertThat(queryOne("select id from kept")).isEqualTo("7");
        assertThat(mails("?to=kept@example.org").at("/0/subject").asText()).isEqualTo("Kept");
    }

    @Test
    void shouldEndWhatAKilledSandboxLeftAndStartAgainWithItsData(@TempDir Path killedData) throws Exception {
        SandboxSettings killed = FreePorts.forSandbox(killedData);
        Process process = KilledSandbox.start(killed);
        ProcessHandle broker = ChildProcess.named(killedData.resolve("broker/broker.pid")).orElseThrow();
        ProcessHandle postmaster = ChildProcess.named(killedData.resolve("postgres/postmaster.pid")).orElseThrow();

        process.destroyForcibly().waitFor();
        try (Sandbox next = Sandbox.start(killed)) {
            assertThat(next.describe()).contains(killed.data().toString());
            assertThat(ChildProcess.isRunning(broker)).isFalse();
            assertThat(ChildProcess.isRunning(postmaster)).isFalse();
            broker = ChildProcess.named(killedData.resolve("broker/broker.pid")).orElseThrow();
            postmaster = ChildProcess.named(killedData.resolve("postgres/postmaster.pid")).orElseThrow();
        }
        assertThat(ChildProcess.isRunning(broker)).isFalse();
        assertThat(ChildProcess.isRunning(postmaster)).isFalse();
    }

    @Test
    void shouldEndItsProcessesByThemselvesWhenKilled(@TempDir Path killedData) throws Exception {
        Process process = KilledSandbox.start(FreePorts.forSandbox(killedData));
        ProcessHandle broker = ChildProcess.named(killedData.resolve("broker/broker.pid")).orElseThrow();
        ProcessHandle postmaster = ChildProcess.named(killedData.resolve("postgres/postmaster.pid")).orElseThrow();

        process.destroyForcibly();

        await().atMost(Duration.ofSeconds(20))
                .until(() -> !ChildProcess.isRunning(broker) && !ChildProcess.isRunning(postmaster));
    }

    @Test
    void shouldMakeTheDatabaseAgainAfterAKilledInitdbAndKeepItsPassword(@TempDir Path killedData) throws Exception {
        DataFolder.claim(killedData);
        Database database = new Database(FreePorts.forSandbox(killedData));
        database.start();
        database.close();
        String password = database.password();
        Files.delete(killedData.resolve("postgres/postmaster.opts")); // PostgreSQL has never run, it says

        database = new Database(FreePorts.forSandbox(killedData));
        database.endLeftover();
        assertThat(killedData.resolve("postgres")).doesNotExist();
        database.start();
        database.close();

        assertThat(database.password()).isEqualTo(password);
    }

    @Test
    void shouldSayThatThePasswordIsGoneAndBeginAnew(@TempDir Path oldData) throws Exception {
        SandboxSettings old = FreePorts.forSandbox(oldData);
        DataFolder.claim(oldData);
        Files.createDirectories(oldData.resolve("mail"));
        Files.writeString(oldData.resolve("mail/old.eml"), "Subject: Old");
        Files.createDirectories(oldData.resolve("postgres"));
        Files.writeString(oldData.resolve("postgres/postmaster.opts"), "");

        assertThatThrownBy(() -> new Database(old).start())
                .isInstanceOf(SandboxException.class)
                .hasMessage("The password of the database in %s is not there any more: "
                                + "put %s back, or set sandbox.fresh to true.",
                        oldData.resolve("postgres"), oldData.resolve("postgres.password"));

        Sandbox.start(new SandboxSettings(oldData, true, old.brokerPort(), old.consolePort(), old.databasePort(),
                old.smtpPort(),
                old.mailPort())).close();
        assertThat(oldData.resolve("postgres.password")).exists();
        assertThat(oldData.resolve("mail")).isEmptyDirectory();
    }

    /** "The broker alone" of docs/run.md, in a project of its own. */
    @Test
    void shouldGoOnWithWhatTheBrokerAloneKept(@TempDir Path project) throws Exception {
        copyBroker(project);
        SandboxSettings alone = FreePorts.forSandbox(project.resolve("data"));
        Process broker = startBrokerAlone(project, alone);
        try {
            await().atMost(Duration.ofSeconds(60)).failFast(() -> !broker.isAlive())
                    .until(() -> accepts(alone.brokerPort()));
            try (JMSContext jms = connect("tcp://127.0.0.1:" + alone.brokerPort())) {
                jms.createProducer().send(jms.createQueue("OrderRequested"), "kept");
            }
        } finally {
            ChildProcess.end(broker.toHandle(), "TERM");
        }
        assertThat(others(project.resolve("data"))).isEqualTo("---");
        assertThat(others(project.resolve("data/broker"))).isEqualTo("---");

        try (Sandbox next = Sandbox.start(alone);
             JMSContext jms = connect(next.brokerUrl());
             JMSConsumer consumer = jms.createConsumer(jms.createQueue("OrderRequested"))) {
            assertThat(consumer.receiveBody(String.class, 5000)).isEqualTo("kept");
        }
    }

    /** Who connects while a broker is starting may get no answer, and waits 30 s for it. */
    private static JMSContext connect(String url) {
        return await().atMost(Duration.ofSeconds(90)).ignoreException(JMSRuntimeException.class).until(() ->
                new ActiveMQConnectionFactory(url).createContext("services", "services"), Objects::nonNull);
    }

    private static void copyBroker(Path project) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("broker"))) {
            for (Path file : files.toList()) {
                Files.copy(file, project.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static Process startBrokerAlone(Path project, SandboxSettings settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(project.resolve("broker/run").toString(),
                Path.of(BrokerProcess.artemis()).toAbsolutePath().toString())
                .redirectErrorStream(true).redirectOutput(project.resolve("broker.log").toFile());
        builder.environment().putAll(Map.of("JAVA_HOME", System.getProperty("java.home"),
                "BROKER_PORT", Integer.toString(settings.brokerPort()), "CONSOLE_PORT",
                Integer.toString(settings.consolePort())));
        return builder.start();
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Test
    void shouldKeepItsDataFromOtherUsers() throws Exception {
        assertThat(others(data)).isEqualTo("---");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("postgres.password"))))
                .isEqualTo("rw-------");
        assertThat(sandbox.describe()).contains("user postgres, password in " + data.resolve("postgres.password"))
                .doesNotContain(sandbox.databasePassword());
    }

    @Test
    void shouldLetNobodyInWithoutTheSuperusersPassword() throws Exception {
        for (String guess : new String[] {"", "postgres", sandbox.databasePassword().toUpperCase(Locale.ROOT)}) {
            assertThatThrownBy(() -> runAProgram(guess)).as("password '%s'", guess).isInstanceOf(SQLException.class);
        }
        runAProgram(sandbox.databasePassword());
        assertThat(queryOne("select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'"))
                .isEqualTo("0");
        assertThat(queryOne("show unix_socket_directories")).isEmpty();
    }

    private static void runAProgram(String password) throws SQLException {
        try (Connection connection = DriverManager.getConnection(sandbox.databaseUrl(), "postgres", password);
             Statement statement = connection.createStatement()) {
            statement.execute("create temporary table output (line text)");
            statement.execute("copy output from program 'echo hello'");
        }
    }

    /** Everybody can have put programs there, and "old data" of PostgreSQL to be cleaned up. */
    @Test
    void shouldRunNothingFromTheFolderForTemporaryFilesNorCleanIt(@TempDir Path killedData, @TempDir Path temporary)
            throws Exception {
        Path stale = Files.createDirectories(temporary.resolve("embedded-pg/stale"));
        Path mine = Files.writeString(temporary.resolve("mine"), "mine");
        Files.createSymbolicLink(stale.resolve("epg-lock"), mine);
        Files.setLastModifiedTime(mine, FileTime.from(Instant.now().minus(Duration.ofDays(1))));

        Process process = KilledSandbox.start(FreePorts.forSandbox(killedData), "-Djava.io.tmpdir=" + temporary);
        ProcessHandle postmaster = ChildProcess.named(killedData.resolve("postgres/postmaster.pid")).orElseThrow();
        Path program = Path.of(postmaster.info().command().orElseThrow());
        process.destroyForcibly().waitFor();
        await().atMost(Duration.ofSeconds(20)).until(() -> !ChildProcess.isRunning(postmaster));

        Path programs = Path.of("target", "postgresql").toRealPath();
        assertThat(program).startsWith(programs);
        assertThat(others(programs)).isEqualTo("---");
        assertThat(Files.readString(mine)).isEqualTo("mine");
        assertThat(stale.getParent()).isDirectoryContaining(file -> file.equals(stale))
                .isDirectoryNotContaining(file -> !file.equals(stale));
    }

    /** What all but the owner may do. */
    private static String others(Path file) throws IOException {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        assertThat(mode.substring(3, 6)).isEqualTo(mode.substring(6));
        return mode.substring(6);
    }

    @Test
    void shouldRefuseASecondSandboxOnTheSameData() throws Exception {
        SandboxSettings second = FreePorts.forSandbox(data);
        assertThatThrownBy(() -> Sandbox.start(second))
                .isInstanceOf(SandboxException.class)
                .hasMessage("Another sandbox (process %d) uses the data folder %s: "
                                + "end it, or set sandbox.data to another folder.",
                        ProcessHandle.current().pid(), data);
    }

    @Test
    void shouldNameATakenPortAndThePropertyThatChangesIt(@TempDir Path otherData) throws Exception {
        SandboxSettings other = FreePorts.forSandbox(otherData);
        for (InetAddress address : Loopbacks.all()) {
            try (ServerSocket taken = new ServerSocket(other.databasePort(), 1, address)) {
                assertThatThrownBy(() -> Sandbox.start(other))
                        .isInstanceOf(SandboxException.class)
                        .hasMessage("Port %d for the database (sandbox.database-port) is taken: "
                                + "end what listens there, or set that property to a free port.", taken.getLocalPort());
            }
        }
        assertThat(otherData.resolve("broker")).doesNotExist();
    }

    /** Every page on any port of this machine gets the session that the browser has with the console. */
    @Test
    void shouldLetNoPageButTheConsoleDriveTheBroker() throws Exception {
        int port = settings.consolePort();
        await().atMost(Duration.ofSeconds(30)).until(() -> accepts(port)); // after the broker
        for (String origin : List.of("http://localhost:" + port, "http://127.0.0.1:" + port, "http://[::1]:" + port)) {
            assertThat(jolokia("Origin", origin)).as(origin).isEqualTo(200);
            assertThat(jolokia("Referer", origin + "/console/artemis")).as(origin).isEqualTo(200);
        }
        for (String stranger : List.of("http://localhost:" + settings.mailPort(),
                "http://127.0.0.1:" + settings.mailPort(),
                "http://localhost:1" + port, "http://localhost:" + port + "0", "http://localhost", "http://127.0.0.1",
                "http://localhost:8161",
                "https://localhost:" + port, "http://localhost:" + port + ".evil.example",
                "http://evil.example:" + port, "null")) {
            assertThat(jolokia("Origin", stranger)).as(stranger).isEqualTo(403);
            assertThat(jolokia("Referer", stranger + "/")).as(stranger).isEqualTo(403);
        }
        assertThat(jolokia("Accept", "*/*")).as("neither").isEqualTo(403);
    }

    @Test
    void shouldShowTheConsoleWhateverLocalhostIs() throws Exception {
        await().atMost(Duration.ofSeconds(30)).until(() -> accepts(settings.consolePort())); // after the broker
        for (InetAddress address : Loopbacks.all()) {
            URI page = URI.create(Loopbacks.url(address, settings.consolePort(), "/console/"));
            HttpResponse<Void> answer = HTTP.send(HttpRequest.newBuilder(page).build(),
                    HttpResponse.BodyHandlers.discarding());
            assertThat(answer.statusCode()).as("%s", page).isIn(200, 302); // it leads on to where one logs in
        }
    }

    /** @return the status in the answer's body: that of HTTP is always 200 */
    private static int jolokia(String header, String value) throws Exception {
        HttpResponse<String> response =
                HTTP.send(HttpRequest.newBuilder(URI.create(sandbox.console() + "/jolokia/version"))
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString("admin:admin".getBytes()))
                .header(header, value).build(), HttpResponse.BodyHandlers.ofString());
        return JSON.readTree(response.body()).path("status").asInt();
    }

    @ParameterizedTest
    @MethodSource("choreography.catalogue.Topology#messagesAndQueues")
    void shouldGiveEachConsumerADeadLetterQueue(String address, String queue) throws Exception {
        boolean topic = !address.equals(queue);
        try (JMSContext jms = services()) {
            jms.createProducer().send(topic ? jms.createTopic(address) : jms.createQueue(address), "dead");
        }

        manage(address, queue, topic, "sendMessagesToDeadLetterAddress(java.lang.String)", "");

        JsonNode dead = manage("DLQ." + queue, "DLQ." + queue, false, "browse()");
        assertThat(dead).hasSize(1);
        assertThat(dead.at("/0/text").asText()).isEqualTo("dead");
        assertThat(receive("DLQ." + queue)).isEqualTo("dead");
    }

    @Test
    void shouldHoldEventsForAServiceThatSubscribesLater() {
        try (JMSContext jms = services()) {
            jms.createProducer().send(jms.createTopic("BillPayed"), "held");
            try (JMSConsumer consumer = jms.createSharedDurableConsumer(jms.createTopic("BillPayed"),
                    "order-bill-payed")) {
                assertThat(consumer.receiveBody(String.class, 5000)).isEqualTo("held");
            }
        }
    }

    @Test
    void shouldTellAReplicaOnlyWhatItWaitsFor() {
        try (JMSContext jms = services();
             JMSConsumer replica = jms.createConsumer(jms.createTopic("gateway.OrderCreated"), "gateway = 'a'")) {
            jms.createProducer().setProperty("gateway", "b").send(jms.createTopic("OrderCreated"), "for b");
            jms.createProducer().setProperty("gateway", "a").send(jms.createTopic("OrderCreated"), "for a");
            assertThat(replica.receiveBody(String.class, 5000)).isEqualTo("for a");
        }
    }

    @Test
    void shouldRefuseADestinationThatIsNotInTheCatalogue() {
        assertThatThrownBy(() -> send("OrderRequestd", "misspelt"))
                .isInstanceOf(JMSRuntimeException.class)
                .hasMessage("There is no queue with name OrderRequestd");
    }

    @Test
    void shouldRedeliverAMessageThatWasRolledBack() throws Exception {
        send("BillingRequested", "again");
        try (JMSContext jms = services(JMSContext.SESSION_TRANSACTED);
             JMSConsumer consumer = jms.createConsumer(jms.createQueue("BillingRequested"))) {
            assertThat(consumer.receive(5000).getJMSRedelivered()).isFalse();
            jms.rollback();
            assertThat(consumer.receive(5000).getIntProperty("JMSXDeliveryCount")).isEqualTo(2);
            jms.commit();
        }
    }

    @Test
    void shouldCommitToTheDiskAndAskServicesForTheirPassword() throws Exception {
        assertThat(queryOne("show fsync")).isEqualTo("on");
        assertThat(queryOne("show synchronous_commit")).isEqualTo("on");
        assertThat(queryOne("show full_page_writes")).isEqualTo("on");
        assertThat(queryOne("select upper('é')")).isEqualTo("É");
        assertThatThrownBy(() -> DriverManager.getConnection(sandbox.databaseUrl(), "order_service", "guess"))
                .isInstanceOf(SQLException.class);
        DriverManager.getConnection(sandbox.databaseUrl(), "order_service", "order_service").close();
    }

    @Test
    void shouldListMailNewestFirst() throws Exception {
        mail("ada@example.org", "First");
        mail("bob@example.org", "Other");
        mail("ada@example.org", "Second");

        JsonNode mails = mails("?to=Ada@example.org");

        assertThat(mails).hasSize(2);
        assertThat(mails.at("/0/subject").asText()).isEqualTo("Second");
        assertThat(mails.at("/0/to").asText()).isEqualTo("ada@example.org");
        assertThat(mails.at("/0/text").asText()).isEqualTo("10 €\r\n.");
        assertThat(mails.at("/0/html").asText()).isEqualTo("<p>10 €</p>");
        assertThat(mails.at("/0/messageId").asText()).startsWith("<").endsWith(">");
        assertThat(mails.at("/0/date").asText()).endsWith("Z");
        assertThat(mails("?to=ada@example.org&limit=1")).hasSize(1);
    }

    @Test
    void shouldRefuseMailThatItCannotKeep() throws Exception {
        Path folder = data.resolve("mail");
        Path away = Files.move(folder, data.resolve("mail-away"));
        try {
            assertThatThrownBy(() -> mail("ada@example.org", "Lost?"))
                    .isInstanceOf(MessagingException.class).hasMessageContaining("451");
        } finally {
            Files.move(away, folder);
        }
    }

    private static JMSContext services() {
        return services(JMSContext.AUTO_ACKNOWLEDGE);
    }

    private static JMSContext services(int sessionMode) {
        return new ActiveMQConnectionFactory(sandbox.brokerUrl()).createContext("services", "services", sessionMode);
    }

    private static void send(String queue, String body) {
        try (JMSContext jms = services()) {
            jms.createProducer().send(jms.createQueue(queue), body);
        }
    }

    private static String receive(String queue) {
        try (JMSContext jms = services(); JMSConsumer consumer = jms.createConsumer(jms.createQueue(queue))) {
            return consumer.receiveBody(String.class, 5000);
        }
    }

    /** Calls an operation of a queue as the web console does. */
    private static JsonNode manage(String address, String queue, boolean topic, String operation, String... arguments)
            throws Exception {
        String call = JSON.writeValueAsString(JSON.createObjectNode()
                .put("type", "exec")
                .put("mbean",
                        ("org.apache.activemq.artemis:broker=\"order-choreography\",component=addresses,address=\"%s\","
                                + "subcomponent=queues,routing-type=\"%s\",queue=\"%s\"")
                                .formatted(address, topic ? "multicast" : "anycast", queue))
                .put("operation", operation)
                .set("arguments", JSON.valueToTree(arguments)));
        HttpResponse<String> response = HTTP.send(HttpRequest.newBuilder(URI.create(sandbox.console() + "/jolokia"))
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString("admin:admin".getBytes()))
                .header("Origin", "http://localhost:" + settings.consolePort())
                .POST(HttpRequest.BodyPublishers.ofString(call)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        assertThat(answer.path("status").asInt()).as(response.body()).isEqualTo(200);
        return answer.path("value");
    }

    private static void execute(String... statements) {
        DatabaseClient.of(sandbox).execute(statements);
    }

    private static String queryOne(String sql) {
        return DatabaseClient.of(sandbox).text(sql);
    }

    private static void mail(String recipient, String subject) throws MessagingException {
        Properties properties = new Properties();
        properties.setProperty("mail.smtp.host", "127.0.0.1");
        properties.setProperty("mail.smtp.port", Integer.toString(settings.smtpPort()));
        MimeMessage message = new MimeMessage(Session.getInstance(properties));
        message.setFrom("shop@example.org");
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(recipient));
        message.setSubject(subject);
        message.setSentDate(new java.util.Date());
        MimeBodyPart text = new MimeBodyPart();
        text.setText("10 €\r\n.", "UTF-8");
        MimeBodyPart html = new MimeBodyPart();
        html.setContent("<p>10 €</p>", "text/html; charset=UTF-8");
        message.setContent(new MimeMultipart("alternative", text, html));
        Transport.send(message);
    }

    private static JsonNode mails(String query) throws Exception {
        HttpResponse<String> response = HTTP.send(HttpRequest.newBuilder(URI.create(sandbox.mails() + query)).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return JSON.readTree(response.body());
    }
}
