package choreography.contract;

import java.util.List;
import java.util.stream.Collectors;

/** A request body or message that does not fit its schema: asking again cannot help. */
public class InvalidDocumentException extends Exception {

    private final transient List<Violation> violations;

    public InvalidDocumentException(List<Violation> violations) {
        super(violations.stream().map(Violation::toString).collect(Collectors.joining("; ")));
        this.violations = violations;
    }

    /** All that is wrong, at least one. */
    public List<Violation> violations() {
        return violations;
    }
}
