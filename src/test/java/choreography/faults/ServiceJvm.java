package choreography.faults;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import choreography.Main;
import choreography.testing.FreePorts;

/**
 * One replica of one or more services, in a JVM that can be killed and started again. What it says is in its folder.
 */
final class ServiceJvm {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String services;
    private final Path folder;
    private final Map<String, String> settings;
    private Process process;

    /** @param services as in the property {@code services} */
    ServiceJvm(String services, Path folder, Map<String, String> settings) throws IOException {
        this.services = services;
        this.folder = Files.createDirectories(folder);
        this.settings = new LinkedHashMap<>(settings);
        this.settings.put("services", services);
        this.settings.put("http.port", Integer.toString(FreePorts.one()));
        this.settings.put("management.port", Integer.toString(FreePorts.one()));
        this.settings.put("camel.beans.broker", "#class:" + HaltingConnectionFactory.class.getName());
    }

    boolean runs(String service) {
        return List.of(services.split(",")).contains(service);
    }

    URI url() {
        return URI.create("http://localhost:" + settings.get("http.port"));
    }

    synchronized void start() throws IOException {
        if (process != null && process.isAlive()) {
            return;
        }
        List<String> command =
                new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
                "-Dlog4j2.configurationFile=log4j2.properties",
                "-D" + HaltingConnectionFactory.FOLDER + "=" + folder, "-cp", System.getProperty("java.class.path"),
                Main.class.getName()));
        settings.forEach((name, value) -> command.add("--" + name + "=" + value));
        process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile())).start();
    }

    /** {@code kill -9}; returns when the process is gone. */
    synchronized void kill() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    /** {@code kill}: it ends by itself; returns when the process is gone. */
    synchronized void stop() {
        process.destroy();
        process.onExit().join();
    }

    /** @param what to ask the management port for, for example {@code metrics} */
    String observe(String what) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(URI.create("http://localhost:%s/observe/%s"
                .formatted(settings.get("management.port"), what))).build(), BodyHandlers.ofString()).body();
    }

    /** What it has said so far. */
    String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    /** @param name of a signal: STOP has it hang until CONT */
    void signal(String name) throws IOException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().onExit().join();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    boolean isReady() {
        try {
            URI ready = URI.create("http://localhost:%s/observe/health/ready"
                    .formatted(settings.get("management.port")));
            return HTTP.send(HttpRequest.newBuilder(ready).timeout(Duration.ofSeconds(10)).build(),
                    BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notListening) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has the JVM end between the two commits of the next message of this queue. */
    void haltAt(String queue) throws IOException {
        Path unfinished = folder.resolve("halt-at.unfinished");
        Files.writeString(unfinished, queue);
        Files.move(unfinished, folder.resolve(HaltingConnectionFactory.HALT_AT));
    }

    /** True once it began to end as {@link #haltAt} told it to. */
    boolean haltedOnCommand() {
        return !Files.exists(folder.resolve(HaltingConnectionFactory.HALT_AT));
    }

    void doNotHalt() throws IOException {
        Files.deleteIfExists(folder.resolve(HaltingConnectionFactory.HALT_AT));
    }

    /** How many messages it was given that had been given to a consumer before. */
    long redelivered() throws IOException {
        Path count = folder.resolve(HaltingConnectionFactory.REDELIVERED);
        return Files.exists(count) ? ByteBuffer.wrap(Files.readAllBytes(count)).getLong() : 0;
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }
}
