package choreography;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What an installation can set: the upper part of application.properties says each name and its default, this class
 * what is allowed. All faults are told at once, before anything starts.
 */
final class Settings {

    private static final String FILE = "application.properties";
    private static final String END_OF_SETTINGS = "# ---- below this line";
    private static final Pattern LABELS = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?"
            + "(\\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*\\.?");
    private static final Pattern IP_V6 = Pattern.compile("\\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%\\w+)?]?");
    private static final Pattern SECRETS = Pattern.compile(
            "(?i)((?:password|secret|token)[a-z]*=)[^&;,)\\s]*|(//)[^\\s?]*(?=@)");
    /** Camel takes such a value for something else, wherever it comes from. */
    private static final Pattern REFERENCE = Pattern.compile("#(bean|class|type|property):|#valueAs\\(|#autowired$");
    private static final int LONGEST_SHOWN = 200;

    /** Camel knows what there is in each of its groups, and refuses what there is not. */
    private static final Pattern CAMELS = Pattern.compile("(?i)camel\\.(component|dataformat|language|beans"
            + "|variable|globalOptions|devConsole|context|routeTemplate\\[\\w+]" + groupsOfCamel() + ")\\.");

    /** Under which Java has properties of its own. */
    private static final Set<String> JAVAS_TOO = Set.of("user.", "http.");

    private record Kind(String allowed, Predicate<String> allows) { }

    /** One setting of the file: what is said above it, its name and its default. */
    private record Entry(List<String> comment, String name, String value) { }

    private final List<Entry> entries = read();
    private final Map<String, Kind> kinds;
    private final Set<String> arguments;

    /**
     * @param parts     that {@code services} can name
     * @param arguments names that were set on the command line
     */
    Settings(Collection<String> parts, Collection<String> arguments) {
        kinds = kinds(new TreeSet<>(parts));
        this.arguments = new LinkedHashSet<>(arguments);
    }

    private static Map<String, Kind> kinds(Set<String> parts) {
        Kind port = whole(1, 65535);
        Kind ownHost = new Kind("a name or address of this machine", Settings::isThisMachine);
        Kind host = new Kind("a host name or address", Settings::isHost);
        Kind http = new Kind("http://host:port or https://host:port, perhaps with a path; no _ in a host's name",
                Settings::isHttp);
        Kind bool = new Kind("true or false", value -> value.matches("(?i)true|false"));
        Kind secret = new Kind("not empty, and no reference such as #bean:name",
                value -> !value.isEmpty() && !REFERENCE.matcher(value).lookingAt());
        Kind anything = new Kind("anything but a reference such as #bean:name",
                value -> !REFERENCE.matcher(value).lookingAt());
        Map<String, Kind> kinds = new HashMap<>();
        kinds.put("services", new Kind("one or more of " + String.join(", ", parts)
                + ", each once, with commas between", value -> isListOf(parts, value)));
        kinds.put("http.host", ownHost);
        kinds.put("management.host", ownHost);
        kinds.put("smtp.host", host);
        for (String name : List.of("http.port", "management.port", "smtp.port", "sandbox.broker-port",
                "sandbox.console-port", "sandbox.database-port", "sandbox.smtp-port", "sandbox.mail-port")) {
            kinds.put(name, port);
        }
        kinds.put("broker.url", new Kind("tcp://host:port, or (tcp://host:port,tcp://host:port)?ha=true",
                ServerUrls::isBroker));
        kinds.put("broker.user", secret);
        kinds.put("broker.password", secret);
        kinds.put("database.url", new Kind("jdbc:postgresql://host:port/database", ServerUrls::isDatabase));
        kinds.put("smtp.user", anything);
        kinds.put("smtp.password", anything);
        kinds.put("notification.mail-from", new Kind("an e-mail address", Settings::isMailAddress));
        kinds.put("notification.mail-domain", new Kind("a domain name", value -> LABELS.matcher(value).matches()));
        kinds.put("notification.concurrent-mails", whole(1, 100));
        kinds.put("notification.retry-after-ms", whole(1, 3_600_000));
        kinds.put("gateway.reply-timeout-ms", whole(1, 600_000));
        kinds.put("gateway.max-waiting", whole(1, 500)); // the HTTP server has 550 threads
        kinds.put("gateway.require-idempotency-key", bool);
        kinds.put("billing.opening-credit", whole(0, 1_000_000_000_000L));
        kinds.put("sandbox.data", new Kind("a folder", Settings::isPath));
        kinds.put("sandbox.fresh", bool);
        for (String service : parts) { // those that the file has
            kinds.put(service + ".database-password", secret);
            kinds.put(service + ".url", http);
            kinds.put(service + ".stuck-after-ms", whole(1, 31_536_000_000L));
            kinds.put(service + ".check-interval-ms", whole(1, 86_400_000));
        }
        return kinds;
    }

    private static Kind whole(long from, long to) {
        return new Kind("a whole number from " + from + " to " + to, value -> value.matches("0|-?[1-9][0-9]{0,17}")
                && Long.parseLong(value) >= from && Long.parseLong(value) <= to);
    }

    /** What {@code --help} prints. */
    String help() {
        StringBuilder text = new StringBuilder("""
                Runs the parts that services names. Each setting is --name=value here, -Dname=value for Java, or NAME in
                the environment (BROKER_URL for broker.url), where passwords belong. With their defaults:
                """);
        for (Entry entry : entries) {
            if (!entry.comment.isEmpty()) {
                text.append('\n');
            }
            entry.comment.forEach(line -> text.append(line).append('\n'));
            text.append("  --%s=%s%n      %s%n".formatted(entry.name, entry.value, kinds.get(entry.name).allowed));
        }
        return text.toString();
    }

    /**
     * @param property gives the value of a property, placeholders resolved
     * @throws IllegalArgumentException with a line for each fault
     */
    void check(UnaryOperator<String> property) {
        List<String> faults = new ArrayList<>(unknown());
        Map<String, String> right = new LinkedHashMap<>();
        for (Entry entry : entries) {
            Kind kind = kinds.get(entry.name);
            String value;
            try {
                value = property.apply("{{" + entry.name + ":}}");
                if (isOtherSettings(entry, value, property)) {
                    continue;
                }
            } catch (RuntimeException e) {
                faults.add(entry.name + ": names a setting that there is not, or itself");
                continue;
            }
            if (isSecret(entry.name) && !isAsGiven(entry.name, value)) {
                faults.add(entry.name + ": must have no \\ and no }} in it, which mean something to Camel");
            } else if (kind.allows.test(value)) {
                right.put(entry.name, value);
            } else {
                faults.add(entry.name + (isSecret(entry.name) ? "" : "=" + shown(value)) + ": must be "
                        + kind.allowed);
            }
        }
        faults.addAll(sharedPorts(right));
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException("settings are wrong (--help shows what is allowed)\n"
                    + String.join("\n", faults));
        }
    }

    /** A default that is made of other settings, whose faults are told under their own names. */
    private static boolean isOtherSettings(Entry entry, String value, UnaryOperator<String> property) {
        return entry.value.contains("{{") && value.equals(property.apply(entry.value));
    }

    private static List<String> sharedPorts(Map<String, String> values) {
        boolean sandbox = Arrays.asList(values.getOrDefault("services", "").trim().split("\\s*,\\s*"))
                .contains("sandbox");
        Map<String, String> first = new HashMap<>();
        List<String> faults = new ArrayList<>();
        values.forEach((name, value) -> {
            if (name.endsWith("port") && !name.equals("smtp.port") && (sandbox || !name.startsWith("sandbox."))) {
                String other = first.putIfAbsent(value, name);
                if (other != null) {
                    faults.add(name + "=" + value + ": must be another port than " + other);
                }
            }
        });
        return faults;
    }

    private List<String> unknown() {
        Set<String> known = entries.stream().map(Entry::name).collect(Collectors.toSet());
        Map<String, String> near = new LinkedHashMap<>();
        arguments.stream().filter(name -> !known.contains(name) && !CAMELS.matcher(name.replace("-", "")).lookingAt())
                .forEach(name -> near.put(name, nearest(name, known)));
        System.getProperties().stringPropertyNames().stream().sorted()
                .filter(name -> !known.contains(name) && !near.containsKey(name))
                .filter(name -> isMeantForUs(name, known))
                .forEach(name -> near.put(name, nearest(name, known)));
        List<String> faults = near.entrySet().stream().map(Settings::noSuch).collect(Collectors.toList());
        Map<String, String> variables = known.stream()
                .collect(Collectors.toMap(Settings::variable, name -> name));
        System.getenv().keySet().stream().sorted().filter(name -> !variables.containsKey(name))
                .filter(name -> name.contains("_"))
                .forEach(name -> variables.keySet().stream().filter(other -> distance(name, other) <= 1)
                        .findFirst().ifPresent(other -> faults.add(noSuch(Map.entry(name, other)))));
        return faults;
    }

    /** Of Java's own properties and those of others only such as can be a slip of the pen. */
    private static boolean isMeantForUs(String name, Set<String> known) {
        String group = name.substring(0, name.indexOf('.') + 1);
        return !group.isEmpty() && known.stream().anyMatch(other -> distance(name, other) <= 2
                || other.startsWith(group) && !JAVAS_TOO.contains(group));
    }

    private static String noSuch(Map.Entry<String, String> nameAndNearest) {
        return shown(nameAndNearest.getKey()) + ": there is no such setting; the nearest is "
                + nameAndNearest.getValue();
    }

    private static String nearest(String name, Set<String> known) {
        return known.stream().min(Comparator.<String>comparingInt(other -> distance(name.toLowerCase(Locale.ROOT),
                other)).thenComparing(Comparator.naturalOrder())).orElseThrow();
    }

    /** How many letters are missing, too many, others, or in the wrong order. */
    private static int distance(String one, String other) {
        int[][] steps = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                steps[i][j] = i == 0 ? j : j == 0 ? i : Math.min(Math.min(steps[i - 1][j], steps[i][j - 1]) + 1,
                        steps[i - 1][j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1));
                if (i > 1 && j > 1 && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    steps[i][j] = Math.min(steps[i][j], steps[i - 2][j - 2] + 1);
                }
            }
        }
        return steps[one.length()][other.length()];
    }

    private static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }

    /** Camel drops some characters of a value without a word. */
    private static boolean isAsGiven(String name, String value) {
        String property = System.getProperty(name);
        String environment = System.getenv(variable(name));
        return property == null && environment == null || value.equals(property) || value.equals(environment)
                || Stream.of(property, environment).anyMatch(given -> given != null && given.contains("{{"));
    }

    private static boolean isSecret(String name) {
        return name.endsWith("password");
    }

    /** For a terminal: in one line, without passwords that stand in a URL. */
    private static String shown(String value) {
        String line = SECRETS.matcher(value).replaceAll("$1$2***").replaceAll("[\\p{Cntrl}\\u0085\\u2028\\u2029]", "?");
        return line.length() <= LONGEST_SHOWN ? line : line.substring(0, LONGEST_SHOWN) + "...";
    }

    private static boolean isListOf(Set<String> parts, String value) {
        List<String> named = List.of(value.trim().split("\\s*,\\s*", -1));
        return parts.containsAll(named) && new HashSet<>(named).size() == named.size();
    }

    private static boolean isHost(String value) {
        if (IP_V6.matcher(value).matches()) {
            return isLiteral(value);
        }
        // a name whose last label is a number is read as an address
        return value.length() <= 253 && LABELS.matcher(value).matches()
                && (!value.matches("([^.]*\\.)*[0-9]+\\.?")
                || value.matches("[0-9]+(\\.[0-9]+){3}") && isLiteral(value));
    }

    private static boolean isLiteral(String address) {
        try {
            InetAddress.getByName(address);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean isThisMachine(String value) {
        try {
            if (!isHost(value)) {
                return false;
            }
            InetAddress address = InetAddress.getByName(value);
            return address.isAnyLocalAddress() || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }

    private static boolean isHttp(String value) {
        Optional<URI> uri = uri(value);
        return uri.isPresent() && uri.get().getScheme() != null && uri.get().getScheme().matches("https?")
                && isServer(uri.get()) && uri.get().getRawQuery() == null && uri.get().getRawFragment() == null
                && uri.get().getRawUserInfo() == null;
    }

    /** Whether it is host and port, if any. */
    static boolean isServer(URI uri) {
        return uri.getHost() != null && isHost(uri.getHost())
                && (uri.getPort() == -1 && !uri.getRawAuthority().endsWith(":")
                        || uri.getPort() >= 1 && uri.getPort() <= 65535);
    }

    private static Optional<URI> uri(String value) {
        try {
            return Optional.of(URI.create(value));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isMailAddress(String value) {
        try {
            return value.contains("@") && !value.contains("\"")
                    && new InternetAddress(value, true).getAddress().equals(value);
        } catch (AddressException e) {
            return false;
        }
    }

    private static boolean isPath(String value) {
        try {
            return !value.isBlank() && !Path.of(value).toString().isEmpty();
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static List<Entry> read() {
        List<Entry> entries = new ArrayList<>();
        List<String> comment = new ArrayList<>();
        String all = read(FILE);
        boolean begun = false; // the first paragraph is about the file
        for (String line : all.substring(0, all.indexOf(END_OF_SETTINGS)).lines().toList()) {
            if (line.isBlank()) {
                begun = true;
                comment.clear();
            } else if (begun && line.startsWith("#")) {
                comment.add(line);
            } else if (begun) {
                String[] nameAndValue = line.split("=", 2);
                entries.add(new Entry(List.copyOf(comment), nameAndValue[0].trim(), nameAndValue[1].trim()));
                comment.clear();
            }
        }
        return entries;
    }

    private static String groupsOfCamel() {
        String groups = read("META-INF/camel-main-configuration-metadata.json").split("properties", 2)[0];
        return Pattern.compile("\"camel\\.([\\w.]+)").matcher(groups).results()
                .map(group -> "|" + Pattern.quote(group.group(1))).collect(Collectors.joining());
    }

    private static String read(String resource) {
        try (InputStream file = Settings.class.getClassLoader().getResourceAsStream(resource)) {
            return new String(file.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
