package choreography;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

import choreography.Books.Flow;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.HdrHistogram.Histogram;

/**
 * Measures the order flow, mail included, on the services as users run them: a broker, a database and a mail server beside
 * them, all on this machine, and so is the load.
 *
 * <p>A number of connections (64) is a closed loop: each sends its next request when it has the answer to the last, which
 * shows throughput. A rate (100/s) is an open loop: latency counts from when a request was due, answered or not. Each row ends
 * when all is settled. A run that lost or doubled anything ends with an error and without figures.
 *
 * <p>More than one number of orders or consumers, or another checkout to compare with, are measured by turns.
 */
public final class Bench {

    private static final Map<String, String> OPTIONS = new TreeMap<>(Map.of(
            "only", "64+500+100/s+200/s+register", // rows: connections, rate, or registrations by 64 connections
            "rounds", "3",
            "seconds", "15", // of load, for each row
            "warmup", "10000", // orders
            "users", "1000",
            "processes", "one", // or many: one a service
            "orders", "0", // in the database beforehand: 1000+100000+1000000
            "consumers", "", // a queue: 1+2+4
            "against", "", // folder of another checkout, compiled, with the same libraries
            "profile", "false")); // true: a flight recording of each JVM and row

    private final LoadClient client = new LoadClient();
    private final SplittableRandom random = new SplittableRandom(1);
    private int registered;

    private record Subject(Installation installation, Books books, List<String> users) {
    }

    /** One row of one round: figures by name. */
    private record Result(String subject, String load, int round, Map<String, Double> figures) {
    }

    public static void main(String... arguments) {
        try {
            List<String> toServices = Stream.of(arguments).filter(argument -> argument.startsWith("-")).toList();
            for (String argument : arguments) {
                String name = argument.split("=")[0];
                if (OPTIONS.containsKey(name)) {
                    OPTIONS.put(name, argument.equals(name) ? "true" : argument.substring(name.length() + 1));
                } else if (!toServices.contains(argument)) {
                    throw new IllegalArgumentException("Not understood: " + argument + ". There are " + OPTIONS.keySet()
                            + ", --name=value for the services, and -X... for their JVM");
                }
            }
            new Bench().run(toServices);
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    private void run(List<String> toServices) throws Exception {
        List<Subject> subjects = new ArrayList<>();
        for (String checkout : OPTIONS.get("against").isEmpty() ? List.of("") : List.of("", OPTIONS.get("against"))) {
            for (String consumers : OPTIONS.get("consumers").split("\\+")) {
                for (String orders : OPTIONS.get("orders").split("\\+")) {
                    subjects.add(start(checkout, consumers, Integer.parseInt(orders), new ArrayList<>(toServices)));
                }
            }
        }
        List<Result> results = new ArrayList<>();
        for (int round = 1; round <= number("rounds"); round++) {
            for (String load : OPTIONS.get("only").split("\\+")) {
                for (Subject subject : subjects) {
                    Result result = new Result(subject.installation.name, load, round, measure(subject, load, Integer.MAX_VALUE, number("seconds")));
                    results.add(result);
                    System.out.printf(Locale.ROOT, "round %d, %s %s: %.0f settled/s, %.2f ms CPU%n", round, result.subject, load,
                            result.figures.get("settled/s"), result.figures.get("CPU ms: all servers"));
                }
            }
            Collections.reverse(subjects);
        }
        System.out.println();
        print(results);
        new ObjectMapper().findAndRegisterModules().writerWithDefaultPrettyPrinter().writeValue(Path.of("target/bench.json").toFile(), Map.of(
                "options", OPTIONS, "toServices", toServices, "machine", machine(subjects), "results", results));
        for (Subject subject : subjects) {
            subject.installation.stop();
            subject.installation.deleteData();
        }
    }

    private Subject start(String checkout, String consumers, int orders, List<String> options) throws Exception {
        List<String> name = new ArrayList<>();
        if (!OPTIONS.get("against").isEmpty()) {
            name.add(checkout.isEmpty() ? "this" : "against");
        }
        if (!consumers.isEmpty()) {
            name.add("consumers=" + consumers);
            options.add("--camel.component.jms.concurrent-consumers=" + consumers);
        }
        if (orders > 0) {
            name.add("orders=" + orders);
        }
        Installation installation = new Installation(String.join(" ", name), Path.of(checkout), options, OPTIONS.get("processes").equals("many"));
        Books books = new Books(installation);
        Subject registering = new Subject(installation, books, new ArrayList<>());
        measure(registering, "register", number("users"), 600);
        registering.users.addAll(books.users());
        measure(registering, "64", 100, 600);
        if (orders > 0) {
            books.fill(orders);
        }
        Subject subject = new Subject(installation, books, books.users());
        Map<String, Double> figures = measure(subject, "64", number("warmup"), 600);
        System.out.printf(Locale.ROOT, "warmed up %s with %d orders, %.0f settled/s%n", subject.installation.name, number("warmup"), figures.get("settled/s"));
        return subject;
    }

    private Map<String, Double> measure(Subject subject, String load, int requests, int seconds) throws Exception {
        Flow flow = load.equals("register") ? Flow.REGISTER : Flow.ORDER;
        int rate = load.endsWith("/s") ? Integer.parseInt(load.replace("/s", "")) : 0;
        int connections = rate > 0 ? 500 : flow == Flow.REGISTER ? 64 : Integer.parseInt(load);
        Supplier<String> bodies = flow == Flow.REGISTER
                ? () -> "{\"name\":\"Ada Lovelace\",\"email\":\"ada." + registered++ + "@example.com\"}"
                : () -> "{\"userId\":\"" + subject.users.get(random.nextInt(subject.users.size()))
                        + "\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1},{\"sku\":\"MUG-1\",\"quantity\":2}]}";
        boolean profile = OPTIONS.get("profile").equals("true") && requests == Integer.MAX_VALUE;
        if (profile) {
            subject.installation.startRecording();
        }
        Map<String, Double> before = subject.installation.cpu(subject.books.backend);
        double clientBefore = clientCpu();
        var outcome = client.post(subject.installation.port, flow.path, bodies, connections, rate, requests, seconds);
        double clientAfter = clientCpu();
        Map<UUID, Long> settled = subject.books.settled(flow, outcome.accepted.keySet());
        Map<String, Double> after = subject.installation.cpu(subject.books.backend);
        if (profile) {
            subject.installation.saveRecording(subject.installation.name + " " + load);
        }
        subject.books.check(outcome, settled, flow);

        Histogram latency = new Histogram(3);
        settled.forEach((id, at) -> latency.recordValue(Math.max(0, at - outcome.accepted.get(id))));
        double accepted = outcome.accepted.size();
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("accepted/s", accepted * 1e6 / (outcome.end - outcome.start));
        figures.put("settled/s", accepted * 1e6 / (Collections.max(settled.values()) - outcome.start));
        figures.put("POST ms: p50", outcome.answered.getValueAtPercentile(50) / 1e3);
        figures.put("POST ms: p99", outcome.answered.getValueAtPercentile(99) / 1e3);
        figures.put("POST-settled ms: p50", latency.getValueAtPercentile(50) / 1e3);
        figures.put("POST-settled ms: p99", latency.getValueAtPercentile(99) / 1e3);
        figures.put("POST-settled ms: max", latency.getMaxValue() / 1e3);
        after.forEach((process, cpu) -> figures.put("CPU ms: " + process, (cpu - before.get(process)) / accepted));
        figures.put("CPU ms: all servers", after.keySet().stream().mapToDouble(process -> figures.get("CPU ms: " + process)).sum());
        figures.put("CPU ms: load client", (clientAfter - clientBefore) / accepted);
        subject.installation.memory().forEach((process, memory) -> figures.put("MiB: " + process, memory));
        figures.put("late answers", (double) outcome.late);
        figures.put("errors", (double) outcome.errors.values().stream().mapToInt(Integer::intValue).sum());
        if (!outcome.errors.isEmpty()) {
            System.out.println(load + ": " + outcome.errors);
        }
        return figures;
    }

    private static double clientCpu() throws IOException {
        return Installation.cpu(ProcessHandle.current().pid(), false);
    }

    /** A Markdown table: a column for each load and subject, a line for each figure with median and range of the rounds. */
    private static void print(List<Result> results) {
        Map<String, List<Result>> columns = new LinkedHashMap<>();
        results.forEach(result -> columns.computeIfAbsent((title(result.load) + " " + result.subject).trim(), column -> new ArrayList<>()).add(result));
        List<List<String>> lines = new ArrayList<>();
        lines.add(Stream.concat(Stream.of("median (range)"), columns.keySet().stream()).toList());
        lines.add(lines.get(0).stream().map(column -> "---").toList());
        for (String figure : results.get(0).figures.keySet()) {
            List<String> line = new ArrayList<>(List.of(figure));
            columns.values().forEach(rounds -> line.add(summary(rounds.stream().mapToDouble(result -> result.figures.get(figure)).sorted().toArray())));
            lines.add(line);
        }
        for (List<String> line : lines) {
            StringBuilder padded = new StringBuilder("|");
            for (int column = 0; column < line.size(); column++) {
                int number = column;
                int width = lines.stream().mapToInt(other -> other.get(number).length()).max().orElse(0);
                padded.append((" %-" + width + "s |").formatted(line.get(column)));
            }
            System.out.println(padded);
        }
    }

    private static String title(String load) {
        return load.matches("\\d+") ? load + " in flight" : load;
    }

    private static String summary(double... sorted) {
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        return text(median) + (sorted.length > 1 ? " (%s..%s)".formatted(text(sorted[0]), text(sorted[sorted.length - 1])) : "");
    }

    private static String text(double figure) {
        return String.format(Locale.ROOT, figure == Math.rint(figure) || figure >= 100 ? "%.0f" : figure < 10 ? "%.2f" : "%.1f", figure);
    }

    private static Map<String, Object> machine(List<Subject> subjects) throws Exception {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("at", Instant.now().toString());
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("processor", line("/proc/cpuinfo", "model name"));
        machine.put("memory", line("/proc/meminfo", "MemTotal"));
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        machine.put("postgresql", subjects.get(0).books.text("show server_version"));
        machine.put("camel", org.apache.camel.main.Main.class.getPackage().getImplementationVersion());
        machine.put("artemis", org.apache.activemq.artemis.utils.VersionLoader.getVersion().getFullVersion());
        Map<String, String> commits = new TreeMap<>();
        for (Subject subject : subjects) {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty").directory(subject.installation.checkout.toFile()).start();
            commits.put(subject.installation.name, new String(git.getInputStream().readAllBytes()).trim());
        }
        machine.put("commits", commits);
        return machine;
    }

    private static String line(String file, String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(name)).findFirst().orElse(":").split(":")[1].trim();
        }
    }

    private static int number(String option) {
        return Integer.parseInt(OPTIONS.get(option));
    }
}
