package choreography;

import org.apache.camel.builder.RouteBuilder;

/** What the user service answers over HTTP. What it does with messages: camel/user.camel.yaml */
public class UserRoutes extends RouteBuilder {

    @Override
    public void configure() {
        from("platform-http:/users/{id}?httpMethodRestrict=GET")
            .routeId("user-show-user")
            .description("Shows a user")
            .routeConfigurationId("http-edge")
            .process(HttpEdge::readId)
            .to("sql:classpath:sql/user/read-user.sql?dataSource=#userDatabase&outputType=SelectOne")
            .process(HttpEdge::answerFound);

        from("platform-http:/registrations/{id}?httpMethodRestrict=GET")
            .routeId("user-show-registration")
            .description("Shows how a registration ended")
            .routeConfigurationId("http-edge")
            .process(HttpEdge::readId)
            .to("sql:classpath:sql/user/read-registration.sql?dataSource=#userDatabase&outputType=SelectOne")
            .process(HttpEdge::answerFound);
    }
}
