package choreography;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.catalogue.Topology;
import choreography.gateway.Resources;
import choreography.gateway.Resources.Resource;
import choreography.testing.TestedService;
import org.apache.camel.model.ModelCamelContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Which addresses have to be set, read from the routes that run. */
class SiblingsTest {

    @ParameterizedTest
    @CsvSource({
        "user, billing",
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
    @ValueSource(strings = {"gateway", "gateway,user"})
    void shouldAskAGatewayForTheAddressOfEachServiceThatAnswersCallersAndRunsElsewhere(String services)
            throws Exception {
        Set<String> owners = Resources.all().stream().map(Resource::owner)
                .collect(Collectors.toCollection(TreeSet::new));
        owners.removeAll(List.of(services.split(",")));
        shouldAskForTheAddressOfEachServiceThatIsAskedAndRunsElsewhere(services, String.join(" ", owners));
    }

    @ParameterizedTest
    @MethodSource
    void shouldAskForNothingWhereAllThatIsAskedRunsHere(String services) throws Exception {
        try (TestedService loaded = TestedService.load(services)) {
            var routes = ((ModelCamelContext) loaded.camel()).getRouteDefinitions();
            List<String> here = List.of(services.split(","));
            assertThatCode(() -> Siblings.requireKnown(routes, here, name -> setting(name, "http://localhost:8080")))
                    .doesNotThrowAnyException();
        }
    }

    static Stream<String> shouldAskForNothingWhereAllThatIsAskedRunsHere() {
        return Stream.of("user,billing,order,notification", Topology.ALL);
    }

    private static String setting(String name, String url) {
        return Map.of("http.host", "localhost", "http.port", "8080").getOrDefault(name, url);
    }
}
