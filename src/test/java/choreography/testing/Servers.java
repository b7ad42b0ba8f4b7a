package choreography.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import choreography.sandbox.Sandbox;
import choreography.sandbox.SandboxSettings;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.springframework.util.FileSystemUtils;

/**
 * Real broker, database and mail server for the integration tests: one sandbox a test run, started when first needed,
 * ended after the last test.
 */
public final class Servers implements BeforeAllCallback, AutoCloseable {

    private static Servers running;

    private final Path data;
    private final SandboxSettings settings;
    private final Sandbox sandbox;

    /** For JUnit, which starts nothing yet. */
    public Servers() {
        data = null;
        settings = null;
        sandbox = null;
    }

    private Servers(Path data) throws IOException {
        this.data = data;
        settings = FreePorts.forSandbox(data);
        sandbox = Sandbox.start(settings);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        start(context);
    }

    /** Ends with the test run, after everything that was put into the root store later. */
    public static void start(ExtensionContext context) {
        rootStore(context).getOrComputeIfAbsent(Servers.class, key -> running = begin(), Servers.class);
    }

    public static Store rootStore(ExtensionContext context) {
        return context.getRoot().getStore(Namespace.create(Servers.class));
    }

    private static Servers begin() {
        try {
            return new Servers(Files.createTempDirectory("choreography-it"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        sandbox.close();
        FileSystemUtils.deleteRecursively(data);
    }

    public static Sandbox sandbox() {
        return running.sandbox;
    }

    public static SandboxSettings settings() {
        return running.settings;
    }
}
