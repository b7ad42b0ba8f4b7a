package choreography.order;

import choreography.http.Documents;
import choreography.http.RequestOutcome;
import org.apache.camel.ShutdownRoute;
import org.apache.camel.builder.RouteBuilder;

/**
 * What the order service answers over HTTP. What it does with messages: camel/order.camel.yaml
 * What siblings look up ends last (Defer), so that their steps under way can end.
 */
public class OrderRoutes extends RouteBuilder {

    @Override
    public void configure() {
        from("platform-http:/orders/{id}?httpMethodRestrict=GET")
            .routeId("order-show-order")
            .description("Shows an order with its status history")
            .shutdownRoute(ShutdownRoute.Defer)
            .routeConfigurationId("http-edge")
            .process(Documents::readId)
            .to("sql:classpath:sql/order/read-order.sql?dataSource=#orderDatabase&outputType=SelectOne")
            .process(e -> Documents.answerFound(e, "order"));

        from("platform-http:/orders/{id}/requests/{request}?httpMethodRestrict=GET")
            .routeId("order-show-outcome")
            .description("Shows what became of a request for an order")
            .routeConfigurationId("http-edge")
            .process(RequestOutcome::readIds)
            .to("sql:classpath:sql/order/read-outcome.sql?dataSource=#orderDatabase&outputType=SelectOne")
            .process(e -> RequestOutcome.answer(e, "order"));

        from("platform-http:/products?httpMethodRestrict=GET")
            .routeId("order-list-products")
            .description("Lists what can be ordered")
            .routeConfigurationId("http-edge")
            .setBody(e -> null)
            .to("sql:classpath:sql/order/read-products.sql?dataSource=#orderDatabase&outputType=SelectOne")
            .process(Documents::answerFound);
    }
}
