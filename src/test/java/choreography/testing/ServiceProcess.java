package choreography.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.Main;
import choreography.catalogue.Topology;
import choreography.contract.Services;
import choreography.sandbox.SandboxSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Services in a JVM of their own, started as an operator starts them. */
public class ServiceProcess implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Map<String, String> settings;
    private final StartedProcess process;

    /**
     * Starts nothing yet. Passes the settings as {@code --http.port=8080}.
     *
     * @param log      gets what they say
     * @param settings as those of {@link #settings}
     * @param options  of the JVM
     */
    public ServiceProcess(Path log, Map<String, String> settings, String classes, String... options) {
        this(settings, new StartedProcess(log, StartedProcess.java(List.of(options), classes, Main.class.getName(),
                arguments(settings))));
    }

    /** @param process is to have these settings */
    public ServiceProcess(Map<String, String> settings, StartedProcess process) {
        this.settings = settings;
        this.process = process;
    }

    public static List<String> arguments(Map<String, String> settings) {
        return settings.entrySet().stream().map(setting -> "--" + setting.getKey() + "=" + setting.getValue()).toList();
    }

    /** Settings of a process that uses the shared {@link Servers} and free ports of its own. */
    public static Map<String, String> settings(String services) {
        return settings(services, Servers.settings());
    }

    /** Settings of a process that uses servers of its test, which may not be there yet, and free ports of its own. */
    public static Map<String, String> settings(String services, SandboxSettings servers) {
        return settings(servers, services).get(0);
    }

    /**
     * Settings of processes that find each other. Services that run in none of them answer nowhere, unless a test says
     * where.
     *
     * @param processes which services share one, for example {@code "gateway,user", "order,billing,notification"}
     */
    public static List<Map<String, String>> settings(SandboxSettings servers, String... processes) {
        List<Map<String, String>> all = new ArrayList<>();
        Map<String, String> common = new LinkedHashMap<>();
        Stream.of(Topology.allBut("gateway").split(",")) // nobody asks a gateway
                .forEach(service -> common.put(service + ".url", "http://localhost:" + FreePorts.one()));
        for (String services : processes) {
            Map<String, String> settings = new LinkedHashMap<>();
            settings.put("services", services);
            settings.put("http.port", Integer.toString(FreePorts.one()));
            settings.put("management.port", Integer.toString(FreePorts.one()));
            settings.put("broker.url", "tcp://127.0.0.1:" + servers.brokerPort());
            settings.put("database.url", "jdbc:postgresql://127.0.0.1:" + servers.databasePort() + "/choreography");
            settings.put("smtp.port", Integer.toString(servers.smtpPort()));
            common.replaceAll((name, url) -> services.contains(name.replace(".url", ""))
                    ? "http://localhost:" + settings.get("http.port") : url);
            all.add(settings);
        }
        all.forEach(settings -> settings.putAll(common));
        return all;
    }

    /** Has the process look up all that runs elsewhere at one address. */
    public static void askAt(String url, Map<String, String> settings) {
        settings.replaceAll((name, value) -> name.endsWith(".url") && Services.all().contains(name.replace(".url", ""))
                ? url : value);
    }

    /** What it says is in {@code target/it-<name>.log}. */
    public static ServiceProcess startWithArguments(String name, Map<String, String> settings) {
        return new ServiceProcess(settings, started(name, StartedProcess.CLASSES, arguments(settings), Map.of()));
    }

    /** As {@link #startWithArguments}, with settings that name classes of tests. */
    public static ServiceProcess startWithTestClasses(String name, Map<String, String> settings) {
        return new ServiceProcess(settings, started(name, StartedProcess.ALL_CLASSES, arguments(settings), Map.of()));
    }

    /** Passes the settings as {@code HTTP_PORT=8080}. */
    public static ServiceProcess startWithEnvironment(String name, Map<String, String> settings) {
        return new ServiceProcess(settings, started(name, StartedProcess.CLASSES, List.of(), environment(settings)));
    }

    private static Map<String, String> environment(Map<String, String> settings) {
        return settings.entrySet().stream().collect(Collectors.toMap(
                setting -> setting.getKey().toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), Map.Entry::getValue));
    }

    private static StartedProcess started(String name, String classes, List<String> arguments,
            Map<String, String> environment) {
        return new StartedProcess(Path.of("target", "it-" + name + ".log"), StartedProcess.java(
                List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"), classes, Main.class.getName(),
                arguments)).with(environment).start();
    }

    public boolean runs(String service) {
        return List.of(settings.get("services").split(", *")).contains(service);
    }

    public URI url() {
        return URI.create("http://localhost:" + settings.get("http.port"));
    }

    /** For the next start: @param more settings that its arguments do not have */
    public void set(Map<String, String> more) {
        process.with(environment(more));
    }

    /** Does nothing if it runs. */
    public synchronized void start() {
        process.start();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public ServiceProcess awaitReady() {
        await(process + " is ready").atMost(Duration.ofSeconds(120))
                .failFast(() -> assertThat(isAlive()).as(() -> process + " has ended, and said: " + log()).isTrue())
                .until(this::isReady);
        return this;
    }

    public boolean isReady() {
        return health("ready") == 200;
    }

    public boolean isLive() {
        return health("live") == 200;
    }

    private int health(String kind) {
        try {
            URI health = URI.create("http://localhost:%s/observe/health/%s"
                    .formatted(settings.get("management.port"), kind));
            return HTTP.send(HttpRequest.newBuilder(health).timeout(Duration.ofSeconds(10)).build(),
                    BodyHandlers.discarding()).statusCode();
        } catch (IOException notListening) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public Caller caller() {
        return new Caller(url().getPort());
    }

    /** Health and metrics. */
    public Caller management() {
        return new Caller(Integer.parseInt(settings.get("management.port")));
    }

    /** All that it has said so far. */
    public String log() {
        return process.log();
    }

    /** The bytes of all objects that are still needed. */
    public long liveBytes() throws IOException {
        Process jcmd = new ProcessBuilder(StartedProcess.tool("jcmd"), Long.toString(pid()), "GC.class_histogram")
                .redirectErrorStream(true).start();
        try (BufferedReader output = jcmd.inputReader()) {
            return output.lines().filter(line -> line.startsWith("Total "))
                    .map(line -> Long.parseLong(line.trim().split(" +")[2])).findFirst().orElseThrow();
        }
    }

    /** {@code kill -9}; returns when the process is gone. */
    public synchronized void kill() {
        process.kill();
    }

    /** @param name of a signal: STOP has it hang until CONT */
    public void signal(String name) {
        process.signal(name);
    }

    /** Asks the process to end, without waiting for it: several can end at the same time. */
    public void stop() {
        process.stop();
    }

    /** @return how long the process took to end after it was asked to */
    public Duration awaitEnd() {
        long start = System.nanoTime();
        process.awaitEnd(Duration.ofSeconds(60));
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Override
    public void close() {
        stop();
        if (!process.awaitEnd(Duration.ofSeconds(30))) {
            process.kill();
            throw new IllegalStateException("The " + process + " did not end by itself");
        }
    }
}
