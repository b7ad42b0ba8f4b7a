package choreography.http;

import java.util.Locale;
import java.util.Map;

import choreography.contract.InvalidDocumentException;
import choreography.contract.LookUpFailedException;
import choreography.contract.Schemas;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.http.HttpConstants;

/**
 * The step after a lookup: reads what a sibling answered. The variable that bears the document's name has the answer,
 * and gets the document. Whatever answers at a sibling's address (a wrong one, a proxy that mixes up two answers), a
 * document is only what fits its schema and has the id that was asked for, which is the message's. All else fails the
 * step, which comes again; it is no reason to park the message.
 */
public class LookUp implements Processor {

    private final String type;
    private final String variable;
    private final String idName;
    private Schemas schemas;

    /**
     * @param type   name of the document's schema, for example {@code User}; its variable is {@code user}
     * @param idName the field that says whose document it is, in the message as well; empty: it has none, who reads it
     *               looks for what was asked
     */
    public LookUp(String type, String idName) {
        this.type = type;
        this.variable = type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
        this.idName = idName;
    }

    public void setSchemas(Schemas schemas) {
        this.schemas = schemas;
    }

    /** If the route lets 404 pass, not to exist is an answer, too. */
    @Override
    public void process(Exchange exchange) throws LookUpFailedException {
        byte[] answer = exchange.getVariable(variable, byte[].class);
        Object status = exchange.getVariable("header:" + variable + "." + HttpConstants.HTTP_RESPONSE_CODE);
        String asked = idName.isEmpty() ? "" : (String) exchange.getMessage().getBody(Map.class).get(idName);
        exchange.setVariable(variable, Integer.valueOf(404).equals(status) ? readThatThereIsNone(answer, asked)
                : checked(type, answer, idName, asked));
    }

    /**
     * @param answer what the sibling answered with the status 404
     * @param asked  the id that was asked for
     * @return JSON's null, if it is the service itself that says that there is none
     * @throws LookUpFailedException if it is not
     */
    public JsonNode readThatThereIsNone(byte[] answer, String asked) throws LookUpFailedException {
        JsonNode problem = checked("Problem", answer, "instance", Problem.path(variable, asked));
        if (!problem.path("type").asText().equals(Problem.noSuch(variable, asked).type())
                || problem.path("status").asInt() != 404) {
            throw new LookUpFailedException("A 404 that does not say: there is no %s %s".formatted(variable, asked));
        }
        return NullNode.getInstance();
    }

    private ObjectNode checked(String schema, byte[] answer, String name, String asked) throws LookUpFailedException {
        try {
            ObjectNode document = schemas.read(schema, answer == null ? new byte[0] : answer);
            if (!name.isEmpty() && !document.path(name).asText().equals(asked)) {
                throw new LookUpFailedException("The answer is a %s, but not of %s".formatted(schema, asked));
            }
            return document;
        } catch (InvalidDocumentException e) { // not as a cause: by that the message would be parked
            throw new LookUpFailedException("The answer is no %s: %s".formatted(schema, e.getMessage()));
        }
    }
}
