package choreography.contract;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.FailFastAssertionException;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.regex.JDKRegularExpressionFactory;
import com.networknt.schema.regex.RegularExpression;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The JSON Schemas (2020-12) of all messages and request bodies, one file a name in {@code classpath:schemas}.
 * A schema is compiled when it is first asked for.
 */
public class Schemas {

    private static final int MOST_VIOLATIONS = 20;
    private static final String BASE = "https://order-choreography.example/schemas";

    /** More than any pattern allows. Java's recurse, character by character, until the stack is full. */
    private static final int LONGEST_FOR_A_PATTERN = 1000;

    private static final String TOO_LARGE = "is nested too deeply, has a number of more than "
            + ExactNumbers.MOST_DIGITS + " digits, or a name or a text that is far too long";

    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
            Dialect.builder(Dialects.getDraft202012()).format(new PersonName()).build(),
            builder -> builder
                    .schemaIdResolvers(resolvers -> resolvers.mapPrefix(BASE, "classpath:schemas"))
                    .schemaRegistryConfig(SchemaRegistryConfig.builder()
                            .errorMessageKeyword("errorMessage")
                            .locale(Locale.ROOT)
                            .regularExpressionFactory(Schemas::bounded)
                            .build()));
    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

    /**
     * Reads a document and checks it.
     *
     * @param name name of the schema, which is the name of the message
     * @param text the document, JSON in UTF-8
     * @return the document, a JSON object
     * @throws InvalidDocumentException with all violations, or the first of them
     */
    public ObjectNode read(String name, byte[] text) throws InvalidDocumentException {
        try {
            return read(name, UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString());
        } catch (CharacterCodingException e) {
            throw new InvalidDocumentException(List.of(new Violation("", "is not in UTF-8")));
        }
    }

    /** Reads a document that is decoded already, and checks it. */
    public ObjectNode read(String name, String text) throws InvalidDocumentException {
        JsonNode document;
        try {
            document = Json.mapper().readTree(text);
        } catch (StreamConstraintsException | ArithmeticException e) {
            throw new InvalidDocumentException(List.of(new Violation("", TOO_LARGE)));
        } catch (JsonProcessingException e) {
            var at = e.getLocation();
            throw new InvalidDocumentException(List.of(new Violation("", at == null
                    ? "is not JSON"
                    : "is not JSON (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")));
        }
        if (document.isMissingNode()) {
            throw new InvalidDocumentException(List.of(new Violation("", "is empty")));
        }
        FirstErrors errors = new FirstErrors();
        try {
            schemas.computeIfAbsent(name, this::compile).validate(document, validation -> validation.setErrors(errors));
        // of a pattern; as an Error, Camel would go on with the next step before it fails
        } catch (StackOverflowError e) {
            throw new InvalidDocumentException(List.of(new Violation("", "has a text that is too long to be checked")));
        }
        if (!errors.isEmpty()) {
            throw new InvalidDocumentException(errors.violations());
        }
        return (ObjectNode) document;
    }

    /**
     * Ends a validation that has found enough, or a list that is too long: a small document must not make much work.
     */
    private static final class FirstErrors extends ArrayList<Error> {

        private boolean more;

        @Override
        public boolean add(Error error) {
            more = size() == MOST_VIOLATIONS;
            if (more || super.add(error) && error.getKeyword().equals("maxItems")) {
                throw new FailFastAssertionException(error);
            }
            return true;
        }

        List<Violation> violations() {
            Stream<Violation> found = stream().map(Schemas::violation);
            return (more ? Stream.concat(found, Stream.of(new Violation("", "and more"))) : found).toList();
        }
    }

    private static RegularExpression bounded(String pattern) {
        RegularExpression expression = JDKRegularExpressionFactory.getInstance().getRegularExpression(pattern);
        return text -> text.length() <= LONGEST_FOR_A_PATTERN && expression.matches(text);
    }

    private Schema compile(String name) {
        return registry.getSchema(SchemaLocation.of(BASE + "/" + name + ".json"));
    }

    private static Violation violation(Error error) {
        String pointer = error.getInstanceLocation().toString();
        return switch (error.getKeyword()) {
            case "required", "dependentRequired" -> new Violation(member(pointer, error), "is missing");
            case "additionalProperties" -> new Violation(member(pointer, error), "is not known here");
            default -> new Violation(pointer, error.getMessage());
        };
    }

    private static String member(String pointer, Error error) {
        return pointer + "/" + error.getProperty().replace("~", "~0").replace("/", "~1");
    }
}
