package choreography.gateway;

import java.io.IOException;
import java.util.List;
import java.util.UUID;

import choreography.contract.Schemas;
import choreography.http.Documents;
import choreography.http.Problem;
import choreography.messaging.Addresses;
import choreography.messaging.Sending;
import jakarta.jms.JMSException;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.model.dataformat.JsonLibrary;
import org.apache.camel.util.StringHelper;
import org.springframework.jms.JmsException;

/**
 * Gateway: turns requests into commands and answers with the event that tells the outcome. What it does in short:
 * camel/gateway.camel.yaml
 */
public class GatewayRoutes extends RouteBuilder {

    @Override
    public void configure() throws IOException {
        String replica = UUID.randomUUID().toString();
        PendingRequests pending = new PendingRequests(
                property("gateway.max-waiting", Integer.class), property("gateway.reply-timeout-ms", Long.class));
        Schemas schemas = getContext().getRegistry().lookupByNameAndType("schemas", Schemas.class);
        GatewayRequests requests = new GatewayRequests(replica, schemas);

        from("platform-http:/register?httpMethodRestrict=POST&consumes=application/json")
            .routeId("gateway-register")
            .description("Asks the user service for a registration and answers with its outcome")
            .routeConfigurationId("http-edge")
            .onException(HttpOperationFailedException.class, IOException.class)
                .handled(true).logStackTrace(false)
                .process(e -> requests.answerAccepted(e, "/registrations/"))
            .end()
            .onException(JmsException.class, JMSException.class, Exception.class).onWhen(Sending::mayHaveLeft)
                .handled(true).logStackTrace(false)
                .process(e -> requests.answerUnknown(e, "/registrations/"))
            .end()
            .process(e -> requests.read(e, "RegisterRequest"))
            .process(e -> requests.writeCommand(e, "RegistrationRequested", "userId", ""))
            .process(requests::address)
            .process(pending::expectOutcome)
            .to("jms:queue:RegistrationRequested?transacted=false").id("publish-registration-requested")
            .process(pending::awaitOutcome)
            .choice()
                .when(simple("${variable.outcome} == 'UserCreated'"))
                    .removeHeaders("*")
                    .toD("{{user.url}}/users/${variable.id}/?httpMethod=GET", null, "user").id("gateway-look-up-user")
                    .process("readUser")
                    .setBody(variable("user"))
                    .marshal().json(JsonLibrary.Jackson)
                    .process(e -> requests.answerCreated(e, "/users/"))
                .when(simple("${variable.outcome} == 'RegistrationRejected'"))
                    .process(requests::answerRejected)
                .when(simple("${variable.outcome} == 'RequestRefused'"))
                    .process(requests::answerRejected)
                .otherwise()
                    .process(e -> requests.answerAccepted(e, "/registrations/"));

        from("platform-http:/order?httpMethodRestrict=POST&consumes=application/json")
            .routeId("gateway-order")
            .description("Asks the order service for an order and answers with its outcome")
            .routeConfigurationId("http-edge")
            .onException(JmsException.class, JMSException.class, Exception.class).onWhen(Sending::mayHaveLeft)
                .handled(true).logStackTrace(false)
                .process(e -> requests.answerUnknown(e, "/orders/"))
            .end()
            .process(e -> requests.read(e, "PlaceOrderRequest"))
            .process(e -> requests.writeCommand(e, "OrderRequested", "orderId", "userId"))
            .process(requests::address)
            .process(pending::expectOutcome)
            .to("jms:queue:OrderRequested?transacted=false").id("publish-order-requested")
            .process(pending::awaitOutcome)
            .choice()
                .when(simple("${variable.outcome} == 'OrderCreated'"))
                    .marshal().json(JsonLibrary.Jackson)
                    .process(e -> requests.answerCreated(e, "/orders/"))
                .when(simple("${variable.outcome} == 'OrderRejected'"))
                    .process(requests::answerRejected)
                .when(simple("${variable.outcome} == 'RequestRefused'"))
                    .process(requests::answerRejected)
                .otherwise()
                    .process(e -> requests.answerAccepted(e, "/orders/"));

        hear("UserCreated", "A registration that waits here succeeded", replica, pending);
        hear("RegistrationRejected", "A registration that waits here was refused", replica, pending);
        hear("OrderCreated", "An order that waits here was made", replica, pending);
        hear("OrderRejected", "An order that waits here was refused", replica, pending);
        hear("RequestRefused", "A request that waits here has the key of another one", replica, pending);

        PassedOn answer = new PassedOn(schemas);
        for (Resources.Resource readable : Resources.all()) {
            passOn(readable.path(), readable.owner(), answer);
        }
    }

    /** Its own, non-durable subscription to the broker's copies: an outcome nobody waits for any more is not kept. */
    private void hear(String event, String description, String replica, PendingRequests pending) {
        from("jms:topic:" + Addresses.COPIES + event + "?concurrentConsumers=1&transacted=false"
                + "&messageListenerContainerFactory=#hearing&selector=gateway%3D'" + replica + "'")
            .routeId("gateway-hear-" + StringHelper.camelCaseToDash(event))
            .description(description)
            .routeConfigurationId("event-consumer")
            .unmarshal().custom("messageReader")
            .process(e -> pending.complete(e, event));
    }

    /**
     * Callers read at the gateway; where the owner of what they read runs elsewhere, the gateway asks it, by a request
     * of its own: this path, with UUIDs in it. Nothing else of the caller's may come near an http endpoint: Camel
     * resolves placeholders in the URI that a bridge passes on, and a placeholder can call a method (CVE-2026-78164).
     */
    private void passOn(String path, String owner, PassedOn answer) {
        List<String> ids = Documents.names(path);
        from("platform-http:" + path + "?httpMethodRestrict=GET")
            .routeId("gateway-pass-on" + path.replaceAll("/\\{\\w+}", "").replace('/', '-'))
            .description("Passes reading on to the " + owner + " service, unless it runs in this process")
            .precondition("'{{services}}' !contains '" + owner + "'")
            .routeConfigurationId("http-edge")
            .onException(IOException.class)
                .handled(true).logStackTrace(false)
                .process(e -> Problem.unavailable("service-unavailable", "The service that knows cannot be reached")
                        .answer(e))
            .end()
            .process(e -> Documents.readIds(e, ids))
            .setVariable("id", simple(ids.isEmpty() ? "${null}" : "${body[" + ids.get(0) + "]}"))
            .removeHeaders("*")
            .toD("{{" + owner + ".url}}" + path.replaceAll("\\{(\\w+)}", "\\${body[$1]}")
                    + "?httpMethod=GET&throwExceptionOnFailure=false&httpClientConfigurer=#passOnClient")
            .process(e -> answer.check(e, e.getVariable("id", String.class)));
    }

    private <T> T property(String name, Class<T> type) {
        return getContext().getTypeConverter()
                .convertTo(type, getContext().resolvePropertyPlaceholders("{{" + name + "}}"));
    }
}
