package choreography.gateway;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Schemas;
import choreography.contract.Violation;
import choreography.http.IdempotencyKeys;
import choreography.http.Problem;
import choreography.http.ProblemException;
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
    private final PendingRequests pending;

    public GatewayRequests(String replica, Schemas schemas, PendingRequests pending) {
        this.replica = replica;
        this.schemas = schemas;
        this.pending = pending;
    }

    /**
     * Makes the message the command, ready to be published, and has its outcome expected. The ids of what is asked for
     * (variable {@code id}) and of the request (variable {@code request}) are derived: any gateway knows them again.
     *
     * @param body    name of the schema of the request body
     * @param command name of the message to publish
     * @param idName  name of the command's field for the id
     * @param caller  name of the body's field that says who asks; empty: nobody does
     * @throws InvalidDocumentException if the body or the Idempotency-Key is not as it should be
     */
    public void accept(Exchange exchange, String body, String command, String idName, String caller)
            throws InvalidDocumentException, ProblemException {
        Message message = exchange.getMessage();
        Object key = message.getHeader(IdempotencyKeys.HEADER);
        byte[] text = message.getBody(byte[].class);
        ObjectNode fields = schemas.read(body, text == null ? new byte[0] : text);
        if (!IdempotencyKeys.isKey(key)) {
            throw new InvalidDocumentException(List.of(
                    new Violation("",
                    "the header Idempotency-Key must be given once, as 1 to 255 visible ASCII characters")));
        }

        if (!caller.isEmpty()) { // a UUID in capitals is the same one
            fields.put(caller, fields.path(caller).asText().toLowerCase(Locale.ROOT));
        }
        String id = RequestIds.resource(command, fields.path(caller).asText(), (String) key);
        String commandText = CanonicalJson.of(fields.put(idName, id));
        String requestId = RequestIds.request(command, commandText);
        String commandId = CloudEvents.id(requestId, command);

        exchange.setVariable("id", id);
        exchange.setVariable("request", commandId);
        message.removeHeaders("*");
        message.setHeader("JMSCorrelationID", id);
        message.setHeader("gateway", replica);
        message.setHeader(CloudEvents.ID, requestId);
        message.setBody(commandText);
        pending.expectOutcome(exchange, commandId);
    }

    /** 201: the body is what was made, as JSON. */
    public void answerCreated(Exchange exchange, String path) {
        answer(exchange, 201, path + exchange.getVariable("id"));
    }

    /** 202: the outcome is late; Location will show it. The body is {@link #pending}, as JSON. */
    public void answerAccepted(Exchange exchange, String path) {
        answer(exchange, 202, outcome(exchange, path));
    }

    /** Where the outcome will be shown, as a document. */
    public Map<String, Object> pending(Exchange exchange, String path) {
        Map<String, Object> accepted = new LinkedHashMap<>();
        accepted.put("status", "PENDING");
        accepted.put("location", outcome(exchange, path));
        return accepted;
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
