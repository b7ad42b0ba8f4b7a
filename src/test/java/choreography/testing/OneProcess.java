package choreography.testing;

import choreography.catalogue.Topology;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** All five services in one process on the shared {@link Servers}, for all tests that change no settings. */
public final class OneProcess implements BeforeAllCallback, AutoCloseable {

    private static OneProcess running;

    private ServiceProcess services;

    @Override
    public void beforeAll(ExtensionContext context) {
        Servers.start(context);
        Servers.rootStore(context).getOrComputeIfAbsent(OneProcess.class, key -> running = begin(), OneProcess.class);
    }

    private static OneProcess begin() {
        OneProcess process = new OneProcess();
        process.services = ServiceProcess.startWithArguments("one-process",
                ServiceProcess.settings(Topology.ALL)).awaitReady();
        return process;
    }

    public static ServiceProcess services() {
        return running.services;
    }

    @Override
    public void close() {
        services.close();
    }
}
