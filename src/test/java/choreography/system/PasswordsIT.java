package choreography.system;

import java.time.Duration;
import java.util.Map;

import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Passwords that no other user of the machine sees in the list of processes. */
@ExtendWith(Servers.class)
class PasswordsIT {

    @Test
    void shouldReadPasswordsFromTheEnvironment() {
        Map<String, String> settings = ServiceProcess.settings("user");
        settings.put("broker.password", "from the environment");
        settings.put("user.database-password", "from the environment");
        try (ServiceProcess user = ServiceProcess.startWithEnvironment("passwords", settings)) {
            await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() ->
                    assertThat(user.management().get("/observe/health/ready?exposureLevel=full").body())
                            .contains("password authentication failed for user")
                            .contains("is not registered with the broker"));
        }
    }
}
