package choreography.http;

import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.CamelContext;

/**
 * Gives each request to register or order an Idempotency-Key, if it has none, and says its key in the answer, whatever
 * that will be: who is not told the outcome can repeat the request safely.
 */
public final class IdempotencyKeys {

    public static final String HEADER = "Idempotency-Key";

    private static final Pattern KEY = Pattern.compile("[!-~]{1,255}");
    private static final Pattern REQUESTS = Pattern.compile("/(register|order)/?");

    private final boolean demanded;

    /** If the gateway demands keys, none is made: a request without one will be refused. */
    IdempotencyKeys(CamelContext context) {
        demanded = Boolean.parseBoolean(context.resolvePropertyPlaceholders("{{gateway.require-idempotency-key}}"));
    }

    /** @param key what the header's values are: one, none (null) or several */
    public static boolean isKey(Object key) {
        return key instanceof String one && KEY.matcher(one).matches();
    }

    /** To be called before the request is answered, however. */
    void give(RoutingContext http) {
        if (isRequest(http)) {
            List<String> keys = http.request().headers().getAll(HEADER);
            if (keys.isEmpty() && !demanded) {
                keys = List.of(UUID.randomUUID().toString());
                http.request().headers().set(HEADER, keys.get(0));
            }
            if (keys.size() == 1 && isKey(keys.get(0))) {
                http.response().putHeader(HEADER, keys.get(0));
            }
        }
    }

    private static boolean isRequest(RoutingContext http) {
        try {
            return http.request().method() == HttpMethod.POST && REQUESTS.matcher(http.normalizedPath()).matches();
        } catch (IllegalArgumentException e) {
            return false; // the router says what is wrong with the path
        }
    }
}
