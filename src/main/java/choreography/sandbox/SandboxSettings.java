package choreography.sandbox;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Where the sandbox keeps its data and which ports of the loopback interface it listens on.
 *
 * @param data         folder that holds messages, rows and mail from one start to the next ({@code sandbox.data})
 * @param fresh        true to delete that data first ({@code sandbox.fresh})
 * @param brokerPort   Artemis, for the services ({@code sandbox.broker-port})
 * @param consolePort  Artemis, its web console ({@code sandbox.console-port})
 * @param databasePort PostgreSQL ({@code sandbox.database-port})
 * @param smtpPort     the mail server ({@code sandbox.smtp-port})
 * @param mailPort     the list of accepted mail, over HTTP ({@code sandbox.mail-port})
 */
public record SandboxSettings(Path data, boolean fresh,
                              int brokerPort, int consolePort, int databasePort, int smtpPort, int mailPort) {

    /**
     * Reads the settings; a property that is not set has its default.
     *
     * @param property answers a property's value by its name, or null
     * @throws SandboxException if a port is not a number between 1 and 65535
     */
    public static SandboxSettings of(UnaryOperator<String> property) {
        return new SandboxSettings(
                Path.of(text(property, "sandbox.data", "data")),
                Boolean.parseBoolean(text(property, "sandbox.fresh", "false")),
                port(property, "sandbox.broker-port", "61616"),
                port(property, "sandbox.console-port", "8161"),
                port(property, "sandbox.database-port", "15432"),
                port(property, "sandbox.smtp-port", "1025"),
                port(property, "sandbox.mail-port", "8025"));
    }

    /** Each port by what it is for, followed by the property that changes it. */
    Map<String, Integer> ports() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        ports.put("the message broker (sandbox.broker-port)", brokerPort);
        ports.put("the broker's web console (sandbox.console-port)", consolePort);
        ports.put("the database (sandbox.database-port)", databasePort);
        ports.put("the mail server (sandbox.smtp-port)", smtpPort);
        ports.put("the mail list (sandbox.mail-port)", mailPort);
        return ports;
    }

    private static String text(UnaryOperator<String> property, String name, String ifUnset) {
        String value = property.apply(name);
        return value == null || value.isBlank() ? ifUnset : value.trim();
    }

    private static int port(UnaryOperator<String> property, String name, String ifUnset) {
        String value = text(property, name, ifUnset);
        if (!value.matches("\\d{1,5}") || Integer.parseInt(value) < 1 || Integer.parseInt(value) > 65535) {
            throw new SandboxException(name + " must be a port between 1 and 65535, not '" + value + "'.");
        }
        return Integer.parseInt(value);
    }
}
