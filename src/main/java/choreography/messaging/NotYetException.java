package choreography.messaging;

/**
 * What this message builds on is not there yet: an event that was published earlier is still on its way to the service.
 * That is nobody's failure: the message comes again until it is there. Only before anything of it is written.
 */
public class NotYetException extends RuntimeException {

    public NotYetException(String message) {
        super(message);
    }
}
