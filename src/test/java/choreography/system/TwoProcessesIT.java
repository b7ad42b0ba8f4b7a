package choreography.system;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import choreography.catalogue.Topology;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerProcess;
import choreography.testing.Caller;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Gateway and user service in one process, the other services in another: they share a broker, nothing else. */
@ExtendWith(Servers.class)
class TwoProcessesIT {

    @TempDir
    private static Path data;
    private static BrokerProcess brokerProcess;
    private static BrokerClient broker;
    private static ServiceProcess front;
    private static ServiceProcess back;
    private final Caller shop = front.caller();

    @BeforeAll
    static void startBoth() throws IOException {
        brokerProcess = new BrokerProcess(data).start();
        List<Map<String, String>> both = ServiceProcess.settings(Servers.settings(), "gateway,user",
                Topology.allBut("gateway", "user").replace(",", ", "));
        both.forEach(settings -> settings.put("broker.url", brokerProcess.url()));
        Map<String, String> backSettings = both.get(1);
        backSettings.put("billing.opening-credit", "5000");
        backSettings.put("notification.mail-domain", "shop.example");
        front = ServiceProcess.startWithArguments("front", both.get(0));
        back = ServiceProcess.startWithEnvironment("back", backSettings);
        broker = new BrokerClient(brokerProcess.awaitStarted().url());
        front.awaitReady();
        back.awaitReady();
    }

    @AfterAll
    static void stopBoth() {
        broker.close();
        front.stop();
        back.close();
        front.close();
        brokerProcess.close();
    }

    @ParameterizedTest
    @CsvSource({
        "MUG-1,  PAYED,     3750, OrderPayed",
        "BOOK-1, CANCELLED, 5000, OrderCancelled"
    })
    void shouldCompleteBothFlows(String sku, String status, long balance, String mail) {
        String email = UUID.randomUUID() + "@example.com";
        Answer registered = shop.post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"%s\"}".formatted(email));
        assertThat(registered.status()).as(registered.toString()).isEqualTo(201);
        broker.awaitQuiet();

        Answer ordered = shop.post("/order", "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":1}]}"
                .formatted(registered.field("userId"), sku));

        assertThat(ordered.status()).as(ordered.toString()).isEqualTo(201);
        broker.awaitQuiet();
        Answer order = shop.get(ordered.header("Location"));
        assertThat(order.status()).isEqualTo(200);
        assertThat(order.field("status")).isEqualTo(status);
        JsonNode account = shop.get("/accounts/" + registered.field("userId")).json();
        assertThat(account.path("balance").asLong()).isEqualTo(balance);
        JsonNode mails = new Caller(Servers.sandbox().mails().getPort()).get("/mails?to=" + email).json();
        assertThat(mails.findValuesAsText("messageId"))
                .containsExactly("<%s.%s@shop.example>".formatted(mail, ordered.field("orderId")));
    }

    @Test
    void shouldAnswerForTheOwnerWhatTheOwnerAnswers() {
        String user = shop.post("/register",
                "{\"name\":\"Ada Lovelace\",\"email\":\"%s@example.com\"}".formatted(UUID.randomUUID()))
                .field("userId");
        String order = shop.post("/order",
                "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}".formatted(user))
                .field("orderId");
        broker.awaitQuiet();

        assertAnswersForTheOwner("/products", 200);
        assertAnswersForTheOwner("/products/", 200);
        assertAnswersForTheOwner("/orders/" + order, 200);
        assertAnswersForTheOwner("/orders/" + order + "/", 200);
        assertAnswersForTheOwner("/orders/" + order + "?id=" + user, 200);
        assertAnswersForTheOwner("/orders/" + user, 404);
        assertAnswersForTheOwner("/orders/x", 404);
        assertAnswersForTheOwner("/orders/", 404);
        assertAnswersForTheOwner("/orders/..%2fusers", 404);
        assertAnswersForTheOwner("/accounts/" + user, 200);
        assertAnswersForTheOwner("/accounts/" + user + "/", 200);
        assertAnswersForTheOwner("/accounts/" + order, 404);
    }

    private void assertAnswersForTheOwner(String path, int status) {
        Answer owner = back.caller().get(path);
        Answer gateway = shop.get(path);
        assertThat(owner.status()).as(owner.toString()).isEqualTo(status);
        assertThat(gateway.status()).as(gateway.toString()).isEqualTo(status);
        assertThat(gateway.header("Content-Type")).as(gateway.toString()).isNotEmpty()
                .isEqualTo(owner.header("Content-Type"));
        assertThat(gateway.body()).isEqualTo(owner.body());
    }

    @Test
    void shouldAnswerOnlyForTheServicesThatRunHere() {
        for (String path : List.of("/register", "/order")) {
            assertThat(back.caller().post(path, "{}").status()).isEqualTo(404);
        }
        assertThat(back.caller().get("/users/" + UUID.randomUUID()).status()).isEqualTo(404);
    }
}
