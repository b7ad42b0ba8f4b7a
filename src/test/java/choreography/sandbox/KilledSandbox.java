package choreography.sandbox;

import java.nio.file.Path;

/** A sandbox in a JVM of its own, for a test to kill: says "started", then waits. */
final class KilledSandbox {

    private KilledSandbox() {
    }

    static Process start(SandboxSettings settings) throws Exception {
        Process process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), KilledSandbox.class.getName(),
                settings.data().toString(),
                "" + settings.brokerPort(), "" + settings.consolePort(), "" + settings.databasePort(),
                "" + settings.smtpPort(), "" + settings.mailPort())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
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
