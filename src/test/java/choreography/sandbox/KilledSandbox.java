package choreography.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A sandbox in a JVM of its own, for a test to kill: says "started", then waits. */
final class KilledSandbox {

    private KilledSandbox() {
    }

    /** @param options of its JVM */
    static Process start(SandboxSettings settings, String... options) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(options));
        command.addAll(List.of(
                "-cp", System.getProperty("java.class.path"), KilledSandbox.class.getName(),
                settings.data().toString(),
                "" + settings.brokerPort(), "" + settings.consolePort(), "" + settings.databasePort(),
                "" + settings.smtpPort(), "" + settings.mailPort()));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        var lines = process.inputReader();
        String line = lines.readLine();
        while (line != null && !line.equals("started")) {
            line = lines.readLine();
        }
        return process;
    }

    public static void main(String[] args) throws Exception {
        Sandbox.start(new SandboxSettings(Path.of(args[0]), false, Integer.parseInt(args[1]), Integer.parseInt(args[2]),
                Integer.parseInt(args[3]), Integer.parseInt(args[4]), Integer.parseInt(args[5])));
        System.out.println("started");
        Thread.currentThread().join();
    }
}
