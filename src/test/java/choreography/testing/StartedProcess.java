package choreography.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process that can be killed and held, and started again. It does not outlive this JVM. */
public final class StartedProcess {

    /** All classes that this JVM has, those of the tests too. */
    public static final String ALL_CLASSES = classes().collect(Collectors.joining(File.pathSeparator));
    /** As an installation has them. */
    public static final String CLASSES = classes().filter(entry -> !entry.endsWith("test-classes"))
            .collect(Collectors.joining(File.pathSeparator));

    private final ProcessBuilder builder;
    private final Path log;
    private volatile Process process;

    /**
     * Starts nothing yet.
     *
     * @param log gets all that the process says; what it holds of an earlier run goes
     */
    public StartedProcess(Path log, List<String> command) {
        this.log = log;
        builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
        try {
            Files.createDirectories(log.toAbsolutePath().getParent());
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
    }

    /** Maven runs a main class in its own JVM. */
    private static Stream<String> classes() {
        return StartedProcess.class.getClassLoader() instanceof URLClassLoader maven
                ? Stream.of(maven.getURLs()).map(url -> Path.of(URI.create(url.toString())).toString())
                : Stream.of(System.getProperty("java.class.path").split(File.pathSeparator));
    }

    /** @return the command that runs a class, by the JDK that runs this one */
    public static List<String> java(List<String> options, String classes, String main, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(tool("java")));
        command.addAll(options);
        command.addAll(List.of("-cp", classes, main));
        command.addAll(arguments);
        return command;
    }

    /** @return a program of the JDK */
    public static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }

    /** More of it for the next start. */
    public StartedProcess with(Map<String, String> environment) {
        builder.environment().putAll(environment);
        return this;
    }

    public StartedProcess in(Path folder) {
        builder.directory(folder.toFile());
        return this;
    }

    /** Does nothing if it runs. */
    public StartedProcess start() {
        try {
            if (!isAlive()) {
                process = builder.start();
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** {@code kill -9}; returns when the process is gone. */
    public void kill() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
        }
    }

    /** Asks it to end, without waiting for that. */
    public void stop() {
        if (process != null) {
            process.destroy();
        }
    }

    /** @return false: it is still there after that time */
    public boolean awaitEnd(Duration atMost) {
        try {
            return process == null || process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param name STOP: it keeps its connections and answers nobody, until CONT */
    public void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().onExit().join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that it has said so far. */
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "process of " + log;
    }
}
