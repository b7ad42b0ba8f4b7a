package choreography.system;

import java.nio.file.Path;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.message.SimpleMessage;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The log as it is configured for the services. */
class LogTest {

    @Test
    void shouldBlotOutAddressesAndKeepAnEventOnOneLine() {
        try (LoggerContext log = new LoggerContext("tested", null, Path.of("src/main/resources/log4j2.properties").toUri())) {
            log.start();
            String line = log.getConfiguration().getAppender("console").getLayout().toSerializable(Log4jLogEvent.newBuilder()
                    .setLoggerName("any").setLevel(Level.WARN).setMessage(new SimpleMessage("refused\nlike <ada@example.com>, today"))
                    .setThrown(new IllegalStateException("550 ada.lovelace+x@example.com is not here")).build()).toString();
            assertThat(line).contains("refused\\nlike <***>, today").contains("550 *** is not here").doesNotContain("@");
        }
    }
}
