package choreography.contract;

import java.io.IOException;

/** A sibling did not give the document that it was asked for, or not in time: asked again, it may. */
public class LookUpFailedException extends IOException {

    public LookUpFailedException(String message) {
        super(message);
    }

    public LookUpFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
