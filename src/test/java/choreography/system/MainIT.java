package choreography.system;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What cannot start says why, in one line, and ends. */
class MainIT {

    @Test
    void shouldSayWhichPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            assertThat(run(1, "--services=gateway", "--http.port=" + taken.getLocalPort()))
                    .isEqualTo("Could not start: Port %d is taken: set http.port to a free one\n".formatted(taken.getLocalPort()));
        }
    }

    @Test
    void shouldSayWhichServicesThereAre() throws Exception {
        assertThat(run(1, "--services=gateway,shipping"))
                .isEqualTo("Could not start: There is no service shipping. There are [billing, gateway, notification, order, user] and sandbox\n");
    }

    @Test
    void shouldSayHowArgumentsAreWritten() throws Exception {
        assertThat(run(2, "services=gateway"))
                .isEqualTo("Not understood: services=gateway. Arguments are --name=value, for example --services=gateway,user\n");
    }

    private static String run(int exitValue, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-cp",
                System.getProperty("java.class.path"), "choreography.Main"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(exitValue);
        return output.replaceAll("(?m)^WARNING: .*\n", ""); // what Java 25 itself says about libraries
    }
}
