package choreography.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Json;
import choreography.contract.LookUpFailedException;
import choreography.contract.Schemas;
import choreography.http.Problem;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * What the owner of a document answered, before a gateway passes it on to a caller: only a JSON document that is of the
 * id that was asked for, or a problem. Whatever else answers at the owner's address (a proxy's page, one that mixes up
 * two answers) is as if nobody did.
 */
public final class PassedOn {

    private static final int OK = 200;

    private final Schemas schemas;

    public PassedOn(Schemas schemas) {
        this.schemas = schemas;
    }

    /** @param id that was asked for; null: none */
    public void check(Exchange exchange, String id) throws IOException {
        Message answer = exchange.getMessage();
        byte[] document = answer.getBody() == null ? new byte[0] : answer.getBody(byte[].class);
        int status = answer.getHeader(Exchange.HTTP_RESPONSE_CODE, int.class);
        if (status == OK) {
            String found = idOf(document);
            if (id != null && !id.equals(found)) {
                throw new LookUpFailedException("The answer is not of " + id);
            }
            answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        } else {
            if (statusOfProblem(document) != status) {
                throw new LookUpFailedException("The answer is %s, and no problem".formatted(status));
            }
            answer.setHeader(Exchange.CONTENT_TYPE, Problem.CONTENT_TYPE);
        }
        if (id != null || status != OK) {
            answer.setHeader("Cache-Control", Problem.NO_STORE);
        }
        answer.setBody(ByteBuffer.wrap(document)); // of known length: not sent in chunks
    }

    /**
     * An account with its whole ledger may be long: it is read, not kept.
     *
     * @return the id of an order, else of its user; null: the document has none
     */
    private static String idOf(byte[] document) throws IOException {
        String id = null;
        try (JsonParser parser = Json.mapper().createParser(document)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new LookUpFailedException("The answer is no document");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals("orderId") || name.equals("userId") && id == null) {
                    id = parser.getText();
                }
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                throw new LookUpFailedException("The answer is more than a document");
            }
        }
        return id;
    }

    private int statusOfProblem(byte[] document) throws LookUpFailedException {
        try {
            return schemas.read("Problem", document).path("status").asInt();
        } catch (InvalidDocumentException e) {
            return 0;
        }
    }
}
