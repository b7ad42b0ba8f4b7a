package choreography.contract;

import java.util.List;
import java.util.stream.Collectors;

/** A request body or message that does not fit its schema: asking again cannot help. */
public class InvalidDocumentException extends Exception {

    /** Of the text, which is logged and becomes a property of a parked message: the broker limits what these hold. */
    private static final int MOST_CHARACTERS = 1000;

    private final transient List<Violation> violations;

    public InvalidDocumentException(List<Violation> violations) {
        super(cut(violations.stream().map(Violation::toString).collect(Collectors.joining("; "))));
        this.violations = violations;
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS - 3) + "...";
    }

    /** All that is wrong, at least one. */
    public List<Violation> violations() {
        return violations;
    }
}
