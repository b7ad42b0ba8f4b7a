package choreography.billing;

import choreography.http.Documents;
import org.apache.camel.builder.RouteBuilder;

/** What the billing service answers over HTTP. What it does with messages: camel/billing.camel.yaml */
public class BillingRoutes extends RouteBuilder {

    @Override
    public void configure() {
        from("platform-http:/accounts/{id}?httpMethodRestrict=GET")
            .routeId("billing-show-account")
            .description("Shows a user's account with its ledger")
            .routeConfigurationId("http-edge")
            .process(Documents::readId)
            .to("sql:classpath:sql/billing/read-account.sql?dataSource=#billingDatabase&outputType=SelectOne")
            .process(e -> Documents.answerFound(e, "account"));

        from("platform-http:/accounts?httpMethodRestrict=GET")
            .routeId("billing-list-known")
            .description("Tells which users have an account")
            .routeConfigurationId("http-edge")
            .process(Documents::readListedIds)
            .to("sql:classpath:sql/billing/read-known-accounts.sql?dataSource=#billingDatabase&outputType=SelectOne")
            .process(Documents::answerFound);
    }
}
