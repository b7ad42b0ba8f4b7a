package choreography.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.springframework.util.FileSystemUtils;

/** A broker that a test class has for itself, and a client of it. */
public final class OwnBroker implements BeforeAllCallback, AfterAllCallback {

    private final String[] settings;
    private Path data;
    private BrokerProcess process;
    private BrokerClient client;

    /** @param settings other than those of {@code broker.xml}, {@code name=value} */
    public OwnBroker(String... settings) {
        this.settings = settings;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        data = Files.createTempDirectory("choreography-broker");
        process = new BrokerProcess(data).start(settings).awaitStarted();
        client = new BrokerClient(process.url());
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        client.close();
        process.close();
        FileSystemUtils.deleteRecursively(data);
    }

    public String url() {
        return process.url();
    }

    public BrokerClient client() {
        return client;
    }
}
