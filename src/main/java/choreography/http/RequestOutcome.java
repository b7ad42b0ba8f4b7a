package choreography.http;

import java.util.List;
import java.util.Map;

import org.apache.camel.Exchange;

/** What became of one request: the path names it and what it asked for, a statement knows which request made that. */
public final class RequestOutcome {

    private RequestOutcome() { }

    /** Reads the ids in the path into the body, where the statement finds them; what is no id is not found. */
    public static void readIds(Exchange exchange) {
        Documents.readIds(exchange, List.of("id", "request"));
    }

    /**
     * Answers with the {@code document} of what the request made, or that it is not known (no row), or that another
     * made it.
     *
     * @param resource what was asked for, in the singular, for example {@code order}
     */
    public static void answer(Exchange exchange, String resource) {
        if (exchange.getMessage().getBody() instanceof Map<?, ?> made) {
            if (!Boolean.TRUE.equals(made.get("same_request"))) {
                Problem.keyReused().answer(exchange);
                return;
            }
            exchange.getMessage().setBody(made.get("document"));
        }
        Documents.answerFound(exchange, resource);
    }
}
