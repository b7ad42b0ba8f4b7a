package choreography.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.awaitility.Awaitility.await;

/** A broker for a test that stops it, or that wants it for itself. It keeps its messages from one start to the next. */
public final class BrokerProcess implements AutoCloseable {

    private final Path data;
    private final int port = FreePorts.one();
    private final StartedProcess process;

    /** @param data folder for its messages */
    public BrokerProcess(Path data) {
        this(data, Path.of("."));
    }

    /** @param project a folder with a {@code broker/} of its own */
    public BrokerProcess(Path data, Path project) {
        this.data = data;
        process = new StartedProcess(data.resolve("broker.log"), List.of(project.resolve("broker/run").toString(),
                artemis())).with(Map.of(
                "JAVA_HOME", System.getProperty("java.home"),
                "BROKER_DATA", data.toString(),
                "BROKER_PORT", Integer.toString(port),
                "CONSOLE_PORT", Integer.toString(FreePorts.one())));
    }

    /** Where {@code mvn compile} has unpacked it. */
    public static String artemis() {
        try (Stream<Path> made = Files.list(Path.of("target"))) {
            return made.filter(folder -> folder.getFileName().toString().startsWith("apache-artemis-"))
                    .max(Comparator.naturalOrder()).orElseThrow().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "tcp://127.0.0.1:" + port;
    }

    /** @param settings of broker.xml that are to be others than there, as Artemis calls them: {@code minDiskFree=1} */
    public BrokerProcess start(String... settings) {
        String options = Stream.of(settings).map(" -Dbrokerconfig."::concat).collect(Collectors.joining());
        process.with(Map.of("BROKER_JAVA_OPTS", "-XX:TieredStopAtLevel=1" + options)).start();
        return this;
    }

    public BrokerProcess awaitStarted() {
        await("broker, see " + data).atMost(Duration.ofSeconds(60)).failFast(() -> !process.isAlive())
                .until(this::accepts);
        return this;
    }

    private boolean accepts() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** {@code kill -STOP}: it keeps its connections, and answers nobody. */
    public void hang() {
        process.signal("STOP");
    }

    /** {@code kill -CONT} */
    public void goOn() {
        process.signal("CONT");
    }

    /** {@code kill -9}; {@link #start} starts it again. */
    public void kill() {
        process.kill();
    }

    /** Ends the broker; {@link #start} starts it again. */
    @Override
    public void close() {
        process.stop();
        await("broker ends").atMost(Duration.ofSeconds(30)).until(() -> !process.isAlive());
    }
}
