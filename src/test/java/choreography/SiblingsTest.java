package choreography;

import java.util.List;
import java.util.Map;

import choreography.testing.TestedService;
import org.apache.camel.model.ModelCamelContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which addresses have to be set, read from the routes that run. */
class SiblingsTest {

    @ParameterizedTest
    @CsvSource({
        "gateway,      user order billing", "'gateway,user', order billing", "user, billing",
        "order, user notification", "billing, user order", "notification, order", "'order,billing,notification', user"
    })
    void shouldAskForTheAddressOfEachServiceThatIsAskedAndRunsElsewhere(String services, String missing)
            throws Exception {
        try (TestedService loaded = TestedService.load(services)) {
            var routes = ((ModelCamelContext) loaded.camel()).getRouteDefinitions();
            List<String> here = List.of(services.split(","));
            assertThatThrownBy(() -> Siblings.requireKnown(routes, here,
                    name -> setting(name, "http://localhost:8080")))
                    .satisfies(refused -> List.of(missing.split(" ")).forEach(
                            service -> assertThat(refused).hasMessageContaining("Set " + service + ".url")))
                    .satisfies(refused -> assertThat(refused.getMessage().lines())
                            .hasSize(missing.split(" ").length));
            assertThatCode(() -> Siblings.requireKnown(routes, here, name -> setting(name, "http://localhost:8081")))
                    .doesNotThrowAnyException();
            assertThatCode(() -> Siblings.requireKnown(routes, here, name -> name.equals("http.port") ? "80"
                    : setting(name, "http://user_service"))).doesNotThrowAnyException();
        }
    }

    @ParameterizedTest
    @CsvSource({"'user,billing,order,notification'", "'gateway,user,order,billing,notification'"})
    void shouldAskForNothingWhereAllThatIsAskedRunsHere(String services) throws Exception {
        try (TestedService loaded = TestedService.load(services)) {
            var routes = ((ModelCamelContext) loaded.camel()).getRouteDefinitions();
            List<String> here = List.of(services.split(","));
            assertThatCode(() -> Siblings.requireKnown(routes, here, name -> setting(name, "http://localhost:8080")))
                    .doesNotThrowAnyException();
        }
    }

    private static String setting(String name, String url) {
        return Map.of("http.host", "localhost", "http.port", "8080").getOrDefault(name, url);
    }
}
