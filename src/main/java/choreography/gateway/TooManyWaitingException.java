package choreography.gateway;

/** As many requests wait for their outcome as this gateway takes: the caller should come back. */
public class TooManyWaitingException extends Exception {
    public TooManyWaitingException() {
        super("too many requests are waiting");
    }
}
