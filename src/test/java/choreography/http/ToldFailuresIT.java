package choreography.http;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;

import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.OneProcess;
import choreography.testing.Rows;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** What callers are told to look for in the log is there. */
@ExtendWith(OneProcess.class)
class ToldFailuresIT {

    private static final String NOBODY = "/registrations/0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33";

    @Test
    void shouldSayInTheLogWhereA500CameFrom() {
        Caller caller = OneProcess.services().caller();
        String before = OneProcess.services().log();
        Rows.change("alter table user_service.registration rename to mislaid");
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(caller.get(NOBODY).status()).isEqualTo(500);
            }
        } finally {
            Rows.change("alter table user_service.mislaid rename to registration");
        }

        String said = OneProcess.services().log().substring(before.length());
        assertThat(said).contains("500 This should not have happened at user-show-registration", "PSQLException",
                "; at org.postgresql.");
        assertThat(count("500 This should not", said)).isEqualTo(1);
    }

    @Test
    void shouldSayInTheLogWhyThereAre503s() throws Exception {
        Map<String, String> settings = ServiceProcess.settings("gateway");
        settings.put("broker.url", "tcp://127.0.0.1:" + FreePorts.one());
        try (ServiceProcess gateway = ServiceProcess.startWithArguments("told-503", settings)) {
            await().atMost(Duration.ofSeconds(60)).until(gateway::isLive);
            for (int i = 0; i < 5; i++) {
                assertThat(gateway.caller().get("/products").status()).isEqualTo(503);
                assertThat(gateway.caller().post("/register", "{\"name\":\"Ada\",\"email\":\"ada@example.com\"}")
                        .status()).isEqualTo(503);
            }

            assertThat(count("503 The service that knows cannot be reached at gateway-pass-on-products: .*Exception: ",
                    gateway.log())).isEqualTo(1);
            assertThat(count("503 The message broker cannot be reached at gateway-register: .*Exception: ",
                    gateway.log())).isBetween(1L, 6L);
        }
    }

    private static long count(String pattern, String log) {
        return Pattern.compile(pattern).matcher(log).results().count();
    }
}
