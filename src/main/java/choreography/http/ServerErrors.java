package choreography.http;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;

/** What the HTTP server answers itself, before or instead of a route: as problems, too. */
public final class ServerErrors {

    private static final Pattern PATH_PARAMETER = Pattern.compile(":\\w+");

    private ServerErrors() { }

    /** To be called when the server has started: what is about requests to services. */
    public static void answerWithProblems(CamelContext context, int port) {
        VertxPlatformHttpRouter paths = VertxPlatformHttpRouter.lookup(context,
                VertxPlatformHttpRouter.getRouterNameFromPort(port));
        Router server = (Router) paths.getServer().getServer().requestHandler();
        answerWithProblems(paths); // under ./camel run the server is Camel's own
        IdempotencyKeys keys = new IdempotencyKeys(context);
        server.route().order(Integer.MIN_VALUE + 1).handler(http -> {
            HttpServerRequest request = http.request();
            keys.give(http);
            // throws what becomes 400; where a path has a parameter, Vert.x would answer that with plain text
            http.queryParams();
            http.queryParams().clear(); // Camel would take them for headers, such as an Idempotency-Key
            // requests under way end, siblings still read
            if (context.isStopping() && request.method() == HttpMethod.POST) {
                Problem.unavailable("stopping", "The service is ending").answer(http);
            } else if (!request.headers().getAll(HttpHeaders.CONTENT_ENCODING).stream()
                    .allMatch("identity"::equalsIgnoreCase)) {
                http.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "identity");
                Problem.of(415, "unsupported-media-type", "The content coding is not supported",
                        "Send the body as it is, without Content-Encoding").answer(http);
            // Camel reads forms and strange charsets on every path, and fails
            } else if (!MediaType.isJsonOrNone(request.headers().getAll(HttpHeaders.CONTENT_TYPE))) {
                http.fail(415);
            } else {
                if (request.headers().contains(HttpHeaders.CONTENT_TYPE)) { // Vert.x knows one spelling
                    request.headers().set(HttpHeaders.CONTENT_TYPE, MediaType.JSON);
                }
                answerOrPassOn(paths, http);
            }
        });
        // a path that is gone proves nothing: a lookup would take it for an unknown user (while starting:
        // HttpServerFactory)
        server.errorHandler(404, http -> {
            if ("*".equals(http.request().uri()) && http.request().method() == HttpMethod.OPTIONS) {
                answerOptions("GET, HEAD, POST, OPTIONS", http); // about the server, not about a path
            } else if (!context.isStarted()) {
                Problem.unavailable("service-unavailable", "The service is ending").answer(http);
            } else if (!methodsOf(paths, http).isEmpty()) { // it was not there yet when the request came
                Problem.unavailable("service-unavailable", "The service is starting").answer(http);
            } else {
                Problem.notFound().answer(http);
            }
        });
        server.errorHandler(413, http -> Problem.of(413, "too-large",
                "The request body is too large", "At most 64 KiB are read").answer(http));
        server.errorHandler(415, http -> Problem.of(415, "unsupported-media-type",
                "The content type is not supported", "Send application/json").answer(http));
    }

    /** What any server of ours answers; Vert.x would log a stack trace of some. */
    static void answerWithProblems(VertxPlatformHttpRouter paths) {
        // an Error that a processor throws passes Camel by
        paths.errorHandler(500, http -> Problem.unexpected().answer(http));
        // Vert.x's word for a caller who went away before the request was whole: there is nobody to answer
        paths.errorHandler(200, http -> { });
        paths.errorHandler(400, http -> Problem.unreadable().answer(http));
        paths.errorHandler(404, http -> Problem.notFound().answer(http));
        paths.errorHandler(405, http -> {
            http.response().putHeader(HttpHeaders.ALLOW, methodsOf(paths, http));
            Problem.of(405, "method-not-allowed", "The method is not allowed here", "The header Allow lists what is")
                    .answer(http);
        });
        paths.errorHandler(417, http -> Problem.of(417, "expectation-failed", "The expectation cannot be met",
                "Send Expect: 100-continue, or none").answer(http));
    }

    /** Every path that knows GET knows HEAD, and every path OPTIONS. */
    static void answerOrPassOn(VertxPlatformHttpRouter paths, RoutingContext http) {
        HttpServerRequest request = http.request();
        if (request.method() == HttpMethod.OPTIONS && !methodsOf(paths, http).isEmpty()) {
            answerOptions(methodsOf(paths, http), http);
        } else if (request.method() == HttpMethod.HEAD) { // the server leaves out the body
            http.reroute(HttpMethod.GET, request.query() == null ? request.path()
                    : request.path() + "?" + request.query());
        } else {
            http.next();
        }
    }

    private static void answerOptions(String methods, RoutingContext http) {
        http.response().setStatusCode(204).putHeader(HttpHeaders.ALLOW, methods)
                .putHeader(HttpHeaders.DATE, HttpDate.now()).end();
    }

    private static String methodsOf(VertxPlatformHttpRouter paths, RoutingContext http) {
        Set<String> methods = new LinkedHashSet<>();
        for (Route path : paths.getRoutes()) {
            if (path.methods() != null && http.normalizedPath().matches(
                    PATH_PARAMETER.matcher(path.getPath()).replaceAll("[^/]+") + (path.isExactPath() ? "/?" : ".*"))) {
                path.methods().forEach(method -> methods.add(method.name()));
            }
        }
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        if (!methods.isEmpty()) {
            methods.add("OPTIONS");
        }
        return String.join(", ", methods);
    }

    /** Answers what is no HTTP request, or too long to be read. */
    static void answerInvalid(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        Problem problem = cause instanceof TooLongHttpLineException
                ? Problem.of(414, "uri-too-long", "The request line is too long", "At most 4 KiB are read")
                : cause instanceof TooLongHttpHeaderException
                ? Problem.of(431, "headers-too-large", "The headers are too large", "At most 8 KiB are read")
                : Problem.unreadable();
        request.response().setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, Problem.CONTENT_TYPE)
                .putHeader(HttpHeaders.CACHE_CONTROL, Problem.NO_STORE)
                .putHeader(HttpHeaders.DATE, HttpDate.now())
                .putHeader(HttpHeaders.CONNECTION, "close")
                .end(problem.toJson()).onComplete(answered -> request.connection().close());
    }
}
