package choreography.gateway;

import java.io.IOException;

import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;

/** Gateway: shows what can be called, and a page to try it. */
public class ApiDocsRoutes extends RouteBuilder {

    @Override
    public void configure() throws IOException {
        ApiDocs docs = new ApiDocs();

        from("platform-http:/?httpMethodRestrict=GET")
            .routeId("gateway-lead-to-docs")
            .description("Leads who asks for nothing to the page to try the API")
            .routeConfigurationId("http-edge")
            .removeHeaders("*")
            .setHeader("Location", constant("/docs"))
            .setHeader(Exchange.HTTP_RESPONSE_CODE, constant(302));

        from("platform-http:/openapi.yaml?httpMethodRestrict=GET")
            .routeId("gateway-show-openapi-yaml")
            .description("Shows the OpenAPI document")
            .routeConfigurationId("http-edge")
            .process(docs::answer);

        from("platform-http:/openapi.json?httpMethodRestrict=GET")
            .routeId("gateway-show-openapi-json")
            .description("Shows the OpenAPI document as JSON")
            .routeConfigurationId("http-edge")
            .process(docs::answer);

        from("platform-http:/asyncapi.yaml?httpMethodRestrict=GET")
            .routeId("gateway-show-asyncapi")
            .description("Shows the AsyncAPI document")
            .routeConfigurationId("http-edge")
            .process(docs::answer);

        from("platform-http:/schemas/{name}?httpMethodRestrict=GET")
            .routeId("gateway-show-schema")
            .description("Shows a JSON Schema that these documents refer to")
            .routeConfigurationId("http-edge")
            .process(docs::answer);

        from("platform-http:/docs?httpMethodRestrict=GET")
            .routeId("gateway-show-docs")
            .description("Shows a page to try the API")
            .routeConfigurationId("http-edge")
            .process(docs::answer);

        from("platform-http:/docs/{file}?httpMethodRestrict=GET")
            .routeId("gateway-show-docs-file")
            .description("Shows a file that the page needs")
            .routeConfigurationId("http-edge")
            .process(docs::answer);
    }
}
