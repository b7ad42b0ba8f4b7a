package choreography.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Text files that name classes, which no compiler reads: configuration, routes, pom, scripts. A wrong name in the
 * configuration of the log would fail in silence.
 */
class ClassNamesTest {

    private static final Set<String> WITH_CODE = Set.of("src/main/resources", "src/test/resources", "broker", ".ci",
            "pom.xml", "camel");
    private static final Pattern CLASS = Pattern.compile(
            "\\b(?:choreography|org|com|io|java|javax|jakarta)(?:\\.[a-z]\\w*)*\\.[A-Z]\\w*(?:\\$\\w+)*");
    private static final Pattern SOURCE = Pattern.compile("\\b(?:[\\w.-]+/)*choreography/(?:\\w+/)*\\w+\\.java\\b");
    private static final Pattern LOGGER = Pattern.compile("(?m)^logger\\.\\w+\\.name *= *(\\S+)$");

    /** The project's, and the broker's. */
    private final ClassLoader libraries = new URLClassLoader(brokerLibraries(), ClassLoader.getSystemClassLoader());

    private static URL[] brokerLibraries() {
        try (Stream<Path> files = Files.find(Path.of("target"), 4, (file, attributes) ->
                file.toString().matches("target/apache-artemis-[^/]*/lib/.*\\.jar"))) {
            return files.map(Path::toUri).map(ClassNamesTest::url).toArray(URL[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URL url(URI file) {
        try {
            return file.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void shouldNameOnlyClassesThatExist() {
        Set<String> named = new TreeSet<>(names(CLASS, textFiles()));
        named.removeIf(name -> name.startsWith("org.apache.camel.dsl.jbang.")); // only ./camel has them

        assertThat(named).contains("choreography.Main", "choreography.messaging.GroupCommit");
        assertThat(named).as("correct the files that name classes which do not exist").allMatch(this::isClass);
    }

    @Test
    void shouldNameOnlySourcesThatExist() {
        assertThat(names(SOURCE, textFiles())).contains("routes/choreography/http/HttpEdge.java")
                .allSatisfy(source -> assertThat(Path.of(source)).exists());
    }

    @Test
    void shouldSetTheLevelOfLoggersThatExist() {
        List<Path> logs = textFiles().stream().filter(file -> file.getFileName().toString().startsWith("log4j2"))
                .filter(file -> !file.startsWith("broker")).toList(); // its console is not on the classpath
        List<String> ours = ProjectFiles.all().stream()
                .filter(file -> file.startsWith("src/main") || file.startsWith("routes"))
                .filter(file -> file.toString().matches(".*\\.(java|yaml)")).map(ProjectFiles::read).toList();

        assertThat(logs).hasSize(2);
        assertThat(logs.stream().flatMap(log -> LOGGER.matcher(ProjectFiles.read(log)).results()).map(m -> m.group(1)))
                .hasSizeGreaterThan(10)
                .as("correct the configuration of the log: nothing logs under such a name")
                .allMatch(logger -> isClass(logger) || isPackage(logger)
                        || ours.stream().anyMatch(text -> text.matches("(?s).*\\b" + Pattern.quote(logger) + "\\b.*")));
    }

    private static List<Path> textFiles() {
        return ProjectFiles.all().stream()
                .filter(file -> WITH_CODE.stream().anyMatch(file::startsWith))
                .filter(file -> !file.startsWith("src/test/resources/released-schemas"))
                .filter(file -> !file.toString().endsWith(".java"))
                .toList();
    }

    private static Set<String> names(Pattern pattern, List<Path> files) {
        Set<String> names = new TreeSet<>();
        files.forEach(file -> pattern.matcher(ProjectFiles.read(file)).results().forEach(m -> names.add(m.group())));
        return names;
    }

    private boolean isClass(String name) {
        return libraries.getResource(name.replace('.', '/') + ".class") != null;
    }

    private boolean isPackage(String name) {
        return libraries.getResource(name.replace('.', '/') + "/") != null;
    }
}
