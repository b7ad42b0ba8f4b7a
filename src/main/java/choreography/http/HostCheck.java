package choreography.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.auth.authentication.AuthenticationProvider;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.AuthenticationHandler;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.component.platform.http.vertx.auth.AuthenticationConfig.AuthenticationConfigEntry;
import org.apache.camel.component.platform.http.vertx.auth.AuthenticationConfig.AuthenticationHandlerFactory;

/**
 * A server that is open on loopback answers nobody who calls it by another name: the page of a stranger, whose name
 * leads here for a moment (DNS rebinding), would read what only this machine may.
 */
final class HostCheck {

    private static final Set<String> LOOPBACK = Set.of("localhost", "localhost.", "127.0.0.1", "[::1]");
    private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*?)(:\\d*)?(?=[/?#]|$)");
    private static final Problem MISDIRECTED = Problem.of(421, "misdirected-request",
            "This is not the host that was asked for", "Call it localhost: it is open on this machine only");

    private HostCheck() { }

    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("There is no host " + host, e);
        }
    }

    /** Before any route, and before the server listens: where Camel would authenticate. */
    static void guard(VertxPlatformHttpServerConfiguration server) {
        if (isLoopback(server.getBindHost())) {
            addFirst(server, HostCheck::check);
        }
    }

    static void addFirst(VertxPlatformHttpServerConfiguration server, AuthenticationHandler handler) {
        AuthenticationConfigEntry entry = new AuthenticationConfigEntry();
        entry.setPath("/*");
        entry.setAuthenticationProviderFactory(vertx -> null);
        entry.setAuthenticationHandlerFactory(new AuthenticationHandlerFactory() {
            @Override
            public <T extends AuthenticationProvider> AuthenticationHandler createAuthenticationHandler(T none) {
                return handler;
            }
        });
        server.getAuthenticationConfig().getEntries().add(entry);
        server.getAuthenticationConfig().setEnabled(true);
    }

    /** A host in the request line counts instead of the header (RFC 9112 3.2.2). */
    private static boolean isHere(String target) {
        Matcher absolute = ABSOLUTE.matcher(target);
        return !absolute.lookingAt() || LOOPBACK.contains(absolute.group(1).toLowerCase(Locale.ROOT));
    }

    private static void check(RoutingContext http) {
        HostAndPort named = http.request().authority();
        boolean here = named == null
                ? !http.request().headers().contains(HttpHeaders.HOST)
                : LOOPBACK.contains(named.host().toLowerCase(Locale.ROOT));
        if (here && isHere(http.request().uri())) {
            http.next();
        } else {
            MISDIRECTED.answer(http);
        }
    }
}
