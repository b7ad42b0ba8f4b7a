package choreography.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.Main;
import choreography.contract.Services;
import choreography.sandbox.SandboxSettings;

import static org.awaitility.Awaitility.await;

/**
 * Services in a JVM of their own, started as an operator starts them. What they say is in {@code
 * target/it-<name>.log}.
 */
public final class ServiceProcess implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String CLASSES = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.endsWith("test-classes"))
            .collect(Collectors.joining(File.pathSeparator));

    private final Process process;
    private final Path log;
    private final int httpPort;
    private final int managementPort;

    private ServiceProcess(String name, Map<String, String> settings, List<String> arguments,
            Map<String, String> environment) {
        this(name, settings, CLASSES, arguments, environment);
    }

    private ServiceProcess(String name, Map<String, String> settings, String classes, List<String> arguments,
                           Map<String, String> environment) {
        log = Path.of("target", "it-" + name + ".log");
        httpPort = Integer.parseInt(settings.get("http.port"));
        managementPort = Integer.parseInt(settings.get("management.port"));
        List<String> command =
                new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classes, Main.class.getName()));
        command.addAll(arguments);
        try {
            Files.createDirectories(log.getParent());
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Settings of a process that uses the shared {@link Servers} and free ports of its own. */
    public static Map<String, String> settings(String services) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("services", services);
        settings.put("http.port", Integer.toString(FreePorts.one()));
        settings.put("management.port", Integer.toString(FreePorts.one()));
        putSiblingsThatAreAway(services, settings);
        settings.put("broker.url", Servers.sandbox().brokerUrl());
        settings.put("database.url", Servers.sandbox().databaseUrl());
        settings.put("smtp.port", Integer.toString(Servers.smtpPort()));
        return settings;
    }

    /** Settings of a process that uses servers of its test, which may not be there yet, and free ports of its own. */
    public static Map<String, String> settings(String services, SandboxSettings servers) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("services", services);
        settings.put("http.port", Integer.toString(FreePorts.one()));
        settings.put("management.port", Integer.toString(FreePorts.one()));
        putSiblingsThatAreAway(services, settings);
        settings.put("broker.url", "tcp://127.0.0.1:" + servers.brokerPort());
        settings.put("database.url", "jdbc:postgresql://127.0.0.1:" + servers.databasePort() + "/choreography");
        settings.put("smtp.port", Integer.toString(servers.smtpPort()));
        return settings;
    }

    /** Those that do not run in the process answer nowhere, unless a test says where. */
    private static void putSiblingsThatAreAway(String services, Map<String, String> settings) {
        for (String sibling : Services.all()) {
            if (!services.contains(sibling) && !sibling.equals("gateway")) { // nobody asks a gateway
                settings.put(sibling + ".url", "http://localhost:" + FreePorts.one());
            }
        }
    }

    /** Passes the settings as {@code --http.port=8080}. */
    public static ServiceProcess startWithArguments(String name, Map<String, String> settings) {
        return new ServiceProcess(name, settings, arguments(settings), Map.of());
    }

    /** As {@link #startWithArguments}, with settings that name classes of tests. */
    public static ServiceProcess startWithTestClasses(String name, Map<String, String> settings) {
        return new ServiceProcess(name, settings, System.getProperty("java.class.path"), arguments(settings), Map.of());
    }

    private static List<String> arguments(Map<String, String> settings) {
        return settings.entrySet().stream().map(setting -> "--" + setting.getKey() + "=" + setting.getValue()).toList();
    }

    /** Passes the settings as {@code HTTP_PORT=8080}. */
    public static ServiceProcess startWithEnvironment(String name, Map<String, String> settings) {
        return new ServiceProcess(name, settings, List.of(), settings.entrySet().stream().collect(Collectors.toMap(
                setting -> setting.getKey().toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), Map.Entry::getValue)));
    }

    public ServiceProcess awaitReady() {
        await("ready, see " + log).atMost(Duration.ofSeconds(60)).failFast(() -> !process.isAlive())
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
            return HTTP.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:%d/observe/health/%s".formatted(managementPort,
                    kind)))
                    .timeout(Duration.ofSeconds(10)).build(), BodyHandlers.discarding()).statusCode();
        } catch (IOException notListening) {
            return 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public Caller caller() {
        return new Caller(httpPort);
    }

    /** Health and metrics. */
    public Caller management() {
        return new Caller(managementPort);
    }

    /** All that the process has said so far. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes of all objects that are still needed. */
    public long liveBytes() throws IOException {
        Process jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()), "GC.class_histogram").redirectErrorStream(true).start();
        try (BufferedReader output = jcmd.inputReader()) {
            return output.lines().filter(line -> line.startsWith("Total "))
                    .map(line -> Long.parseLong(line.trim().split(" +")[2])).findFirst().orElseThrow();
        }
    }

    /** {@code kill -9}; returns when the process is gone. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Asks the process to end, without waiting for it: several can end at the same time. */
    public void stop() {
        process.destroy();
    }

    /** @return how long the process took to end after it was asked to */
    public Duration awaitEnd() throws InterruptedException {
        long start = System.nanoTime();
        process.waitFor(60, TimeUnit.SECONDS);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Override
    public void close() {
        stop();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("The process did not end by itself, see " + log);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new IllegalStateException(e);
        }
    }
}
