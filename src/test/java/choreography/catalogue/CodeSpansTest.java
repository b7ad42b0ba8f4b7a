package choreography.catalogue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/** What the documents name in code spans is there: classes, tests, files, properties, routes and queues of ours. */
class CodeSpansTest {

    private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```$");
    private static final Pattern SPAN = Pattern.compile("`([^`]+)`");

    /** {@code PendingRequests}, {@code Schemas.read}, {@code LogTest#shouldTakeNoTime} */
    private static final Pattern CLASS = Pattern.compile("(<Service>|[A-Z][a-z])\\w*([.#][a-z]\\w*)?");
    private static final Pattern FILE = Pattern.compile(
            "(\\./)?(src|routes|bench|docs|broker|sql|db|\\.ci|\\.mvn)/[^ *?:]*"
                    + "|[^ /*?:{}][^ *?:{}]*\\.(java|yaml|sql|xml|properties|md|mmd|json|config)");
    private static final Pattern PROPERTY = Pattern.compile("(gateway|user|order|billing|notification|http|management|"
            + "broker|database|smtp|sandbox|camel\\.\\w+)\\.[a-z][a-z-]*(\\.[a-z-]+)*");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{[^.}][^}]*}}");
    private static final Pattern ROUTE_OR_QUEUE = Pattern.compile(
            "(DLQ\\.)?(gateway|user|order|billing|notification)-[a-z-]+");

    /** Names that are not ours: of headers, of Java, Camel, Artemis and Vert.x. */
    private static final Set<String> FOREIGN = Set.of("Location", "Origin", "Referer", "Error", "CamelToEndpoint",
            "MessageCreatedStrategy", "IgnoreUnrecognizedVMOptions", "PageSubscriptionImpl", "PageTransactionInfoImpl",
            "ServerConsumerImpl", "AddHeadersTransformer", "BeanExpression", "CamelMainTestSupport", "DecimalFormat",
            "ThrottlingExceptionRoutePolicy", "SimpleAsync");

    /** What a build or a run makes. */
    private static final Set<String> MADE = Set.of("target", "data");

    /** The headings of a page whose reader makes the files that they name. */
    private static final String TUTORIAL = ProjectFiles.read(Path.of("docs/add-a-service.md")).lines()
            .filter(line -> line.startsWith("#")).collect(Collectors.joining("\n"));

    private static final List<Path> FILES = ProjectFiles.all();
    private static final Set<String> CLASSES = FILES.stream().map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith(".java")).map(name -> name.replace(".java", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    private static final String CONFIGURATION = text(".yaml", ".java", ".properties", ".xml");

    static Stream<Path> documents() {
        return FILES.stream().filter(file -> file.toString().endsWith(".md"));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void shouldNameOnlyWhatIsThere(Path document) {
        Matcher spans = SPAN.matcher(FENCE.matcher(ProjectFiles.read(document)).replaceAll(""));

        assertThat(spans.results().map(span -> span.group(1)).filter(span -> !isThere(span)))
                .as("%s names what is not there: correct it, or say in FOREIGN that it is not ours", document)
                .isEmpty();
    }

    private static boolean isThere(String span) {
        if (PLACEHOLDER.matcher(span).results().anyMatch(use -> !CONFIGURATION.contains(use.group()))) {
            return false;
        }
        if (FILE.matcher(span).matches()) {
            return isFile(span);
        }
        if (CLASS.matcher(span).matches()) {
            return isClass(span);
        }
        if (PROPERTY.matcher(span).matches() || ROUTE_OR_QUEUE.matcher(span).matches()) {
            return CONFIGURATION.contains(span);
        }
        return true;
    }

    /** The path from the project's folder, or from a folder in it: {@code camel/order.camel.yaml}. */
    private static boolean isFile(String span) {
        String path = span.replaceFirst("^\\./", "").replaceFirst("/$", "")
                .replace("<service>", "user").replace("<Service>", "User");
        return MADE.contains(path.split("/")[0]) || TUTORIAL.contains("`" + path + "`")
                || Path.of(path).toFile().exists()
                || FILES.stream().anyMatch(file -> ("/" + file + "/").contains("/" + path + "/"));
    }

    private static boolean isClass(String span) {
        String[] parts = span.replace("<Service>", "User").split("[.#]");
        Path schema = Path.of("src/main/resources/schemas", parts[0] + ".json");
        boolean message = FILES.contains(schema) || TUTORIAL.contains("`" + schema + "`");
        return FOREIGN.contains(parts[0]) || message
                || CLASSES.contains(parts[0]) && (parts.length == 1 || has(parts[0], parts[1]));
    }

    private static boolean has(String type, String method) {
        return FILES.stream().filter(file -> file.endsWith(type + ".java")).map(ProjectFiles::read)
                .anyMatch(source -> source.contains(" " + method + "("));
    }

    private static String text(String... suffixes) {
        return FILES.stream().filter(file -> Stream.of(suffixes).anyMatch(file.toString()::endsWith))
                .filter(file -> !file.endsWith("CodeSpansTest.java"))
                .map(ProjectFiles::read).collect(Collectors.joining("\n"));
    }
}
