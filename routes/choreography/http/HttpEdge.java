package choreography.http;

import choreography.contract.InvalidDocumentException;
import jakarta.jms.JMSException;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jms.JmsException;

/**
 * What every route that answers HTTP does about errors: routeConfigurationId {@code http-edge}. All errors are
 * problems (RFC 9457). What no route sees, {@link ServerErrors} answers.
 */
public class HttpEdge extends RouteConfigurationBuilder {

    @Override
    public void configuration() throws Exception {
        routeConfiguration("http-edge")
            .onException(InvalidDocumentException.class).handled(true).logExhausted(false)
                .process(e -> Problem.invalid(caught(e, InvalidDocumentException.class).violations()).answer(e))
            .end()
            .onException(ProblemException.class).handled(true).logExhausted(false)
                .process(e -> caught(e, ProblemException.class).problem().answer(e))
            .end()
            .onException(JmsException.class, JMSException.class).handled(true).logStackTrace(false)
                .process(e -> Problem.unavailable("broker-unavailable", "The message broker cannot be reached")
                        .answer(e))
            .end()
            .onException(DataAccessResourceFailureException.class).handled(true).logStackTrace(false)
                .process(e -> Problem.unavailable("database-unavailable", "The database cannot be reached").answer(e))
            .end()
            .onException(Throwable.class).handled(true)
                .process(e -> Problem.unexpected().answer(e))
            .end();

        int port = Integer.parseInt(getContext().resolvePropertyPlaceholders("{{http.port}}"));
        getContext().addStartupListener((context, alreadyStarted) -> ServerErrors.answerWithProblems(context, port));
    }

    private static <T extends Exception> T caught(Exchange exchange, Class<T> type) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, type);
    }
}
