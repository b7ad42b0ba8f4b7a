package choreography.http;

import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;

/** What the HTTP server answers itself, before or instead of a route: as problems, too. */
public final class ServerErrors {

    private static final Pattern JSON = Pattern.compile("(?i)application/json *(; *charset=\"?utf-8\"? *)?");

    private ServerErrors() { }

    /** To be called when the server has started. */
    public static void answerWithProblems(CamelContext context, int port) {
        VertxPlatformHttpRouter paths = VertxPlatformHttpRouter.lookup(context,
                VertxPlatformHttpRouter.getRouterNameFromPort(port));
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
        // an Error that a processor throws passes Camel by
        server.errorHandler(500, http -> Problem.unexpected().answer(http));
        server.errorHandler(400, http -> Problem.unreadable().answer(http));
        // a path that is gone proves nothing: a lookup would take it for an unknown user (while starting:
        // HttpServerFactory)
        server.errorHandler(404, http -> (context.isStarted() ? Problem.notFound()
                : Problem.unavailable("service-unavailable", "The service is ending")).answer(http));
        server.errorHandler(405, http -> {
            http.response().putHeader(HttpHeaders.ALLOW, methodsOf(paths, http));
            Problem.of(405, "method-not-allowed", "The method is not allowed here", "The header Allow lists what is")
                    .answer(http);
        });
        server.errorHandler(413, http -> Problem.of(413, "too-large",
                "The request body is too large", "At most 64 KiB are read").answer(http));
        server.errorHandler(415, http -> Problem.of(415, "unsupported-media-type",
                "The content type is not supported", "Send application/json").answer(http));
    }

    private static String methodsOf(VertxPlatformHttpRouter paths, RoutingContext http) {
        return paths.getRoutes().stream()
                .filter(path -> path.methods() != null && http.normalizedPath().matches(
                        path.getPath().replaceAll(":\\w+", "[^/]+") + (path.isExactPath() ? "/?" : ".*")))
                .map(path -> path.methods().iterator().next().name())
                .collect(Collectors.joining(", "));
    }
}
