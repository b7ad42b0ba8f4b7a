package choreography.http;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.catalogue.OpenApiDocument;
import choreography.catalogue.Topology;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Camel's placeholders and expressions, wherever a caller can write: in every layout of processes they stay text. */
@ExtendWith(OneProcess.class)
class PlaceholdersIT {

    /** What they would do: take all paths away, close what is shared, show a setting. */
    private static final List<String> ATTACKS = List.of("{{bean:platform-http-router-PORT.clear}}",
            "{{bean:userDatabase.close}}",
            "{{database.url}}", "{{env:DATABASE_URL}}", "${camelContext.stop}");
    private static final List<String> HEADERS = List.of("CamelHttpUri", "CAmelHttpUri", "CamelHttpPath",
            "CamelHttpQuery", "CamelHttpRawQuery",
            "CamelRestHttpUri", "CamelRestHttpQuery", "CamelHttpMethod", "CamelHttpUrl", "CamelHttpCharacterEncoding",
            "CamelHttpResponseCode",
            "id", "name", "Idempotency-Key", "traceparent", "Accept", "Accept-Encoding", "User-Agent", "Cookie",
            "Authorization", "Referer",
            "Origin", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Prefix", "Location", "Retry-After",
            "JMSCorrelationID", "gateway");

    private static final Map<String, ServiceProcess> LAYOUTS = new LinkedHashMap<>();
    private static ServiceProcess gateway;
    private static ServiceProcess back;

    @BeforeAll
    static void startTheOtherLayout() {
        List<Map<String, String>> processes = ServiceProcess.settings(Servers.settings(), "gateway",
                Topology.allBut("gateway"));
        gateway = ServiceProcess.startWithArguments("gateway-alone", processes.get(0));
        back = ServiceProcess.startWithEnvironment("behind-the-gateway", processes.get(1));
        LAYOUTS.put("one process", OneProcess.services());
        LAYOUTS.put("gateway alone", gateway.awaitReady());
        LAYOUTS.put("behind the gateway", back.awaitReady());
    }

    @AfterAll
    static void stopTheOtherLayout() {
        gateway.stop();
        back.close();
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"one process", "gateway alone", "behind the gateway"})
    void shouldTakeThemForText(String layout) throws IOException {
        Caller attacked = LAYOUTS.get(layout).caller();
        Caller shop = (layout.equals("one process") ? OneProcess.services() : gateway).caller();
        String user = shop.register();

        for (String attack : ATTACKS) {
            for (String request : requests(attack.replace("PORT", Integer.toString(attacked.port())), user)) {
                String answer = attacked.callWithBytes(request);

                assertThat(answer).as(request).startsWith("HTTP/1.1 ").doesNotStartWith("HTTP/1.1 5")
                        .doesNotContain(Servers.sandbox().databaseUrl());
            }
        }

        assertStillAnswers(shop, user);
        for (ServiceProcess process : LAYOUTS.values()) {
            assertThat(process.isLive() && process.isReady()).isTrue();
        }
    }

    private static List<String> requests(String attack, String user) throws IOException {
        List<String> requests = new ArrayList<>();
        for (String operation : new OpenApiDocument().operations()) {
            String method = operation.substring(0, operation.indexOf(' '));
            String path = operation.substring(method.length() + 1);
            String found = path.replace("{id}", user).replace("{name}", "Order.json").replace("{file}", "page.js");
            Stream.of(found + "?" + attack, found + "?id=" + attack + "&" + attack + "=1", found + "/" + attack,
                    found + attack,
                    path.replaceAll("\\{\\w+}", attack.replace("$", "\\$")), "http://localhost" + found + "?" + attack)
                    .map(target -> request(method, target, "", body(path, user))).forEach(requests::add);
            requests.add(request(method, found, HEADERS.stream().map(name -> name + ": " + attack + "\r\n")
                    .collect(Collectors.joining()), body(path, user)));
            requests.add(request(method, found, "", body(path, attack)));
        }
        return requests;
    }

    private static String body(String path, String value) {
        return switch (path) {
            case "/register" -> "{\"name\":\"Ada\",\"email\":\"%s@%s\"}".formatted(UUID.randomUUID(),
                    value.contains("{") ? value : "example.com");
            case "/order" -> "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"MUG-1\",\"quantity\":1}]}".formatted(value);
            default -> "";
        };
    }

    private static String request(String method, String target, String headers, String body) {
        return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers
                + (body.isEmpty() ? "" : "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n")
                + "\r\n" + body;
    }

    private static void assertStillAnswers(Caller shop, String user) {
        shop.register();
        String order = shop.post("/order", body("/order", user)).field("orderId");
        for (String path : List.of("/orders/" + order, "/users/" + user, "/registrations/" + user, "/accounts/" + user,
                "/products",
                "/openapi.yaml", "/openapi.json", "/asyncapi.yaml", "/schemas/Order.json", "/docs", "/docs/page.js")) {
            assertThat(shop.get(path).status()).as(path).isEqualTo(200);
        }
    }
}
