package choreography.http;

import org.apache.camel.CamelContext;
import org.apache.camel.Service;
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
 * called ({@link HostCheck}).
 */
public class HttpServerFactory extends DefaultMainHttpServerFactory {

    @Override
    public Service newHttpServer(CamelContext context, HttpServerConfigurationProperties properties) {
        VertxPlatformHttpServerConfiguration configuration = ((MainHttpServer) super.newHttpServer(context, properties))
                .getConfiguration();
        HostCheck.guard(configuration);
        return new Server(configuration);
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
        return server;
    }

    private static final class Server extends VertxPlatformHttpServer {

        private final int port;

        Server(VertxPlatformHttpServerConfiguration configuration) {
            super(configuration);
            port = configuration.getPort();
        }

        @Override
        protected void initializeServer() { // before it listens
            super.initializeServer();
            IdempotencyKeys keys = new IdempotencyKeys(getCamelContext());
            VertxPlatformHttpRouter.lookup(getCamelContext(), VertxPlatformHttpRouter.getRouterNameFromPort(port))
                    .route().handler(http -> {
                        if (getCamelContext().isStarting()) {
                            keys.give(http);
                            Problem.unavailable("service-unavailable", "The service is starting").answer(http);
                        } else {
                            http.next();
                        }
                    });
        }
    }
}
