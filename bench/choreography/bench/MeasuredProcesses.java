package choreography.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import choreography.contract.Services;
import choreography.sandbox.Postgres;
import choreography.sandbox.SandboxSettings;
import choreography.testing.DatabaseClient;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;
import choreography.testing.StartedProcess;

import static org.awaitility.Awaitility.await;

/**
 * The services of a checkout with a sandbox of their own, on free ports, and what the operating system knows of the
 * processes.
 */
final class MeasuredProcesses {

    private static final String JVM_OPTIONS = ".mvn/jvm.config"; // what `mvn camel:run` starts them with
    private static final Path HERE = Path.of("").toAbsolutePath();

    final String name;
    final Path checkout;
    private final String classes;
    private final Path folder = Files.createTempDirectory(Files.createDirectories(HERE.resolve("target")), "bench");
    private final Path data = folder.resolve("data");
    final int port;
    final Books books;
    private final StartedProcess sandbox;
    private final List<ServiceProcess> services = new ArrayList<>();
    private final Map<String, Long> pids = new LinkedHashMap<>();

    /**
     * @param checkout its absolute path
     * @param classes class path of its processes
     * @param options of the services' JVM ({@code -X...}) and of the services ({@code --name=value})
     * @param many    one process a service instead of one for all
     * @param mail    false: without the notification service
     */
    MeasuredProcesses(String name, Path checkout, String classes, List<String> options, boolean many, boolean mail)
            throws Exception {
        this.name = name;
        this.checkout = checkout;
        this.classes = classes;
        SandboxSettings servers = FreePorts.forSandbox(data);
        Map<String, String> sandboxOnly = FreePorts.properties(servers);
        sandboxOnly.put("services", "sandbox");
        sandbox = process("sandbox", sandboxOnly, List.of()).start();
        await("sandbox, see " + folder).atMost(Duration.ofSeconds(90)).failFast(() -> !sandbox.isAlive())
                .until(() -> sandbox.log().contains("Mail list"));
        List<String> parts = Services.all().stream().filter(service -> mail || !service.equals("notification"))
                .toList();
        for (Map<String, String> settings : ServiceProcess.settings(servers,
                many ? parts.toArray(String[]::new) : new String[] {String.join(",", parts)})) {
            settings.put("billing.opening-credit", Long.toString(Books.OPENING_CREDIT));
            String process = many ? settings.get("services") : "services";
            StartedProcess started = process(process, settings, options).start();
            services.add(new ServiceProcess(settings, started).awaitReady());
            pids.put(process, started.pid());
        }
        port = services.stream().filter(process -> process.runs("gateway")).findFirst().orElseThrow().url().getPort();
        pids.put("broker", pid("broker/broker.pid"));
        pids.put("database", pid("postgres/postmaster.pid"));
        pids.put("mail server", sandbox.pid());
        books = new Books(new DatabaseClient("jdbc:postgresql://localhost:%s/choreography".formatted(
                servers.databasePort()), databasePassword()), data.resolve("mail"), mail);
    }

    /** A checkout that has no such file lets everyone in. */
    private String databasePassword() throws IOException {
        Path file = data.resolve("postgres.password");
        return Files.exists(file) ? Postgres.password(file) : "";
    }

    /** @param options of the JVM ({@code -X...}) and of the services ({@code --name=value}) */
    private StartedProcess process(String name, Map<String, String> settings, List<String> options) {
        List<String> forJvm = new ArrayList<>(options.stream().filter(option -> !option.startsWith("--")).toList());
        if (Files.exists(checkout.resolve(JVM_OPTIONS))) {
            forJvm.add(0, "@" + JVM_OPTIONS);
        }
        List<String> arguments = new ArrayList<>(ServiceProcess.arguments(settings));
        options.stream().filter(option -> option.startsWith("--")).forEach(arguments::add);
        return new StartedProcess(folder.resolve(name + ".log"),
                StartedProcess.java(forJvm, classes, "choreography.Main", arguments)).in(checkout);
    }

    private long pid(String file) throws IOException {
        return Long.parseLong(Files.readAllLines(data.resolve(file)).get(0).trim());
    }

    /** The services first, then the sandbox, which ends broker and database. */
    void stop() {
        services.forEach(ServiceProcess::close);
        sandbox.stop();
        sandbox.awaitEnd(Duration.ofSeconds(30));
    }

    void deleteData() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    /**
     * Milliseconds of processor time used so far, by process. The database's: of all its processes, ended ones too,
     * save one that serves the benchmark.
     */
    Map<String, Double> cpu() throws IOException {
        return read(MeasuredProcesses::cpu);
    }

    /** MiB, by process; what is shared is divided among those that share it. */
    Map<String, Double> memory() throws IOException {
        return read(pid -> {
            try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
                return lines.filter(line -> line.startsWith("Pss:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum() / 1024.0;
            }
        });
    }

    private interface Reading {
        double of(long pid) throws IOException;
    }

    private Map<String, Double> read(Reading reading) throws IOException {
        Map<String, Double> sums = new LinkedHashMap<>();
        for (var process : pids.entrySet()) {
            List<Long> all = new ArrayList<>(List.of(process.getValue()));
            if (process.getKey().equals("database")) {
                ProcessHandle.of(process.getValue()).orElseThrow().children().map(ProcessHandle::pid)
                        .filter(pid -> pid != books.backend).forEach(all::add);
            }
            double sum = 0;
            for (long pid : all) {
                try {
                    sum += reading.of(pid);
                } catch (NoSuchFileException e) {
                    // a database process that just ended: from now on its parent has its time
                }
            }
            sums.put(process.getKey(), sum);
        }
        return sums;
    }

    static double cpu(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Arrays.stream(stat.substring(stat.lastIndexOf(')') + 2).split(" ")).skip(11).limit(4)
                .mapToLong(Long::parseLong).sum() * 10.0;
    }

    /** Lines in the logs of services and database, which log warnings and errors only. */
    long linesLogged() throws IOException {
        long lines = 0;
        for (Path place : List.of(folder, data)) {
            for (File log : place.toFile().listFiles((parent, file) -> file.endsWith(".log"))) {
                lines += Files.readAllLines(log.toPath()).size();
            }
        }
        return lines;
    }

    /** Starts a flight recording in each JVM. */
    void startRecording() throws Exception {
        for (String process : pids.keySet()) {
            jcmd(process, "JFR.configure", "stackdepth=256");
            jcmd(process, "JFR.start", "name=bench", "settings=profile");
        }
    }

    /** Ends the recordings and keeps them as {@code target/bench-<title>-<process>.jfr}. */
    void saveRecording(String title) throws Exception {
        for (String process : pids.keySet()) {
            String file = "bench-" + (title + " " + process).trim().replaceAll("[^\\w=-]+", "-") + ".jfr";
            jcmd(process, "JFR.stop", "name=bench", "filename=" + HERE.resolve("target").resolve(file));
        }
    }

    private void jcmd(String process, String... command) throws Exception {
        if (process.equals("database")) {
            return;
        }
        List<String> call = new ArrayList<>(List.of(StartedProcess.tool("jcmd"), pids.get(process).toString()));
        call.addAll(List.of(command));
        Path output = folder.resolve("jcmd");
        if (new ProcessBuilder(call).redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor() != 0) {
            throw new IllegalStateException(Files.readString(output));
        }
    }
}
