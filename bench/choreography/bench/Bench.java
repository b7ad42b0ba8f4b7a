package choreography.bench;

import java.io.File;
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

import choreography.bench.Books.Flow;
import choreography.testing.StartedProcess;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.HdrHistogram.Histogram;

import static java.util.Map.entry;

/**
 * Measures the order flow, mail included unless told otherwise, on the services as users run them: a broker, a database
 * and a mail server beside them, all on this machine, and so is the load.
 *
 * <p>A number of connections (64) is a closed loop: each sends its next request when it has the answer to the last,
 * which shows throughput. A rate (100/s) is an open loop: latency counts from when a request was due, answered or not.
 * Each row ends when all is settled. A run that lost or doubled anything ends with an error and without figures.
 *
 * <p>More than one number of orders or consumers, or another checkout to compare with, are measured by turns.
 */
public final class Bench {

    private static final Map<String, String> OPTIONS = new TreeMap<>(Map.ofEntries(
            entry("only", "64+500+100/s+200/s+register"), // rows: connections, rate, or registrations by 64 connections
            entry("rounds", "3"),
            entry("seconds", "15"), // of load, for each row
            entry("warmup", "30000"), // orders: until then the compiler takes a quarter of the services' time
            entry("users", "1000"),
            entry("processes", "one"), // or many: one a service
            entry("mail", "true"), // false: without the notification service, as systems that send none
            entry("orders", "0"), // in the database beforehand: 1000+100000+1000000
            entry("consumers", ""), // a queue: 1+2+4
            entry("against", ""), // folder of another checkout; both as mvn package has left them
            entry("profile", "false"))); // true: a flight recording of each JVM and row

    private static final int MOST_CONNECTIONS = 500; // of an open loop
    private static final int WARM_UP_SECONDS = 600;

    private final LoadClient client = new LoadClient();
    private final SplittableRandom random = new SplittableRandom(1);
    private int registered;

    /** One row of one round: figures by name. */
    private record Result(String name, String load, int round, Map<String, Double> figures) {
    }

    public static void main(String... arguments) {
        try {
            List<String> forServices = Stream.of(arguments).filter(argument -> argument.startsWith("-")).toList();
            for (String argument : arguments) {
                String[] option = argument.split("=", 2);
                if (OPTIONS.containsKey(option[0]) && option.length == 2) {
                    OPTIONS.put(option[0], option[1]);
                } else if (!forServices.contains(argument)) {
                    throw new IllegalArgumentException("Not understood: " + argument + ". There are " + OPTIONS
                            + ", --name=value for the services, and -X... for their JVM");
                }
            }
            new Bench().run(forServices);
            System.exit(0);
        } catch (IllegalArgumentException | IllegalStateException e) {
            System.err.println("No figures. " + e.getMessage());
        } catch (Exception e) {
            e.printStackTrace();
        }
        System.exit(1);
    }

    private void run(List<String> forServices) throws Exception {
        List<MeasuredProcesses> all = new ArrayList<>();
        for (String checkout : OPTIONS.get("against").isEmpty() ? List.of("") : List.of("", OPTIONS.get("against"))) {
            for (String consumers : OPTIONS.get("consumers").split("\\+")) {
                for (String orders : OPTIONS.get("orders").split("\\+")) {
                    all.add(start(checkout, consumers, orders, new ArrayList<>(forServices)));
                }
            }
        }
        Map<String, Object> machine = machine(all);
        List<Result> results = new ArrayList<>();
        for (int round = 1; round <= number("rounds"); round++) {
            for (String load : OPTIONS.get("only").split("\\+")) {
                for (MeasuredProcesses processes : all) {
                    var figures = measure(processes, load, Integer.MAX_VALUE, number("seconds"),
                            OPTIONS.get("profile").equals("true"));
                    results.add(new Result(processes.name, load, round, figures));
                    report("round " + round, processes, load, figures);
                }
            }
            Collections.reverse(all);
        }
        System.out.println();
        print(results);
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(Path.of("target/bench.json").toFile(),
                Map.of("options", OPTIONS, "forServices", forServices, "machine", machine, "results", results));
        for (MeasuredProcesses processes : all) {
            processes.stop();
            processes.deleteData();
        }
    }

    /** Beside another checkout both run with the libraries that they ship, without those of the tests. */
    private static String classes(Path checkout) throws IOException {
        if (OPTIONS.get("against").isEmpty()) {
            return StartedProcess.CLASSES;
        }
        Path target = checkout.resolve("target");
        if (!Files.isDirectory(target.resolve("lib"))) {
            throw new IOException("Missing: " + target.resolve("lib") + ". Run mvn package there");
        }
        return target.resolve("classes") + File.pathSeparator + target.resolve("lib") + File.separator + "*";
    }

    private MeasuredProcesses start(String checkout, String consumers, String orders, List<String> options)
            throws Exception {
        String name = OPTIONS.get("against").isEmpty() ? "" : checkout.isEmpty() ? "here " : "there ";
        if (!consumers.isEmpty()) {
            name += "consumers=" + consumers + " ";
            options.add("--camel.component.jms.concurrent-consumers=" + consumers);
        }
        name += orders.equals("0") ? "" : "orders=" + orders;
        Path folder = Path.of(checkout).toAbsolutePath().normalize();
        MeasuredProcesses processes = new MeasuredProcesses(name.trim(), folder, classes(folder), options,
                OPTIONS.get("processes").equals("many"), mail());
        measure(processes, "register", number("users"), WARM_UP_SECONDS, false);
        measure(processes, "64", 64, WARM_UP_SECONDS, false);
        if (!orders.equals("0")) {
            processes.books.fill(Integer.parseInt(orders));
        }
        report("warm-up", processes, "64", measure(processes, "64", number("warmup"), WARM_UP_SECONDS, false));
        return processes;
    }

    private static void report(String when, MeasuredProcesses processes, String load, Map<String, Double> figures) {
        System.out.printf(Locale.ROOT, "%s: %s%s: %.0f settled/s, %.2f ms CPU, %.0f errors%n", when,
                processes.name.isEmpty() ? "" : processes.name + ", ",
                title(load), figures.get("settled/s"), figures.get("CPU ms: all servers"), figures.get("errors"));
    }

    private Map<String, Double> measure(MeasuredProcesses processes, String load, int requests, int seconds,
            boolean profile) throws Exception {
        Flow flow = load.equals("register") ? Flow.REGISTER : mail() ? Flow.ORDER : Flow.ORDER_WITHOUT_MAIL;
        int rate = load.endsWith("/s") ? Integer.parseInt(load.replace("/s", "")) : 0;
        int connections = rate > 0 ? MOST_CONNECTIONS : flow == Flow.REGISTER ? 64 : Integer.parseInt(load);
        String[] users = processes.books.users();
        Supplier<String> bodies = flow == Flow.REGISTER
                ? () -> "{\"name\":\"Ada Lovelace\",\"email\":\"ada." + registered++ + "@example.com\"}"
                : () -> "{\"userId\":\"" + users[random.nextInt(users.length)]
                        + "\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1},{\"sku\":\"MUG-1\",\"quantity\":2}]}";
        if (profile) {
            processes.startRecording();
        }
        double logged = processes.linesLogged();
        Map<String, Double> before = processes.cpu();
        double clientBefore = MeasuredProcesses.cpu(ProcessHandle.current().pid());
        LoadClient.Outcome outcome = client.post(processes.port, flow.path, bodies, connections, rate, requests,
                seconds);
        double clientAfter = MeasuredProcesses.cpu(ProcessHandle.current().pid());
        List<UUID> accepted = List.copyOf(outcome.dueAt.keySet());
        Map<UUID, Long> settled = processes.books.awaitSettled(flow, accepted);
        Map<String, Double> after = processes.cpu();
        if (profile) {
            processes.saveRecording(processes.name + " " + title(load));
        }
        // marked as sent and in the mailbox: if several mails share a transaction, its time is before the last of them
        processes.books.check(flow == Flow.REGISTER ? List.of() : accepted, outcome.failed())
                .forEach((order, mailed) -> settled.merge(order, mailed, Math::max));

        Histogram latency = new Histogram(3);
        outcome.dueAt.forEach((id, due) -> latency.recordValue(Math.max(0, settled.get(id) - due)));
        double count = accepted.size();
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("accepted/s", count * 1e6 / (outcome.end - outcome.start));
        figures.put("settled/s", count * 1e6 / (Collections.max(settled.values()) - outcome.start));
        figures.put("POST ms: p50", outcome.answered.getValueAtPercentile(50) / 1e3);
        figures.put("POST ms: p99", outcome.answered.getValueAtPercentile(99) / 1e3);
        figures.put("POST-settled ms: p50", latency.getValueAtPercentile(50) / 1e3);
        figures.put("POST-settled ms: p99", latency.getValueAtPercentile(99) / 1e3);
        figures.put("POST-settled ms: max", latency.getMaxValue() / 1e3);
        after.forEach((process, cpu) -> figures.put("CPU ms: " + process, (cpu - before.get(process)) / count));
        figures.put("CPU ms: all servers", after.keySet().stream()
                .mapToDouble(process -> figures.get("CPU ms: " + process)).sum());
        figures.put("CPU ms: load client", (clientAfter - clientBefore) / count);
        processes.memory().forEach((process, memory) -> figures.put("MiB: " + process, memory));
        figures.put("answered 202", (double) outcome.late);
        figures.put("errors", (double) outcome.failed());
        figures.put("lines logged", processes.linesLogged() - logged);
        if (outcome.failed() > 0) {
            System.out.println(load + ": " + outcome.errors);
        }
        return figures;
    }

    /**
     * A Markdown table: a column for each load and subject, a line for each figure with median and range of the
     * rounds.
     */
    private static void print(List<Result> results) {
        Map<String, List<Result>> columns = new LinkedHashMap<>();
        results.forEach(result -> columns.computeIfAbsent((title(result.load) + " " + result.name).trim(),
                column -> new ArrayList<>()).add(result));
        List<List<String>> lines = new ArrayList<>();
        lines.add(Stream.concat(Stream.of("median (range)"), columns.keySet().stream()).toList());
        lines.add(lines.get(0).stream().map(column -> "---").toList());
        for (String figure : results.get(0).figures.keySet()) {
            List<String> line = new ArrayList<>(List.of(figure));
            columns.values().forEach(rounds -> line.add(summary(
                    rounds.stream().mapToDouble(result -> result.figures.get(figure)).sorted().toArray())));
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
        return text(median)
                + (sorted.length > 1 ? " (%s..%s)".formatted(text(sorted[0]), text(sorted[sorted.length - 1])) : "");
    }

    private static String text(double figure) {
        int decimals = figure == Math.rint(figure) || figure >= 100 ? 0 : figure < 10 ? 2 : 1;
        return String.format(Locale.ROOT, "%." + decimals + "f", figure);
    }

    private static Map<String, Object> machine(List<MeasuredProcesses> all) throws Exception {
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("at", Instant.now().toString());
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("processor", line("/proc/cpuinfo", "model name"));
        machine.put("memory", line("/proc/meminfo", "MemTotal"));
        machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
        machine.put("postgresql", all.get(0).books.text("show server_version"));
        machine.put("camel", org.apache.camel.main.Main.class.getPackage().getImplementationVersion());
        machine.put("artemis", org.apache.activemq.artemis.utils.VersionLoader.getVersion().getFullVersion());
        Map<String, String> commits = new TreeMap<>();
        for (MeasuredProcesses processes : all) {
            Process git = new ProcessBuilder("git", "describe", "--always", "--dirty")
                    .directory(processes.checkout.toFile()).start();
            commits.put(processes.name, new String(git.getInputStream().readAllBytes()).trim());
        }
        machine.put("commits", commits);
        return machine;
    }

    private static String line(String file, String name) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(name)).findFirst().orElse(":").split(":")[1].trim();
        }
    }

    private static boolean mail() {
        return OPTIONS.get("mail").equals("true");
    }

    private static int number(String option) {
        return Integer.parseInt(OPTIONS.get(option));
    }
}
