package choreography.user;

import choreography.http.Documents;
import choreography.http.RequestOutcome;
import org.apache.camel.ShutdownRoute;
import org.apache.camel.builder.RouteBuilder;

/**
 * What the user service answers over HTTP. What it does with messages: camel/user.camel.yaml
 * What siblings look up ends last (Defer), so that their steps under way can end.
 */
public class UserRoutes extends RouteBuilder {

    @Override
    public void configure() {
        from("platform-http:/users/{id}?httpMethodRestrict=GET")
            .routeId("user-show-user")
            .description("Shows a user")
            .shutdownRoute(ShutdownRoute.Defer)
            .routeConfigurationId("http-edge")
            .process(Documents::readId)
            .to("sql:classpath:sql/user/read-user.sql?dataSource=#userDatabase&outputType=SelectOne")
            .process(e -> Documents.answerFound(e, "user"));

        from("platform-http:/registrations/{id}?httpMethodRestrict=GET")
            .routeId("user-show-registration")
            .description("Shows how a registration ended")
            .routeConfigurationId("http-edge")
            .process(Documents::readId)
            .to("sql:classpath:sql/user/read-registration.sql?dataSource=#userDatabase&outputType=SelectOne")
            .process(e -> Documents.answerFound(e, "registration"));

        from("platform-http:/registrations/{id}/requests/{request}?httpMethodRestrict=GET")
            .routeId("user-show-outcome")
            .description("Shows what became of a request to register")
            .routeConfigurationId("http-edge")
            .process(RequestOutcome::readIds)
            .to("sql:classpath:sql/user/read-outcome.sql?dataSource=#userDatabase&outputType=SelectOne")
            .process(e -> RequestOutcome.answer(e, "registration"));
    }
}
