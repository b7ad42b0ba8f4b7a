package choreography.mutations;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.catalogue.ProjectFiles;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Takes away one protection after the other ({@code mutations.yaml}), in a copy of the checkout, and runs the test that
 * must fail then. Fails if one passes. Before that, the same tests must pass as the checkout is.
 *
 * <p>Argument: a regular expression, only for what is found by it in the words or the test. With
 * {@code -Dupdate-docs} the rows of the table in {@code docs/reliability.md} are written anew.
 */
public final class Mutations {

    static final Path DOCUMENT = Path.of("docs/reliability.md");
    static final String HEAD = "| taken away | in | what fails |\n|---|---|---|\n";
    private static final Path WORK = Path.of("target/mutations");
    private static final Path COPY = WORK.resolve("checkout");
    private static final List<String> REPORTS = List.of("target/surefire-reports", "target/failsafe-reports");
    private static final int MOST_MINUTES = 15;
    private static final int MOST_TESTS = 3;

    private Mutations() { }

    public static void main(String... arguments) throws Exception {
        Predicate<String> wanted = Pattern.compile(String.join(",", arguments)).asPredicate();
        List<Mutation> mutations = Mutation.all().stream()
                .filter(each -> wanted.test(each.taken()) || wanted.test(each.test())).toList();
        copy();
        Map<Boolean, List<String>> tests = mutations.stream().map(Mutation::test).distinct()
                .collect(Collectors.partitioningBy(Mutations::isFast));
        String fast = String.join(",", tests.get(true));
        for (String test : fast.isEmpty() ? tests.get(false) : concat(fast, tests.get(false))) {
            check(run(test, "as-it-is").equals(List.of()), test + " fails as it is: see " + WORK);
        }
        System.out.print(HEAD);
        Map<String, String> rows = new LinkedHashMap<>();
        for (Mutation mutation : mutations) {
            String row = row(mutation, failuresWithout(mutation));
            System.out.print(row);
            rows.put(mutation.taken(), row);
            if (System.getProperty("update-docs") != null) {
                write(rows);
            }
        }
        long survived = rows.values().stream().filter(row -> row.endsWith(" NOTHING |\n")).count();
        check(survived == 0, survived + " of " + rows.size() + " were not noticed");
    }

    private static boolean isFast(String test) {
        return test.endsWith("Test");
    }

    private static List<String> concat(String first, List<String> others) {
        return Stream.concat(Stream.of(first), others.stream()).toList();
    }

    private static void check(boolean kept, String otherwise) {
        if (!kept) {
            throw new IllegalStateException(otherwise);
        }
    }

    private static void copy() throws IOException {
        if (Files.exists(COPY)) {
            try (Stream<Path> old = Files.walk(COPY)) {
                old.sorted((a, b) -> b.compareTo(a)).map(Path::toFile).forEach(File::delete);
            }
        }
        for (Path file : ProjectFiles.all()) {
            Files.createDirectories(COPY.resolve(file).getParent());
            Files.copy(file, COPY.resolve(file));
        }
    }

    private static List<String> failuresWithout(Mutation mutation) throws Exception {
        String before = mutation.applyIn(COPY);
        try {
            return run(mutation.test(), mutation.taken());
        } finally {
            Files.writeString(COPY.resolve(mutation.file()), before);
        }
    }

    /** @return the test methods that failed */
    private static List<String> run(String test, String name) throws Exception {
        Path log = WORK.resolve((test + " " + name).replaceAll("\\W+", "-").replaceFirst("(.{120}).*", "$1") + ".log");
        for (String reports : REPORTS) {
            delete(COPY.resolve(reports));
        }
        Process maven = new ProcessBuilder(command(test)).directory(COPY.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        if (!maven.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
            maven.descendants().forEach(ProcessHandle::destroy);
            maven.destroy();
            return List.of(test.split(" ")[0] + " does not end");
        }
        List<String> failures = new ArrayList<>();
        for (String reports : REPORTS) {
            failures.addAll(failures(COPY.resolve(reports)));
        }
        check(maven.exitValue() == 0 == failures.isEmpty(), "No test could be run: see " + log);
        return failures;
    }

    private static List<String> command(String test) {
        List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp", "-Dcheckstyle.skip",
                "-Dsurefire.failIfNoSpecifiedTests=false"));
        String[] words = test.split(" ");
        command.addAll(!isFast(words[0]) ? List.of("verify", "-Dtest=None", "-Dit.test=" + words[0])
                : List.of("test", "-Dtest=" + words[0]));
        command.addAll(Arrays.asList(words).subList(1, words.length));
        return command;
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                files.map(Path::toFile).forEach(File::delete);
            }
        }
    }

    private static List<String> failures(Path reports) throws Exception {
        List<String> failures = new ArrayList<>();
        try (Stream<Path> files = Files.exists(reports) ? Files.list(reports) : Stream.empty()) {
            for (Path file : files.filter(each -> each.toString().endsWith(".xml")).sorted().toList()) {
                NodeList cases = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile())
                        .getElementsByTagName("testcase");
                for (int i = 0; i < cases.getLength(); i++) {
                    Element one = (Element) cases.item(i);
                    if (one.getElementsByTagName("failure").getLength() > 0
                            || one.getElementsByTagName("error").getLength() > 0) {
                        failures.add(name(one));
                    }
                }
            }
        }
        return failures.stream().distinct().toList();
    }

    /** Without package and parameters; what fails before the first test has no name. */
    private static String name(Element testcase) {
        String method = testcase.getAttribute("name").replaceFirst("[({\\[].*", "");
        return testcase.getAttribute("classname").replaceFirst(".*\\.", "")
                + (method.isEmpty() ? "" : "#" + method);
    }

    private static String row(Mutation mutation, List<String> failures) {
        String failed = failures.isEmpty() ? "NOTHING"
                : failures.stream().limit(MOST_TESTS).map(each -> "`" + each + "`").collect(Collectors.joining(", "));
        String more = failures.size() > MOST_TESTS ? " and " + (failures.size() - MOST_TESTS) + " more" : "";
        return begin(mutation) + " " + failed + more + " |\n";
    }

    /** The row without what fails. */
    static String begin(Mutation mutation) {
        return "| %s | `%s` |".formatted(mutation.taken(), mutation.file().getFileName());
    }

    private static void write(Map<String, String> rows) throws IOException {
        String document = Files.readString(DOCUMENT);
        int from = document.indexOf(HEAD) + HEAD.length();
        int to = document.startsWith("\n", from) ? from : document.indexOf("\n\n", from) + 1;
        String old = document.substring(from, to);
        String table = Mutation.all().stream().map(each -> rows.getOrDefault(each.taken(), old.lines()
                .filter(row -> row.startsWith(begin(each))).findFirst().map(row -> row + "\n").orElse("")))
                .collect(Collectors.joining());
        Files.writeString(DOCUMENT, document.substring(0, from) + table + document.substring(to));
    }
}
