package choreography.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A server process that must not outlive this JVM. */
final class ChildProcess {

    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private ChildProcess() {
    }

    /**
     * Sends the signal to the process when this JVM is gone, however it ended: then the pipe that the watcher reads is
     * at its end. The watcher itself is deaf to Ctrl-C.
     */
    static Process endWithThisJvm(long pid, String signal) throws IOException {
        return new ProcessBuilder("sh", "-c", "trap '' INT HUP TERM; read _; kill -s " + signal + " " + pid)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Sends the signal and waits; a process that is still there after some seconds is killed. */
    static void end(ProcessHandle process, String signal) {
        try {
            new ProcessBuilder("kill", "-s", signal, Long.toString(process.pid()))
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start().waitFor();
            if (!endsInTime(process)) {
                process.destroyForcibly();
                endsInTime(process);
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The live process that a pid file names. The layout is that of PostgreSQL's postmaster.pid: the pid on line 1, the
     * process's start in epoch seconds on line 3, which tells it from a stranger that was given the same pid later.
     */
    static Optional<ProcessHandle> named(Path pidFile) {
        try {
            List<String> lines = Files.readAllLines(pidFile);
            Instant started = Instant.ofEpochSecond(Long.parseLong(lines.get(2).trim()));
            return ProcessHandle.of(Long.parseLong(lines.get(0).trim()))
                    .filter(ChildProcess::isRunning)
                    .filter(process -> process.info().startInstant()
                            .filter(start -> Duration.between(start, started).abs().toSeconds() <= 5).isPresent());
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return Optional.empty();
        }
    }

    static void writePidFile(Path pidFile, ProcessHandle process) throws IOException {
        Instant started = process.info().startInstant().orElseGet(Instant::now);
        Files.writeString(pidFile, process.pid() + "\n\n" + started.getEpochSecond() + "\n");
    }

    /** A zombie, ended but not yet collected by its parent, has no command any more and does not count. */
    static boolean isRunning(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private static boolean endsInTime(ProcessHandle process) throws InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (isRunning(process)) {
            if (Instant.now().isAfter(deadline)) {
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }
}
