package choreography;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import choreography.contract.Services;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What may be set, and what is said of the rest before anything starts. */
class SettingsTest {

    private static final List<String> PARTS =
            Stream.concat(Stream.of("sandbox"), Services.all().stream()).toList();
    private static DefaultCamelContext camel;

    @BeforeAll
    static void readDefaults() {
        camel = new DefaultCamelContext();
        camel.getPropertiesComponent().setLocation("classpath:application.properties");
        camel.build();
    }

    @AfterAll
    static void close() {
        camel.stop();
    }

    private static void check(Map<String, String> set) {
        var properties = camel.getPropertiesComponent();
        Properties overrides = new Properties();
        overrides.putAll(set);
        properties.setOverrideProperties(overrides);
        new Settings(PARTS, set.keySet()).check(properties::parseUri);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "http.port | 1", "http.port | 65535", "http.host | 127.0.0.1", "http.host | ::1", "http.host | 0.0.0.0",
        "http.host | localhost", "smtp.host | mail.example.com", "smtp.host | [2001:db8::1]", "smtp.host | 10.0.0.1",
        "broker.url | tcp://broker:61616", "broker.url | (tcp://a:1,tcp://b:2)?ha=true&reconnectAttempts=-1",
        "broker.url | tcp://[::1]:61616?callTimeout=5000", "broker.url | (tcp://a:1)",
        "broker.url | tcp://a:1?sslEnabled=true&retryIntervalMultiplier=1.5",
        "database.url | jdbc:postgresql://db/shop?sslmode=verify-full&connectTimeout=5&currentSchema=a",
        "database.url | jdbc:postgresql://db/choreography?user=x&password=y", "database.url | jdbc:postgresql:shop",
        "database.url | jdbc:postgresql://a:1,b:2/shop?targetServerType=primary",
        "user.url | https://user.example", "user.url | http://127.0.0.1:8281/", "user.url | http://proxy/users-here",
        "services | gateway", "services | \" order , billing\"", "billing.opening-credit | 0",
        "notification.mail-from | a+b@example.com", "sandbox.data | /tmp/my proj é", "sandbox.fresh | TRUE",
        "smtp.password | \"\"", "gateway.max-waiting | 500", "order.stuck-after-ms | 120000",
        "camel.component.jms.concurrent-consumers | 2", "camel.main.name | shop", "camel.beans.retries.longestMs | 1",
        "camel.routeController.enabled | true", "camel.route-controller.enabled | true", "camel.vault.aws.region | x",
        "camel.variable.x | 1", "camel.devConsole.enabled | true", "camel.routeTemplate[0].x | 1"})
    void shouldTakeWhatIsRight(String name, String value) {
        assertThatCode(() -> check(Map.of(name, value))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "http.port | 99999", "http.port | 0", "http.port | -1", "http.port | abc", "http.port | \"\"",
        "http.port | 8080.0", "http.port | 0x50", "http.port | 09", "http.port | ٨٠٨٠", "http.port | 99999999999999999999",
        "smtp.port | smtp", "sandbox.mail-port | 70000", "http.host | 192.0.2.1", "http.host | \"\"",
        "http.host | nowhere.invalid", "management.host | a b", "smtp.host | mail..example", "smtp.host | \"\"",
        "smtp.host | 1.2.3.400", "smtp.host | http://mail", "smtp.host | mail:25",
        "broker.url | nonsense", "broker.url | http://broker:61616", "broker.url | tcp://broker", "broker.url | tcp://",
        "broker.url | tcp://broker:abc", "broker.url | tcp://broker:99999", "broker.url | (tcp://a:1,nonsense)",
        "broker.url | \"\"", "broker.url | tcp://a b:1", "broker.url | tcp://a:1,tcp://b:2",
        "broker.url | tcp://a:1?x=y",
        "broker.url | tcp://a:1?connectionTTL=abc", "broker.url | (tcp://a:1,tcp://b:2)?ha=maybe",
        "database.url | jdbc:postgresql://h/x?sslmode=nonsense",
        "database.url | jdbc:postgresql://h/x?connectTimeout=abc",
        "database.url | jdbc:postgresql://h/x?sslMode=require", "database.url | jdbc:postgresql://h/x?tcpKeepAlive=1",
        "database.url | jdbc:mysql://localhost:3306/shop", "database.url | localhost:5432", "database.url | \"\"",
        "database.url | jdbc:postgresql://localhost:port/shop", "user.url | user:8080", "user.url | ftp://user",
        "user.url | http://", "user.url | http://user:99999", "user.url | http://user?x=1", "user.url | user",
        "services | gateway,nobody", "services | \"\"", "services | gateway;order", "services | order,order",
        "services | gateway,", "billing.opening-credit | -5", "billing.opening-credit | 10.5",
        "billing.opening-credit | 1e6", "notification.mail-from | nobody", "notification.mail-domain | a@b",
        "notification.concurrent-mails | 0", "gateway.reply-timeout-ms | abc", "gateway.reply-timeout-ms | 0",
        "gateway.max-waiting | 501", "gateway.require-idempotency-key | yes", "sandbox.fresh | 1",
        "sandbox.data | \"\"", "order.check-interval-ms | 10s", "user.stuck-after-ms | \" 5\""})
    void shouldNameTheSettingItsValueAndWhatIsAllowed(String name, String value) {
        assertThatThrownBy(() -> check(Map.of(name, value)))
                .hasMessageMatching("(?s)settings are wrong [^\n]*\n" + Pattern.quote(name + "=" + value)
                        + ": must be [^\n]+");
    }

    @Test
    void shouldTellAllFaultsAtOnceButNoPassword() {
        assertThatThrownBy(() -> check(Map.of("http.port", "x", "broker.password", "",
                "database.url", "jdbc:mysql://root:secret@db/shop?password=secret",
                "broker.url", "tcp//a:secret@b:1", "gateway.max-waiting", "many", "htpp.port", "secret")))
                .satisfies(refused -> assertThat(refused.getMessage().lines()).hasSize(7))
                .hasMessageContaining("htpp.port: there is no such setting; the nearest is http.port")
                .hasMessageContaining("broker.password: must be not empty")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"#bean:json", "#class:java.lang.Object", "#type:x", "#property:broker.user",
        "#valueAs(int):1", "#autowired"})
    void shouldTakeNoPasswordThatCamelReadsAsSomethingElse(String password) {
        for (String name : List.of("broker.user", "broker.password", "smtp.user", "smtp.password",
                "user.database-password")) {
            assertThatThrownBy(() -> check(Map.of(name, password))).hasMessageContaining("\n" + name)
                    .hasMessageContaining(" reference such as #bean:name");
        }
        assertThatCode(() -> check(Map.of("broker.password", "#" + password))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret\\", "secret}}", "}}"})
    void shouldTakeNoPasswordOfWhichCamelDropsAPart(String password) {
        System.setProperty("broker.password", password);
        try {
            assertThatThrownBy(() -> check(Map.of())).hasMessageContaining("\nbroker.password: ")
                    .hasMessageNotContaining("secret");
        } finally {
            System.clearProperty("broker.password");
        }
    }

    @ParameterizedTest
    @CsvSource({"htpp.port, http.port", "http.prot, http.port", "Http.Port, http.port", "brokerurl, broker.url",
        "service, services", "gateway.reply-timeout, gateway.reply-timeout-ms", "orders.url, order.url"})
    void shouldSayWhichNameIsTheNearest(String wrong, String right) {
        assertThatThrownBy(() -> check(Map.of(wrong, "1")))
                .hasMessageEndingWith("\n" + wrong + ": there is no such setting; the nearest is " + right);
    }

    @ParameterizedTest
    @ValueSource(strings = {"camel.nonsense", "camel.man.name", "camel.mainly.name", "camel."})
    void shouldRefuseAGroupThatCamelHasNot(String name) {
        assertThatThrownBy(() -> check(Map.of(name, "1"))).hasMessageContaining(name + ": there is no such setting");
    }

    @ParameterizedTest
    @CsvSource({"htpp.port", "billing.opening-credits", "gateway.timeout", "user.ulr"})
    void shouldFindASlipAmongThePropertiesOfJava(String wrong) {
        System.setProperty(wrong, "1");
        try {
            assertThatThrownBy(() -> check(Map.of())).hasMessageContaining(wrong + ": there is no such setting");
        } finally {
            System.clearProperty(wrong);
        }
    }

    @Test
    void shouldRefuseSettingsThatNameWhatThereIsNot() {
        assertThatThrownBy(() -> check(Map.of("user.url", "{{nowhere.url}}"))).hasMessageContaining("user.url");
        assertThatThrownBy(() -> check(Map.of("user.url", "{{user.url}}"))).hasMessageContaining("user.url");
    }

    @Test
    void shouldTellAFaultOnceWhereDefaultsFollowIt() {
        assertThatThrownBy(() -> check(Map.of("sandbox.smtp-port", "x"))).hasMessageNotContaining("\nsmtp.port");
    }

    @Test
    void shouldWantEachPortOnce() {
        assertThatThrownBy(() -> check(Map.of("management.port", "8080")))
                .hasMessageEndingWith("management.port=8080: must be another port than http.port");
        assertThatThrownBy(() -> check(Map.of("sandbox.mail-port", "8080")))
                .hasMessageEndingWith("sandbox.mail-port=8080: must be another port than http.port");
        assertThatCode(() -> check(Map.of("sandbox.mail-port", "8080", "services", "gateway")))
                .doesNotThrowAnyException();
    }

    /** And each line of help is true: its default is allowed. */
    @Test
    void shouldShowTheSettingsOfThePageWithTheirDefaults() throws Exception {
        String help = new Settings(PARTS, List.of()).help();
        Map<String, String> defaults = new HashMap<>();
        Pattern.compile("(?m)^  --([a-z.-]+)=(.*)$").matcher(help).results()
                .forEach(line -> defaults.put(line.group(1), line.group(2)));
        String page = Files.readString(Path.of("docs/configuration.md"));
        assertThat(defaults).hasSizeGreaterThan(30).allSatisfy((name, value) ->
                assertThat(page).contains(name, value));
        assertThatCode(() -> check(Map.of())).doesNotThrowAnyException();
    }
}
