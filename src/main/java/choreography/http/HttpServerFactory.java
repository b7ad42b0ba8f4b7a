package choreography.http;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import choreography.contract.Loopback;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import org.apache.camel.CamelContext;
import org.apache.camel.Service;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.main.DefaultMainHttpServerFactory;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.main.HttpManagementServerConfigurationProperties;
import org.apache.camel.main.HttpServerConfigurationProperties;

/**
 * Makes an HTTP server that answers 503 until all routes have started. Camel opens the port first: a path that is not
 * there yet would be answered 404, and a caller would believe it. This server and that for management check who is
 * called ({@link HostCheck}), and let nobody hold them up ({@link Connections}).
 */
public class HttpServerFactory extends DefaultMainHttpServerFactory {

    @Override
    public Service newHttpServer(CamelContext context, HttpServerConfigurationProperties properties) {
        VertxPlatformHttpServerConfiguration configuration = ((MainHttpServer) super.newHttpServer(context, properties))
                .getConfiguration();
        HostCheck.guard(configuration);
        return new StartingServer(configuration);
    }

    /**
     * Details of health name hosts, ports, drivers and orders: a query asks for them, and gets them on this machine
     * only.
     */
    @Override
    public Service newHttpManagementServer(CamelContext context,
            HttpManagementServerConfigurationProperties properties) {
        ManagementHttpServer server = (ManagementHttpServer) super.newHttpManagementServer(context, properties);
        HostCheck.guard(server.getConfiguration());
        if (!HostCheck.isLoopback(server.getHost())) {
            HostCheck.addFirst(server.getConfiguration(), http -> {
                http.request().params().clear();
                http.next();
            });
        }
        try {
            exchangeServer(server, context);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return server;
    }

    /**
     * Camel makes the server that management listens with, unless there is one with its port: it is told so, and then
     * given another.
     */
    private static void exchangeServer(ManagementHttpServer management, CamelContext context) throws Exception {
        Server server = new Server(management.getConfiguration()) {
            @Override
            protected void initializeServer() {
                super.initializeServer();
                paths().route().order(Integer.MIN_VALUE + 1)
                        .handler(http -> ServerErrors.answerOrPassOn(paths(), http));
            }
        };
        context.addService(server);
        int port = management.getPort();
        management.setPort(context.hasService(VertxPlatformHttpServer.class).getConfigurationPort());
        management.init();
        management.setPort(port);
        Field field = ManagementHttpServer.class.getDeclaredField("server");
        field.setAccessible(true);
        field.set(management, server);
    }

    /** Answers that it is starting until it has started. */
    private static final class StartingServer extends Server {

        StartingServer(VertxPlatformHttpServerConfiguration configuration) {
            super(configuration);
        }

        @Override
        protected void initializeServer() {
            super.initializeServer();
            IdempotencyKeys keys = new IdempotencyKeys(getCamelContext());
            paths().route().handler(http -> {
                if (getCamelContext().isStarting()) {
                    keys.give(http);
                    Problem.unavailable("service-unavailable", "The service is starting").answer(http);
                } else {
                    http.next();
                }
            });
        }
    }

    /** Listens on both loopbacks, and tells every connection and request what they may. */
    private static class Server extends VertxPlatformHttpServer {

        private static final long PATIENCE_S = 30;

        private final String host;
        private final int port;
        private final List<HttpServer> servers = new ArrayList<>();

        Server(VertxPlatformHttpServerConfiguration configuration) {
            super(configuration);
            host = configuration.getBindHost();
            port = configuration.getPort();
        }

        VertxPlatformHttpRouter paths() {
            return VertxPlatformHttpRouter.lookup(getCamelContext(),
                    VertxPlatformHttpRouter.getRouterNameFromPort(port));
        }

        @Override
        protected void initializeServer() { // before it listens
            super.initializeServer();
            paths().route().order(Integer.MIN_VALUE).handler(http -> {
                http.response().putHeader(HttpHeaders.DATE, HttpDate.now());
                http.next();
            });
            ServerErrors.answerWithProblems(paths());
        }

        @Override
        protected void startServer() throws Exception {
            Connections connections = new Connections();
            getVertx().setPeriodic(1000, timer -> connections.closeLate());
            // HTTP/2 without TLS: nobody asks for it, and these limits are those of HTTP/1
            HttpServerOptions options = new HttpServerOptions().setHttp2ClearTextEnabled(false);
            int chosen = port;
            for (String address : Loopback.addresses(host)) {
                HttpServer server = getVertx().createHttpServer(options).requestHandler(paths())
                        .invalidRequestHandler(ServerErrors::answerInvalid)
                        .connectionHandler(connections::add);
                await(server.listen(chosen, address));
                chosen = server.actualPort();
                servers.add(server);
            }
        }

        @Override
        protected void stopServer() {
            getCamelContext().removeComponent(PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME);
            servers.forEach(server -> await(server.close()));
            servers.clear();
        }

        @Override
        protected void stopVertx() {
            if (getVertx() != null) { // it was started
                await(getVertx().close());
            }
        }

        @Override
        public HttpServer getServer() {
            return servers.isEmpty() ? null : servers.get(0);
        }

        @Override
        public int getPort() {
            return servers.isEmpty() ? port : servers.get(0).actualPort();
        }

        private static void await(Future<?> future) {
            try {
                future.toCompletionStage().toCompletableFuture().get(PATIENCE_S, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}
