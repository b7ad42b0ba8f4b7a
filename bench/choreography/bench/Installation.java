package choreography.bench;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.contract.Services;
import choreography.sandbox.Postgres;
import choreography.testing.FreePorts;

/**
 * The services of a checkout with a sandbox of their own, on free ports, and what the operating system knows of the
 * processes.
 */
final class Installation {

    private static final String JVM_OPTIONS = ".mvn/jvm.config"; // what `mvn camel:run` starts them with
    private static final List<String> SERVICES = Services.all();
    private static final Path HERE = Path.of("").toAbsolutePath();
    private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");

    final String name;
    final Path checkout;
    private final Path folder = Files.createTempDirectory(Files.createDirectories(HERE.resolve("target")), "bench");
    private final Path data = folder.resolve("data");
    final int port;
    final Books books;
    private final Deque<Process> started = new ArrayDeque<>();
    private final Map<String, Long> pids = new LinkedHashMap<>();

    /**
     * @param options of the services' JVM ({@code -X...}) and of the services ({@code --name=value})
     * @param many    one process a service instead of one for all
     * @param mail    false: without the notification service
     */
    Installation(String name, Path checkout, List<String> options, boolean many, boolean mail) throws Exception {
        this.name = name;
        this.checkout = checkout.toAbsolutePath().normalize();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
        int[] ports = FreePorts.some(5 + 2 * SERVICES.size());
        port = ports[5 + (many ? 2 * SERVICES.indexOf("gateway") : 0)];
        List<String> common = new ArrayList<>(List.of("--sandbox.data=" + data, "--sandbox.database-port=" + ports[0],
                "--sandbox.broker-port=" + ports[1], "--sandbox.console-port=" + ports[2],
                "--sandbox.smtp-port=" + ports[3],
                "--sandbox.mail-port=" + ports[4]));
        long sandbox = start("sandbox", "Mail list", common);
        common.add("--billing.opening-credit=" + Books.OPENING_CREDIT);
        if (many) {
            SERVICES.forEach(service ->
                    common.add("--" + service + ".url=http://localhost:" + ports[5 + 2 * SERVICES.indexOf(service)]));
        }
        common.addAll(options);
        List<String> parts = mail ? SERVICES : SERVICES.stream().filter(service -> !service.equals("notification"))
                .toList();
        for (String services : many ? parts : List.of(String.join(",", parts))) {
            int first = 5 + 2 * Math.max(0, SERVICES.indexOf(services));
            List<String> own = new ArrayList<>(common);
            own.addAll(List.of("--http.port=" + ports[first], "--management.port=" + ports[first + 1]));
            pids.put(many ? services : "services", start(services, "Health ", own));
            awaitReady(ports[first + 1]);
        }
        pids.put("broker", pid("broker/broker.pid"));
        pids.put("database", pid("postgres/postmaster.pid"));
        pids.put("mail server", sandbox);
        books = new Books(ports[0], databasePassword(), data.resolve("mail"), mail);
    }

    /** A checkout that has no such file lets everyone in. */
    private String databasePassword() throws IOException {
        Path file = data.resolve("postgres.password");
        return Files.exists(file) ? Postgres.password(file) : "";
    }

    private static void awaitReady(int managementPort) throws Exception {
        HttpRequest ready = HttpRequest.newBuilder(
                URI.create("http://localhost:" + managementPort + "/observe/health/ready")).build();
        HttpClient http = HttpClient.newHttpClient();
        for (long end = System.nanoTime() + 60_000_000_000L; http.send(ready, BodyHandlers.discarding())
                .statusCode() != 200; Thread.sleep(50)) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("The services are not ready");
            }
        }
    }

    private long start(String services, String ready, List<String> options) throws Exception {
        List<String> command = new ArrayList<>(List.of(JDK.resolve("java").toString()));
        if (Files.exists(checkout.resolve(JVM_OPTIONS))) {
            command.add("@" + JVM_OPTIONS);
        }
        options.stream().filter(option -> !option.startsWith("--")).forEach(command::add);
        command.addAll(List.of("-cp", classpath(), "choreography.Main", "--services=" + services));
        options.stream().filter(option -> option.startsWith("--")).forEach(command::add);
        Path log = folder.resolve(services + ".log");
        Process process = new ProcessBuilder(command).directory(checkout.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        started.push(process);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!Files.readString(log).contains(ready)) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                throw new IllegalStateException(services + " does not start: " + Files.readString(log));
            }
            Thread.sleep(100);
        }
        return process.pid();
    }

    /** Here Maven's, without tests; another checkout has its own libraries beside its jar. */
    private String classpath() {
        if (!checkout.equals(HERE)) {
            return checkout.resolve("target/classes") + File.pathSeparator + checkout.resolve("target/lib")
                    + File.separator + "*";
        }
        Stream<String> entries = Bench.class.getClassLoader() instanceof URLClassLoader maven
                ? Arrays.stream(maven.getURLs()).map(url -> Path.of(URI.create(url.toString())).toString())
                : Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
        return entries.filter(entry -> !Path.of(entry).endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private long pid(String file) throws IOException {
        return Long.parseLong(Files.readAllLines(data.resolve(file)).get(0).trim());
    }

    /** The services first, then the sandbox, which ends broker and database. */
    void stop() {
        try {
            for (Process process : started) {
                process.destroy();
                process.waitFor(30, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            started.forEach(Process::destroyForcibly);
        }
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
        return read(Installation::cpu);
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
        List<String> call = new ArrayList<>(List.of(JDK.resolve("jcmd").toString(), pids.get(process).toString()));
        call.addAll(List.of(command));
        Path output = folder.resolve("jcmd");
        if (new ProcessBuilder(call).redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor() != 0) {
            throw new IllegalStateException(Files.readString(output));
        }
    }
}
