package choreography.system;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.sandbox.SandboxSettings;
import choreography.testing.Caller;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** All of it, as a user starts it whose language has digits of its own. */
class LocaleIT {

    @Test
    void shouldWriteDigitsAsMachinesReadThem(@TempDir Path folder) throws Exception {
        Path data = folder.resolve("data");
        SandboxSettings servers = FreePorts.forSandbox(data);
        Map<String, String> settings = ServiceProcess.settings("sandbox," + Topology.ALL, servers);
        settings.putAll(FreePorts.properties(servers));
        settings.put("java.tool.options", "-Duser.language=ar -Duser.country=EG");
        try (ServiceProcess services = ServiceProcess.startWithEnvironment("locale", settings).awaitReady()) {
            Caller shop = services.caller();
            String user = shop.register();
            String order = shop.post("/order",
                    "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":3}]}".formatted(user))
                    .field("orderId");
            Caller mails = new Caller(servers.mailPort());
            await().atMost(Duration.ofSeconds(30)).until(() -> mails.get("/mails").body().contains(order));

            assertThat(mails.get("/mails").body()).contains("37.50 EUR");
            assertThat(shop.post("/register", "{\n").body()).contains("line 2");
            for (String said : List.of(mails.get("/mails").toString(), shop.post("/register", "{\n").toString(),
                    shop.get("/orders/" + order).toString(), shop.get("/accounts/" + user).toString(),
                    services.management().get("/observe/metrics").body(),
                    services.management().get("/observe/health?exposureLevel=full").body(), services.log(),
                    namesOfFiles(data))) {
                assertThat(said).isNotBlank()
                        .matches(text -> text.codePoints().noneMatch(c -> c > 127 && Character.isDigit(c)), "ASCII");
            }
        }
    }

    private static String namesOfFiles(Path folder) throws Exception {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(Path::toString).toList().toString();
        }
    }
}
