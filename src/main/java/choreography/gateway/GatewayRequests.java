package choreography.gateway;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Json;
import choreography.contract.Schemas;
import choreography.contract.Violation;
import choreography.http.IdempotencyKeys;
import choreography.http.Problem;
import choreography.messaging.CloudEvents;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/** Between HTTP and messages: makes a request a command, and the outcome of the command an answer. */
public class GatewayRequests {

    private static final Map<String, Problem> REFUSALS = Map.of(
            "EMAIL_TAKEN", Problem.of(409, "email-taken", "The e-mail address is taken",
                    "Somebody has registered with this address"),
            "UNKNOWN_USER", Problem.of(422, "unknown-user", "There is no such user", "Register first: POST /register"),
            "UNKNOWN_SKU", Problem.of(422, "unknown-sku", "There is no such product", "Order what GET /products lists"),
            "IDEMPOTENCY_KEY_REUSED", Problem.keyReused());
    private static final Problem UNKNOWN = Problem.of(504, "outcome-unknown",
            "It is not known whether the request was accepted",
            "Look at Location, or repeat the request with the Idempotency-Key of this answer: nothing is done twice");

    private final String replica;
    private final Schemas schemas;

    /** @param replica the gateway that waits for the outcomes */
    public GatewayRequests(String replica, Schemas schemas) {
        this.replica = replica;
        this.schemas = schemas;
    }

    /**
     * Reads the request: the body becomes the document.
     *
     * @param schema name of the schema of the request body
     * @throws InvalidDocumentException if the body or the Idempotency-Key is not as it should be
     */
    public void read(Exchange exchange, String schema) throws InvalidDocumentException {
        Message message = exchange.getMessage();
        byte[] text = message.getBody(byte[].class);
        message.setBody(schemas.read(schema, text == null ? new byte[0] : text));
        if (!IdempotencyKeys.isKey(message.getHeader(IdempotencyKeys.HEADER))) {
            throw new InvalidDocumentException(List.of(new Violation("",
                    "the header Idempotency-Key must be given once, as 1 to 255 visible ASCII characters")));
        }
    }

    /**
     * Makes the document the command. The ids of what is asked for (variable {@code id}), of what the request means
     * (variable {@code meaning}) and of the command (variable {@code request}) are derived: any gateway knows them
     * again.
     *
     * @param command name of the message to publish
     * @param idName  name of the command's field for the id
     * @param caller  name of the document's field that says who asks; empty: nobody does
     */
    public void writeCommand(Exchange exchange, String command, String idName, String caller) {
        Message message = exchange.getMessage();
        ObjectNode document = message.getBody(ObjectNode.class);
        if (!caller.isEmpty()) { // a UUID in capitals is the same one
            document.put(caller, document.path(caller).asText().toLowerCase(Locale.ROOT));
        }
        String key = message.getHeader(IdempotencyKeys.HEADER, String.class);
        String id = RequestIds.resource(command, document.path(caller).asText(), key);
        String text = CanonicalJson.of(document.put(idName, id));
        String meaning = RequestIds.request(command, text);
        exchange.setVariable("id", id);
        exchange.setVariable("meaning", meaning);
        exchange.setVariable("request", CloudEvents.id(meaning, command));
        message.setBody(text);
    }

    /** Nothing of the caller's goes with the command, only what its outcome is known by. */
    public void address(Exchange exchange) {
        Message message = exchange.getMessage();
        message.removeHeaders("*");
        message.setHeader("JMSCorrelationID", exchange.getVariable("id"));
        message.setHeader("gateway", replica);
        message.setHeader(CloudEvents.ID, exchange.getVariable("meaning"));
    }

    /** 201: the body is what was made, as JSON. */
    public void answerCreated(Exchange exchange, String path) {
        answer(exchange, 201, path + exchange.getVariable("id"));
    }

    /** 202: the outcome is late; Location will show it. */
    public void answerAccepted(Exchange exchange, String path) {
        String location = outcome(exchange, path);
        Map<String, Object> pending = new LinkedHashMap<>();
        pending.put("status", "PENDING");
        pending.put("location", location);
        exchange.getMessage().setBody(Json.write(pending));
        answer(exchange, 202, location);
    }

    /** 504: perhaps the command is with the broker, perhaps not; Location will show the outcome if it is. */
    public void answerUnknown(Exchange exchange, String path) {
        UNKNOWN.answer(exchange);
        exchange.getMessage().setHeader("Location", outcome(exchange, path));
    }

    /** Where the outcome of this request is shown, also if another request with its key made what has the id. */
    private static String outcome(Exchange exchange, String path) {
        return path + exchange.getVariable("id") + "/requests/" + exchange.getVariable("request");
    }

    private static void answer(Exchange exchange, int status, String location) {
        Message answer = exchange.getMessage();
        answer.removeHeaders("*");
        answer.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        answer.setHeader("Location", location);
        answer.setHeader("Cache-Control", Problem.NO_STORE);
        // of known length: not sent in chunks
        answer.setBody(ByteBuffer.wrap(answer.getBody(byte[].class)));
    }

    /** The problem that the refusal's reason stands for. */
    public void answerRejected(Exchange exchange) {
        REFUSALS.get(exchange.getMessage().getBody(Map.class).get("reason")).answer(exchange);
    }
}
