package choreography;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The services of one checkout with a sandbox of their own, on free ports, and what the operating system knows of their processes. */
final class Installation {

    private static final List<String> SERVICES = List.of("gateway", "user", "order", "billing", "notification");
    private static final Path HERE = Path.of("").toAbsolutePath();
    private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");

    final String name;
    final Path checkout;
    final Path data = Files.createTempDirectory(Files.createDirectories(HERE.resolve("target")), "bench");
    final int databasePort;
    final int port;
    private final List<Process> started = new ArrayList<>();
    private final Map<String, Long> pids = new LinkedHashMap<>();

    /**
     * @param options of the services' JVM ({@code -X...}) and of the services ({@code --name=value})
     * @param many    one process a service instead of one for all
     */
    Installation(String name, Path checkout, List<String> options, boolean many) throws Exception {
        this.name = name;
        this.checkout = checkout.toAbsolutePath().normalize();
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
        int[] ports = freePorts(5 + 2 * SERVICES.size());
        databasePort = ports[0];
        port = ports[5];
        List<String> common = new ArrayList<>(options);
        common.addAll(List.of("--sandbox.data=" + data, "--sandbox.database-port=" + ports[0], "--sandbox.broker-port=" + ports[1],
                "--sandbox.console-port=" + ports[2], "--sandbox.smtp-port=" + ports[3], "--sandbox.mail-port=" + ports[4]));
        long sandbox = start("sandbox", "Mail list", common, "--services=sandbox");
        common.add("--billing.opening-credit=" + Books.OPENING_CREDIT);
        if (many) {
            for (String service : List.of("user", "order", "billing")) {
                common.add("--" + service + ".url=http://localhost:" + ports[5 + 2 * SERVICES.indexOf(service)]);
            }
        }
        for (String services : many ? SERVICES : List.of(String.join(",", SERVICES))) {
            int first = 5 + 2 * Math.max(0, SERVICES.indexOf(services));
            pids.put(many ? services : "services", start(many ? services : "services", "Health ", common,
                    "--services=" + services, "--http.port=" + ports[first], "--management.port=" + ports[first + 1]));
        }
        pids.put("broker", pid("broker/broker.pid"));
        pids.put("database", pid("postgres/postmaster.pid"));
        pids.put("mail server", sandbox);
    }

    private long start(String process, String ready, List<String> options, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(JDK.resolve("java").toString()));
        Stream<String> all = Stream.concat(options.stream(), Arrays.stream(more));
        Map<Boolean, List<String>> properties = all.collect(Collectors.partitioningBy(option -> option.startsWith("--")));
        command.addAll(process.equals("sandbox") ? List.of() : properties.get(false));
        command.addAll(List.of("-cp", classpath(), "choreography.Main"));
        command.addAll(properties.get(true));
        Path log = data.resolve(process + ".log");
        Process started = new ProcessBuilder(command).directory(checkout.toFile()).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        this.started.add(started);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!Files.readString(log).contains(ready)) {
            if (System.nanoTime() > deadline || !started.isAlive()) {
                throw new IllegalStateException("The " + process + " process does not start: " + Files.readString(log));
            }
            Thread.sleep(100);
        }
        return started.pid();
    }

    /** Of Maven's classpath, with the classes of the checkout instead of those here, and without tests. */
    private String classpath() {
        Stream<String> entries = Bench.class.getClassLoader() instanceof URLClassLoader maven
                ? Arrays.stream(maven.getURLs()).map(url -> Path.of(URI.create(url.toString())).toString())
                : Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator));
        return String.join(File.pathSeparator, entries.map(Path::of).filter(entry -> !entry.endsWith("test-classes"))
                .map(entry -> (entry.startsWith(HERE) ? checkout.resolve(HERE.relativize(entry)) : entry).toString()).toList());
    }

    private static int[] freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            return sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    private long pid(String file) throws IOException {
        return Long.parseLong(Files.readAllLines(data.resolve(file)).get(0).trim());
    }

    /** Services first, then the sandbox, which ends broker and database. */
    void stop() {
        List<Process> last = new ArrayList<>(started);
        Collections.reverse(last);
        for (Process process : last) {
            process.destroy();
            try {
                if (!process.waitFor(30, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        }
    }

    void deleteData() throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    /**
     * Milliseconds of processor time used so far, by process. The database's are those of all its processes, ended ones included.
     *
     * @param notCounted a database process that works for the benchmark
     */
    Map<String, Double> cpu(long notCounted) throws IOException {
        Map<String, Double> cpu = new LinkedHashMap<>();
        for (var process : pids.entrySet()) {
            boolean database = process.getKey().equals("database");
            double used = cpu(process.getValue(), database);
            for (long child : database ? children(process.getValue()) : List.<Long>of()) {
                used += child == notCounted ? 0 : cpu(child, false);
            }
            cpu.put(process.getKey(), used);
        }
        return cpu;
    }

    static double cpu(long pid, boolean withEndedChildren) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            long ticks = 0;
            for (int field = 11; field < (withEndedChildren ? 15 : 13); field++) {
                ticks += Long.parseLong(fields[field]);
            }
            return 10.0 * ticks;
        } catch (NoSuchFileException e) {
            return 0; // a database process that just ended: from now on its parent has it
        }
    }

    /** MiB of memory by process; what database processes share counts once. */
    Map<String, Double> memory() throws IOException {
        Map<String, Double> memory = new LinkedHashMap<>();
        for (var process : pids.entrySet()) {
            boolean database = process.getKey().equals("database");
            double used = memory(process.getValue(), database ? "Pss:" : "Rss:");
            for (long child : database ? children(process.getValue()) : List.<Long>of()) {
                used += memory(child, "Pss:");
            }
            memory.put(process.getKey(), used);
        }
        return memory;
    }

    private static double memory(long pid, String kind) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            return lines.filter(line -> line.startsWith(kind)).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum() / 1024.0;
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    private static List<Long> children(long pid) {
        return ProcessHandle.of(pid).orElseThrow().children().map(ProcessHandle::pid).toList();
    }

    /** Starts a flight recording in each JVM. */
    void startRecording() throws Exception {
        for (String process : jvms().keySet()) {
            jcmd(process, "JFR.configure", "stackdepth=256");
            jcmd(process, "JFR.start", "name=bench", "settings=profile");
        }
    }

    /** Ends them and writes {@code target/bench-<name>-<process>.jfr}. */
    void saveRecording(String recording) throws Exception {
        for (String process : jvms().keySet()) {
            String file = ("bench-" + recording + "-" + process).replaceAll("[^\\w=-]+", "-") + ".jfr";
            jcmd(process, "JFR.stop", "name=bench", "filename=" + HERE.resolve("target").resolve(file));
        }
    }

    private Map<String, Long> jvms() {
        Map<String, Long> jvms = new HashMap<>(pids);
        jvms.remove("database");
        return jvms;
    }

    private void jcmd(String process, String... command) throws Exception {
        List<String> call = new ArrayList<>(List.of(JDK.resolve("jcmd").toString(), pids.get(process).toString()));
        call.addAll(List.of(command));
        int result = new ProcessBuilder(call).redirectErrorStream(true).redirectOutput(data.resolve("jcmd.log").toFile()).start().waitFor();
        if (result != 0) {
            throw new IllegalStateException(Files.readString(data.resolve("jcmd.log")));
        }
    }
}
