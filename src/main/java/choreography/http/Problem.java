package choreography.http;

import java.util.List;

import choreography.contract.Json;
import choreography.contract.Violation;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * An HTTP error answer (RFC 9457).
 *
 * @param type       {@code urn:problem-type:choreography:<name>}: what kind of problem
 * @param title      the kind in words
 * @param status     HTTP status
 * @param detail     what to do about this one
 * @param instance   path of what the problem is about; null: of nothing that has one
 * @param violations all that is wrong with the request body; empty: it is not about the body
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Problem(String type, String title, int status, String detail, String instance,
        List<Violation> violations) {

    public static final String CONTENT_TYPE = "application/problem+json";
    public static final String RETRY_AFTER_S = "2";

    /** Cache-Control of what is about somebody, and of what may be otherwise a moment later. */
    public static final String NO_STORE = "no-store";

    public static Problem of(int status, String name, String title, String detail) {
        return new Problem("urn:problem-type:choreography:" + name, title, status, detail, null, List.of());
    }

    public static Problem invalid(List<Violation> violations) {
        return new Problem("urn:problem-type:choreography:invalid-request", "The request is not valid", 400,
                "Correct what violations lists", null, violations);
    }

    public static Problem unreadable() {
        return of(400, "bad-request", "The request cannot be read", "Check the request line and the headers");
    }

    public static Problem unexpected() {
        return of(500, "internal-error", "This should not have happened", "See the service's log");
    }

    public static Problem notFound() {
        return of(404, "not-found", "There is nothing here", "The path is unknown");
    }

    /**
     * The owner of what was asked for says that there is none: a lookup believes nothing else.
     *
     * @param resource in the singular, for example {@code user}
     */
    public static Problem noSuch(String resource, String id) {
        Problem problem = of(404, "no-such-" + resource, "There is no such " + resource,
                "It was never there, or is not there yet");
        return new Problem(problem.type, problem.title, problem.status, problem.detail, path(resource, id), List.of());
    }

    /** @return where a resource is found */
    public static String path(String resource, String id) {
        return "/" + resource + "s/" + id;
    }

    public static Problem keyReused() {
        return of(422, "idempotency-key-reused", "The Idempotency-Key was used for another request",
                "Take a new key for a new request");
    }

    /** Try the same request again: this one did nothing, for sure. */
    public static Problem unavailable(String name, String title) {
        return of(503, name, title,
                "Nothing was done: repeat the request, with the same Idempotency-Key if it had one");
    }

    public String toJson() {
        return Json.write(this);
    }

    /** Makes this problem the answer. */
    public void answer(Exchange exchange) {
        if (status >= 500) {
            ProblemLog.say(this, exchange.getFromRouteId(),
                    exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
        }
        Message answer = exchange.getMessage();
        answer.removeHeaders("*");
        answer.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        answer.setHeader(Exchange.CONTENT_TYPE, CONTENT_TYPE);
        answer.setHeader("Cache-Control", NO_STORE);
        if (status == 503) {
            answer.setHeader("Retry-After", RETRY_AFTER_S);
        }
        answer.setBody(toJson());
    }

    /** Answers before any route sees the request. */
    public void answer(RoutingContext http) {
        if (status >= 500) {
            ProblemLog.say(this, http.request().method() + " " + http.normalizedPath(), http.failure());
        }
        if (status == 503) {
            http.response().putHeader(HttpHeaders.RETRY_AFTER, RETRY_AFTER_S);
        }
        http.response().setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE)
                .putHeader(HttpHeaders.CACHE_CONTROL, NO_STORE).putHeader(HttpHeaders.DATE, HttpDate.now())
                .end(toJson());
    }
}
