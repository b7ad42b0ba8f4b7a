package choreography.system;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import choreography.catalogue.Topology;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What cannot start says why, in one line, and ends. */
class MainIT {

    @Test
    void shouldSayWhichPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            assertThat(run(1, "--services=" + Topology.allBut("gateway"), "--http.port=" + taken.getLocalPort()))
                    .isEqualTo("Could not start: Port %d is taken: set http.port to a free one\n".formatted(taken
                    .getLocalPort()));
        }
    }

    @Test
    void shouldSayWhatIsWrongWithTheSettings() throws Exception {
        assertThat(run(1, "--services=gateway,nobody", "--htpp.port=1", "--java.home=x", "--broker.password=",
                "--broker.url=nonsense"))
                .isEqualTo("""
                Could not start: settings are wrong (--help shows what is allowed)
                htpp.port: there is no such setting; the nearest is http.port
                java.home: there is no such setting; the nearest is http.host
                services=gateway,nobody: must be one or more of billing, gateway, notification, order, sandbox, \
                user, each once, with commas between
                broker.url=nonsense: must be tcp://host:port, or (tcp://host:port,tcp://host:port)?ha=true
                broker.password: must be not empty, and no reference such as #bean:name
                """);
    }

    @Test
    void shouldShowTheSettings() throws Exception {
        assertThat(run(0, "--help")).contains("--http.port=8080\n", "--sandbox.fresh=false\n")
                .doesNotContain("camel.", "Could not start");
    }

    @Test
    void shouldRefuseToAskItselfForWhatRunsElsewhere() throws Exception {
        assertThat(run(1, "--services=order,billing,notification", "--http.port=8281"))
                .isEqualTo("Could not start: " + toBeSet("user"));
        assertThat(run(1, "--services=notification", "--order.url=http://127.0.0.1:8281/", "--http.port=8281"))
                .isEqualTo("Could not start: " + toBeSet("order"));
        assertThat(run(1, "--services=gateway", "--http.host=0.0.0.0", "--user.url=http://user.example:8080"))
                .isEqualTo("Could not start: " + toBeSet("billing") + toBeSet("order"));
    }

    private static String toBeSet(String service) {
        return "Set %1$s.url to the address of the %1$s service, which is asked and does not run here\n".formatted(
                service);
    }

    @Test
    void shouldSayHowArgumentsAreWritten() throws Exception {
        assertThat(run(2, "services=gateway"))
                .isEqualTo(
                "Not understood: services=gateway. Arguments are --name=value, for example --services=gateway,user; "
                + "--help shows all\n");
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
