package choreography.http;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import choreography.contract.InvalidDocumentException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import jakarta.jms.JMSException;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.builder.RouteConfigurationBuilder;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jms.JmsException;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What every route that answers HTTP does about errors: routeConfigurationId {@code http-edge}. All errors are
 * problems (RFC 9457).
 */
public class HttpEdge extends RouteConfigurationBuilder {

    /** As many as fit into a request line. */
    private static final Pattern IDS =
            Pattern.compile(
            "ids=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(,[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})*");
    private static final Pattern JSON = Pattern.compile("(?i)application/json *(; *charset=\"?utf-8\"? *)?");

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
                .process(e -> unexpected().answer(e))
            .end();

        int port = Integer.parseInt(getContext().resolvePropertyPlaceholders("{{http.port}}"));
        getContext().addStartupListener((context, alreadyStarted) -> answerWithProblems(context,
                VertxPlatformHttpRouter.lookup(context, VertxPlatformHttpRouter.getRouterNameFromPort(port))));
    }

    /** What is refused before any route sees it. */
    private static void answerWithProblems(CamelContext context, VertxPlatformHttpRouter paths) {
        Router server = (Router) paths.getServer().getServer().requestHandler();
        IdempotencyKeys keys = new IdempotencyKeys(context);
        server.route().order(Integer.MIN_VALUE).handler(http -> {
            keys.give(http);
            String type = http.request().getHeader(HttpHeaders.CONTENT_TYPE);
            // throws what becomes 400; where a path has a parameter, Vert.x would answer that with plain text
            http.queryParams();
            // requests under way end, siblings still read
            if (context.isStopping() && http.request().method() == HttpMethod.POST) {
                Problem.unavailable("stopping", "The service is ending").answer(http);
            // Camel reads forms and strange charsets on every path, and fails
            } else if (type != null && !JSON.matcher(type).matches()) {
                http.fail(415);
            } else {
                http.next();
            }
        });
        server.errorHandler(500, http -> unexpected().answer(http)); // an Error that a processor throws passes Camel by
        server.errorHandler(400, http -> Problem.unreadable().answer(http));
        // a path that is gone proves nothing: a lookup would take it for an unknown user (while starting:
        // HttpServerFactory)
        server.errorHandler(404, http -> (context.isStarted() ? Problem.notFound()
                : Problem.unavailable("service-unavailable", "The service is ending")).answer(http));
        server.errorHandler(405, http -> {
            http.response().putHeader(HttpHeaders.ALLOW, paths.getRoutes().stream()
                    .filter(path -> path.methods() != null && http.normalizedPath().matches(
                            path.getPath().replaceAll(":\\w+", "[^/]+") + (path.isExactPath() ? "/?" : ".*")))
                    .map(path -> path.methods().iterator().next().name()).collect(Collectors.joining(", ")));
            Problem.of(405, "method-not-allowed", "The method is not allowed here", "The header Allow lists what is")
                    .answer(http);
        });
        server.errorHandler(413, http -> Problem.of(413, "too-large",
                "The request body is too large", "At most 64 KiB are read").answer(http));
        server.errorHandler(415, http -> Problem.of(415, "unsupported-media-type",
                "The content type is not supported", "Send application/json").answer(http));
    }

    private static Problem unexpected() {
        return Problem.of(500, "internal-error", "This should not have happened", "See the service's log");
    }

    private static <T extends Exception> T caught(Exchange exchange, Class<T> type) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, type);
    }

    /** Reads the id in the path into the body, where the statement finds it; what is no id is not found. */
    public static void readId(Exchange exchange) {
        readIds(exchange, List.of("id"));
    }

    /** Reads the ids in the path into the body, as UUIDs by their names; what is no id is not found. */
    public static void readIds(Exchange exchange, List<String> names) {
        Map<String, UUID> ids = new HashMap<>();
        try {
            for (String name : names) {
                ids.put(name, uuid(exchange.getMessage().getHeader(name, String.class)));
            }
            exchange.getMessage().setBody(ids);
        } catch (IllegalArgumentException e) {
            Problem.notFound().answer(exchange);
            exchange.setRouteStop(true);
        }
    }

    /** UUID.fromString takes more than UUIDs: 0-0-0-0-0. */
    private static UUID uuid(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equalsIgnoreCase(text)) {
            throw new IllegalArgumentException();
        }
        return uuid;
    }

    /**
     * Reads the query {@code ids=<id>,<id>...} into the body, where the statement finds it; what are no ids is
     * refused.
     */
    public static void readListedIds(Exchange exchange) {
        // Camel sends the commas as %2C
        String query = URLDecoder.decode(exchange.getMessage().getHeader(Exchange.HTTP_QUERY, "", String.class), UTF_8);
        if (IDS.matcher(query).matches()) {
            exchange.getMessage().setBody(Map.of("ids", query.substring("ids=".length())));
        } else {
            Problem.unreadable().answer(exchange);
            exchange.setRouteStop(true);
        }
    }

    /** Answers with the JSON document that a statement found. */
    public static void answerFound(Exchange exchange) {
        Message answer = exchange.getMessage();
        byte[] document = answer.getBody(String.class).getBytes(UTF_8);
        answer.removeHeaders("*");
        answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        answer.setBody(ByteBuffer.wrap(document)); // of known length: not sent in chunks
    }

    /**
     * Answers with the JSON document about somebody that a statement found, or that there is none. Not for any cache.
     *
     * @param resource what was asked for, in the singular, for example {@code user}
     */
    public static void answerFound(Exchange exchange, String resource) {
        if (exchange.getMessage().getBody() == null) {
            UUID id = UUID.fromString(exchange.getMessage().getHeader("id", String.class));
            Problem.noSuch(resource, id.toString()).answer(exchange);
        } else {
            answerFound(exchange);
            exchange.getMessage().setHeader("Cache-Control", Problem.NO_STORE);
        }
    }
}
