package choreography.system;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;

import choreography.catalogue.Topology;
import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import choreography.testing.Answer;
import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Services that start before everything that they need. */
class AnyOrderIT {

    @TempDir
    private static Path data;

    @Test
    void shouldSayWhatIsMissingAndComeUpWhenItIsThere() throws Exception {
        SandboxSettings servers = FreePorts.forSandbox(data);
        try (ServiceProcess services = ServiceProcess.startWithArguments("any-order",
                ServiceProcess.settings(Topology.ALL, servers))) {
            Caller shop = services.caller();
            Set<Integer> answersWhileStarting = new HashSet<>();
            await().pollInterval(Duration.ofMillis(2)).atMost(Duration.ofSeconds(30))
                    .ignoreExceptionsInstanceOf(CompletionException.class).until(() -> {
                answersWhileStarting.add(shop.get("/users/" + UUID.randomUUID()).status());
                answersWhileStarting.add(shop.post("/order", "{}").status());
                return services.isLive();
            });
            assertThat(answersWhileStarting).as("never 404, which a caller would believe").isSubsetOf(503, 400)
                    .contains(503);

            Answer ready = services.management().get("/observe/health/ready?exposureLevel=full");
            assertThat(ready.status()).isEqualTo(503);
            String missing = ready.json().at("/checks").findValuesAsText("message").toString();
            for (String service : Topology.consumingServices()) {
                assertThat(missing)
                        .contains("the database of " + service + " cannot be used: Connection to 127.0.0.1:"
                                + servers.databasePort());
            }
            for (String route : List.of("gateway-hear-order-created", "order-create-order",
                    "notification-mail-payed-order")) {
                assertThat(missing).contains(route + " is not registered with the broker");
            }
            assertIsUnavailable(shop.post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}"),
                    "broker-unavailable");
            assertIsUnavailable(shop.get("/products"), "database-unavailable");
            assertThat(services.isLive()).isTrue();

            try (Sandbox sandbox = Sandbox.start(servers)) {
                services.awaitReady();
                Answer registered = shop.post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"ada@example.com\"}");
                assertThat(registered.status()).as(registered.toString()).isEqualTo(201);
                Answer ordered = shop.post("/order",
                        "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}"
                        .formatted(registered.field("userId")));
                assertThat(ordered.status()).as(ordered.toString()).isEqualTo(201);
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> shop.get(ordered.header("Location")).field("status").equals("PAYED"));
                await().atMost(Duration.ofSeconds(20))
                        .until(() -> new Caller(sandbox.mails().getPort()).get("/mails").json().size() == 1);
                services.stop();
            }
            // ten bursts a logger, three timers that wait, one line for each kind of 503
            assertThat(services.log().lines().count()).as("lines of log").isLessThan(45);
        }
    }

    private static void assertIsUnavailable(Answer answer, String type) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(503);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.field("type")).isEqualTo("urn:problem-type:choreography:" + type);
    }
}
