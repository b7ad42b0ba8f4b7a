package choreography;

import java.util.Map;
import java.util.TreeSet;

import choreography.catalogue.Topology;
import choreography.messaging.Dependencies;
import choreography.messaging.Dependency;
import choreography.messaging.Dependency.Probe;
import choreography.testing.TestedService;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What consumers depend on, read from their routes, and how each is asked whether it is there. */
class RouteDependenciesTest {

    private static TestedService services;

    @BeforeAll
    static void start() throws Exception {
        services = TestedService.start(Topology.ALL);
    }

    @AfterAll
    static void stop() {
        services.close();
    }

    @ParameterizedTest
    @CsvSource({
        "user-register-user, database of user",
        "order-create-order, database of order;user service",
        "order-pay-order, database of order",
        "billing-open-account, database of billing;user service",
        "billing-charge-order, database of billing;order service",
        "notification-mail-cancelled-order, database of notification;mail server;order service",
        "gateway-hear-order-created, ''"
    })
    void shouldReadFromTheRouteWhatItDependsOn(String route, String expected) {
        assertThat(String.join(";", new TreeSet<>(find(route).keySet()))).isEqualTo(expected);
    }

    private static Map<String, Probe> find(String route) {
        return dependencies().find(camel().getRoute(route));
    }

    private static RouteDependencies dependencies() {
        return (RouteDependencies) camel().getRegistry().findSingleByType(Dependencies.class);
    }

    private static CamelContext camel() {
        return services.camel();
    }

    @Test
    void shouldShareWhatSeveralDependOn() {
        Dependency first = dependencies().of(camel().getRoute("billing-charge-order").getEndpoint()).get(0);

        assertThat(dependencies().of(camel().getRoute("notification-mail-payed-order").getEndpoint())).contains(first);
        assertThat(first.name()).isEqualTo("order service");
        assertThat(first.consumers()).contains("billing-charge-order", "notification-mail-payed-order");
    }

    /** The siblings of this test answer 404, but not that of the order service. */
    @Test
    void shouldBelieveOnlyTheSiblingItself() throws Exception {
        services.forget();
        Probe probe = find("billing-charge-order").get("order service");

        assertThatThrownBy(probe::probe).hasMessageContaining("Problem");

        assertThat(services.siblings.calls()).singleElement().asString().matches("GET /orders/[0-9a-f-]{36}/");
        String url = services.request("").build().uri().toString();
        try (TestedService billing = TestedService.start("billing", "order.url", url)) {
            var dependencies = (RouteDependencies) billing.camel().getRegistry().findSingleByType(Dependencies.class);
            Probe other = dependencies.find(billing.camel().getRoute("billing-charge-order")).get("order service");
            assertThatCode(other::probe).doesNotThrowAnyException();
        }
    }

    @Test
    void shouldTakeAnyRefusalForAway() {
        Probe probe = find("billing-open-account").get("user service");
        for (int status : new int[] {200, 401, 403, 500, 503}) {
            services.siblings.answerAll(status);
            assertThatThrownBy(probe::probe).as("" + status).hasMessageContaining("" + status);
        }
        services.siblings.answerAll(0);
    }
}
