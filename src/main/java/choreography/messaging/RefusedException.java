package choreography.messaging;

import java.time.Duration;

/**
 * A step cannot be done for this message alone: somebody has refused it, and said so. That is no failure to be repeated
 * at once. Only for steps whose statements are committed each by itself: none is rolled back.
 */
public class RefusedException extends RuntimeException {

    private final Duration again;

    /**
     * @param reason without anything personal: it goes into logs, and with the message into its dead-letter queue
     * @param again  after which time it may be otherwise; null: never
     */
    public RefusedException(String reason, Duration again, Throwable cause) {
        super(reason, cause);
        this.again = again;
    }

    /** After which time it may be otherwise; null: never. */
    public Duration again() {
        return again;
    }
}
