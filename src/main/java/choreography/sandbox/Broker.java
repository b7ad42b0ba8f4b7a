package choreography.sandbox;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The Artemis broker, run by {@code broker/run} as from a terminal. */
final class Broker {

    private static final Path RUN = Path.of("broker", "run").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final int port;
    private final int consolePort;
    private final Path data;
    private final Path output;
    private final Path pidFile;
    private Process process;
    private Process watcher;
    private OtherLoopback console;

    Broker(SandboxSettings settings) {
        port = settings.brokerPort();
        consolePort = settings.consolePort();
        data = settings.data().resolve("broker").toAbsolutePath();
        output = data.resolve("log").resolve("terminal.log");
        pidFile = data.resolve("broker.pid");
    }

    /** Ends the broker of a sandbox that was killed. */
    void endLeftover() {
        ChildProcess.named(pidFile).ifPresent(leftover -> ChildProcess.end(leftover, "TERM"));
    }

    /** Returns when clients can connect: the acceptor is the last thing that the broker opens, save its console. */
    void start() {
        if (!Files.isExecutable(RUN)) {
            throw new SandboxException(RUN + " is not there: start in the project's folder.");
        }
        try {
            Files.createDirectories(output.getParent());
            // Ctrl-C in the terminal reaches the whole process group. Deaf to it, the broker outlives the services'
            // shutdown.
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", "trap '' INT HUP; exec \"$0\"", RUN.toString())
                    .redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().putAll(Map.of(
                    "JAVA_HOME", System.getProperty("java.home"),
                    "BROKER_DATA", data.toString(),
                    "BROKER_HOST", "127.0.0.1",
                    "BROKER_PORT", Integer.toString(port),
                    "CONSOLE_HOST", "127.0.0.1",
                    "CONSOLE_PORT", Integer.toString(consolePort)));
            process = builder.start();
            ChildProcess.writePidFile(pidFile, process.toHandle());
            watcher = ChildProcess.endWithThisJvm(process.pid(), "TERM");
            awaitReady();
            console = OtherLoopback.passOn(consolePort);
        } catch (IOException e) {
            throw new SandboxException("The message broker cannot be started: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("Interrupted while the message broker starts.", e);
        }
    }

    void close() {
        if (console != null) {
            console.close();
        }
        if (process != null) {
            ChildProcess.end(process.toHandle(), "TERM");
        }
        if (watcher != null) {
            watcher.destroyForcibly();
        }
    }

    private void awaitReady() throws IOException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!accepts()) {
            if (!process.isAlive()) {
                throw new SandboxException("The message broker ended while starting: " + lastWords());
            }
            if (Instant.now().isAfter(deadline)) {
                throw new SandboxException("The message broker is not ready after %s s; see %s."
                        .formatted(PATIENCE.toSeconds(), output.getParent()));
            }
            Thread.sleep(50);
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(output).stream().filter(line -> !line.isBlank()).toList();
        return String.join(" / ", lines.subList(Math.max(0, lines.size() - 3), lines.size())) + " (see "
                + output.getParent() + ")";
    }
}
