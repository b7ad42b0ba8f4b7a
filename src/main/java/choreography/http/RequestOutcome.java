package choreography.http;

import java.util.Map;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** What became of one request: the path names it and what it asked for, a statement knows which request made that. */
public final class RequestOutcome {

    private RequestOutcome() { }

    /** Step {@code answerOutcome}. */
    public static Processor answerer() {
        return exchange -> answer(exchange, Documents.resource(exchange));
    }

    /**
     * Answers with the {@code document} of what the request made, or that it is not known (no row), or that another
     * made it.
     *
     * @param resource what was asked for, in the singular, for example {@code order}
     */
    private static void answer(Exchange exchange, String resource) {
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
