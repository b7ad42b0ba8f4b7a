package choreography.http;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;

import choreography.contract.InvalidDocumentException;
import choreography.contract.Schemas;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The step after each lookup: reads what a sibling answered. Whatever answers at its address (a wrong one, a proxy that
 * mixes up two answers), a document is only what fits its schema and has the id that was asked for. All else fails the
 * step, which comes again; it is no reason to park the message.
 */
public class LookUps {

    private Schemas schemas;

    public void setSchemas(Schemas schemas) {
        this.schemas = schemas;
    }

    /**
     * @param type   name of the document's schema, for example {@code User}
     * @param answer what the sibling answered, JSON in UTF-8
     * @param asked  the id that was asked for, or the message's fields, one of which is that id
     * @return the document
     * @throws IOException if it is not that document
     */
    public ObjectNode read(String type, byte[] answer, Object asked) throws IOException {
        return checked(type, answer, idName(type), id(type, asked));
    }

    /**
     * As {@link #read(String, byte[], Object)}, where not to exist is an answer, too.
     *
     * @param status the answer's HTTP status
     * @return the document, or JSON's null if its service itself says that there is none
     */
    public JsonNode readIfThereIsOne(String type, int status, byte[] answer, Object asked) throws IOException {
        if (status != 404) {
            return read(type, answer, asked);
        }
        String id = id(type, asked);
        String resource = type.toLowerCase(Locale.ROOT);
        JsonNode problem = checked("Problem", answer, "instance", Problem.path(resource, id));
        if (!problem.path("type").asText().equals(Problem.noSuch(resource, id).type())
                || problem.path("status").asInt() != status) {
            throw new IOException("A 404 that does not say that there is no %s %s".formatted(resource, id));
        }
        return NullNode.getInstance();
    }

    private ObjectNode checked(String type, byte[] answer, String idName, String id) throws IOException {
        ObjectNode document = read(type, answer);
        if (!document.path(idName).asText().equals(id)) {
            throw new IOException("The answer is a %s, but not of %s".formatted(type, id));
        }
        return document;
    }

    /**
     * As {@link #read(String, byte[], Object)}, of a document that has no id: who reads it looks for what was asked.
     */
    public ObjectNode read(String type, byte[] answer) throws IOException {
        try {
            return schemas.read(type, answer == null ? new byte[0] : answer);
        } catch (InvalidDocumentException e) { // not as a cause: by that the message would be parked
            throw new IOException("The answer is no %s: %s".formatted(type, e.getMessage()));
        }
    }

    private static String id(String type, Object asked) {
        return asked instanceof Map<?, ?> message ? (String) message.get(idName(type)) : (String) asked;
    }

    private static String idName(String type) {
        return type.toLowerCase(Locale.ROOT) + "Id";
    }
}
