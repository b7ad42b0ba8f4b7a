package choreography.system;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

/** The log as it is configured for the services. */
class LogTest {

    private static final Path CONFIGURATION = Path.of("src/main/resources/log4j2.properties");
    private static final LoggerContext LOG = new LoggerContext("tested", null, CONFIGURATION.toUri());
    private static final LoggerContext LOG_OF_BROKER =
            new LoggerContext("broker", null, Path.of("broker/etc/log4j2.properties").toUri());

    static {
        System.setProperty("artemis.instance", Path.of("target", "log-test").toString());
        LOG.start();
        LOG_OF_BROKER.start();
    }

    @AfterAll
    static void end() {
        LOG.close();
        LOG_OF_BROKER.close();
    }

    @Test
    void shouldBlotOutAddressesAndKeepAnEventOnOneLine() {
        assertThat(line("refused\nlike <ada@example.com>, today",
                "550 ada.lovelace+x@example.com is not\r\n12:00 ERROR here"))
                        .contains("refused\\nlike <***>, today").contains("550 *** is not\\r\\n12:00 ERROR here")
                        .doesNotContain("@");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        // lines, terminals
        "\n", "\r", "\0", "\b", "\t", "\f", "\u000b", "\u001b", "\u007f", "\u0085", "\u009b", "\u2028", "\u2029",
        // bidi, invisible
        "\u200b", "\u200e", "\u202a", "\u202e", "\u2066", "\u2069", "\u061c", "\ufeff", "\udb40\udc41", "\ud800"
    })
    void shouldShowNoControlCharacterWhoeverSentIt(String control) {
        String line = line("before" + control + "after", "broken" + control + "here");
        assertThat(line).doesNotContain(control).containsPattern("before(\\?|\\\\[nr])after")
                .containsPattern("broken(\\?|\\\\[nr])here");
    }

    /** Who fails to log in chooses the name that it tells. */
    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\t", "\u001b", "\u0085", "\u009b", "\u2028", "\u202e", "\u200b"})
    void shouldShowNoControlCharacterInTheLogOfTheBrokerEither(String control) {
        String line = line(LOG_OF_BROKER, "file", "before" + control + "after", "broken" + control + "here");
        assertThat(line).doesNotContain(control).contains("before?after", "broken?here");
    }

    static List<String> shouldTakeNoTimeForALongText() {
        int length = 1_000_000;
        return List.of("a".repeat(length), "@".repeat(length), "a@".repeat(length / 2), "a ".repeat(length / 2),
                "@ ".repeat(length / 2),
                "\n".repeat(length), "\u001b".repeat(length), "<".repeat(length), "a".repeat(length) + "@example.com");
    }

    @ParameterizedTest
    @MethodSource
    void shouldTakeNoTimeForALongText(String text) {
        String line = assertTimeoutPreemptively(Duration.ofSeconds(1), () -> line(text, text));
        assertThat(line).hasSizeLessThan(5000);
    }

    @Test
    void shouldBlotOutTheBeginningOfAnAddressThatIsCut() {
        assertThat(line("x ".repeat(990) + "ada.lovelace.of.ockham@example.com", "")).endsWith("x ***");
        assertThat(line("Reconnecting...", "or not ...")).contains("Reconnecting... ").contains("or not ...");
    }

    /** A class that does not exist would be told nowhere. */
    @Test
    void shouldNameOnlyClassesAndPackagesThatExist() throws IOException {
        Properties settings = new Properties();
        try (InputStream in = Files.newInputStream(CONFIGURATION)) {
            settings.load(in);
        }
        assertThat(settings.stringPropertyNames()).filteredOn(name -> name.matches("logger\\.\\w+\\.name"))
                .extracting(settings::getProperty).isNotEmpty().allSatisfy(LogTest::assertExists);
    }

    private static void assertExists(String name) {
        ClassLoader classes = LogTest.class.getClassLoader();
        String path = name.replace('.', '/');
        assertThat(classes.getResource(path + ".class") != null || classes.getResource(path) != null).as(name).isTrue();
    }

    /** The line of an event. */
    private static String line(String message, String failure) {
        return line(LOG, "console", message, failure);
    }

    private static String line(LoggerContext log, String appender, String message, String failure) {
        String line = log.getConfiguration().getAppender(appender).getLayout()
                .toSerializable(Log4jLogEvent.newBuilder()
                .setLoggerName("any").setLevel(Level.WARN).setMessage(new SimpleMessage(message))
                .setThrown(new IllegalStateException(failure)).build()).toString();
        String end = System.lineSeparator();
        assertThat(line).endsWith(end);
        return line.substring(0, line.length() - end.length());
    }
}
