package choreography;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import choreography.contract.Loopback;
import choreography.contract.Services;
import choreography.http.HttpEdge;
import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxException;
import choreography.sandbox.SandboxSettings;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.spi.PropertiesComponent;
import org.apache.camel.support.PluginHelper;

/**
 * Runs the parts that the property {@code services} names. Arguments {@code --name=value} set properties of
 * application.properties.
 */
public final class Main extends MainListenerSupport {

    private static final String SANDBOX = "sandbox";

    private final Settings settings;
    private Sandbox sandbox;
    private String summary = "";

    /** For an application of its own, which sets what it wants. */
    public Main() {
        this(null);
    }

    private Main(Settings settings) {
        this.settings = settings;
    }

    /** @param arguments names of the properties that the command line sets */
    private static Settings settings(Collection<String> arguments) {
        Set<String> parts = new TreeSet<>(Services.all());
        parts.add(SANDBOX);
        return new Settings(parts, arguments);
    }

    public static void main(String... arguments) throws Exception {
        Locale.setDefault(Locale.ROOT); // else libraries write digits, and the year, as the user's language does
        if (List.of(arguments).contains("--help") || List.of(arguments).contains("-h")) {
            System.out.print(settings(List.of()).help());
            System.exit(0);
        }
        List<String> names = new ArrayList<>();
        for (String argument : arguments) {
            if (!argument.matches("(?s)--[^=\\s]+=.*")) {
                System.err.println("Not understood: " + argument
                        + ". Arguments are --name=value, for example --services=gateway,user; --help shows all");
                System.exit(2);
            }
            String name = argument.substring(2, argument.indexOf('='));
            names.add(name);
            if (!name.startsWith("java.")) { // Java's own: refused below, as what there is not
                System.setProperty(name, argument.substring(argument.indexOf('=') + 1));
            }
        }
        // else looked for in every jar, several times a mail
        System.setProperty("jakarta.mail.util.StreamProvider", "org.eclipse.angus.mail.util.MailStreamProvider");
        var camel = new org.apache.camel.main.Main();
        camel.addMainListener(new Main(settings(names)));
        try {
            camel.run();
        } catch (Exception e) {
            System.err.println("Could not start: " + reason(e));
            System.exit(1);
        }
    }

    private static String reason(Throwable e) {
        return e.getCause() == null || e instanceof SandboxException ? e.getMessage() : reason(e.getCause());
    }

    @Override
    public void beforeInitialize(BaseMainSupport main) {
        PropertiesComponent properties = main.getCamelContext().getPropertiesComponent();
        if (settings != null) {
            settings.check(properties::parseUri);
        }
        List<String> services = services(properties);
        if (services.remove(SANDBOX)) {
            sandbox = Sandbox.start(SandboxSettings.of(name -> properties.parseUri("{{" + name + "}}")));
            summary = sandbox.describe() + "\n";
        }
        if (services.isEmpty()) {
            main.configure().setRoutesIncludePattern("false");
            properties.addOverrideProperty("camel.server.enabled", "false");
            properties.addOverrideProperty("camel.management.enabled", "false");
            return;
        }
        main.configure().addRoutesBuilder(new HttpEdge());
        List<String> yaml = new ArrayList<>(List.of(Services.SHARED));
        for (String service : services) {
            routesInJava(service, main.getCamelContext()).forEach(main.configure()::addRoutesBuilder);
            yaml.add(Services.file(service));
        }
        main.configure().setRoutesIncludePattern(String.join(",", yaml));
        summary += properties.parseUri("""
                Services     %s
                HTTP         http://localhost:{{http.port}}
                Health       http://localhost:{{management.port}}/observe/health
                """.formatted(String.join(", ", services)));
    }

    private static List<String> services(PropertiesComponent properties) {
        return new ArrayList<>(List.of(properties.parseUri("{{services}}").trim().split("\\s*,\\s*")));
    }

    /** What a service says in Java: the builders of routes in its package, which are called so. */
    private static List<RoutesBuilder> routesInJava(String service, CamelContext camel) {
        return PluginHelper.getPackageScanClassResolver(camel)
                .findImplementations(RouteBuilder.class, Main.class.getPackageName() + "." + service).stream()
                .filter(type -> type.getSimpleName().endsWith("Routes"))
                .sorted(Comparator.comparing(Class::getName))
                .map(type -> (RoutesBuilder) camel.getInjector().newInstance(type)).toList();
    }

    /** The HTTP server would only log that its port is taken. */
    @Override
    public void beforeStart(BaseMainSupport main) {
        PropertiesComponent properties = main.getCamelContext().getPropertiesComponent();
        Siblings.requireKnown(((ModelCamelContext) main.getCamelContext()).getRouteDefinitions(), services(properties),
                name -> properties.parseUri("{{" + name + "}}"));
        Map.of("camel.server.enabled", "http", "camel.management.enabled", "management").forEach((enabled, server) -> {
            if (Boolean.parseBoolean(properties.parseUri("{{" + enabled + "}}"))) {
                int number = Integer.parseInt(properties.parseUri("{{" + server + ".port}}"));
                for (String address : Loopback.addresses(properties.parseUri("{{" + server + ".host}}"))) {
                    try (ServerSocket free = new ServerSocket()) {
                        free.bind(new InetSocketAddress(address, number));
                    } catch (IOException e) {
                        throw new IllegalStateException("Port %s is taken: set %s.port to a free one".formatted(
                                number, server));
                    }
                }
            }
        });
    }

    @Override
    public void afterStart(BaseMainSupport main) {
        System.out.print(summary);
    }

    @Override
    public void afterStop(BaseMainSupport main) {
        if (sandbox != null) {
            sandbox.close();
        }
    }
}
