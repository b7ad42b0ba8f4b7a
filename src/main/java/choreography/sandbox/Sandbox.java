package choreography.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

import choreography.contract.Loopback;
import org.slf4j.LoggerFactory;

/**
 * The servers that the services need, on this machine and for it only: a real Artemis broker with the configuration of
 * {@code broker/}, PostgreSQL, and an SMTP server that keeps what it accepts. Messages, rows and mail stay in the data
 * folder from one start to the next.
 *
 * <p>Broker and database are processes of their own. They end with {@link #close()}, and also when this JVM is killed.
 */
public final class Sandbox implements AutoCloseable {

    private final SandboxSettings settings;
    private final FileChannel lock;
    private final Broker broker;
    private final Database database;
    private final MailServer mail;
    private boolean closed;

    private Sandbox(SandboxSettings settings, FileChannel lock) {
        this.settings = settings;
        this.lock = lock;
        this.broker = new Broker(settings);
        this.database = new Database(settings);
        this.mail = new MailServer(settings);
    }

    /**
     * Starts all servers at the same time and returns when every one can be used. The broker's web console may follow a
     * moment later.
     *
     * @throws SandboxException if the data folder is in use or not a sandbox's, a port is taken or a server does not
     * start; then nothing runs
     */
    public static Sandbox start(SandboxSettings settings) {
        DataFolder.claim(settings.data());
        Sandbox sandbox = new Sandbox(settings, lock(settings.data()));
        try {
            sandbox.broker.endLeftover();
            sandbox.database.endLeftover();
            checkPorts(settings.ports());
            if (settings.fresh()) {
                DataFolder.clear(settings.data());
            }
            LoggerFactory.getILoggerFactory(); // or else SLF4J complains that several threads start it
            together(sandbox.broker::start, sandbox.database::start, sandbox.mail::start);
            return sandbox;
        } catch (RuntimeException e) {
            sandbox.close();
            throw e;
        }
    }

    /** URL for a JMS client, user and password {@code services}. */
    public String brokerUrl() {
        return "tcp://127.0.0.1:" + settings.brokerPort();
    }

    /** The broker's web console, user and password {@code admin}. */
    public URI console() {
        return URI.create("http://localhost:" + settings.consolePort() + "/console");
    }

    /** JDBC URL of the database {@code choreography}. */
    public String databaseUrl() {
        return database.url();
    }

    /** Password of the superuser {@code postgres}. */
    public String databasePassword() {
        return database.password();
    }

    /** The list of accepted mail: a JSON array, newest first. */
    public URI mails() {
        return URI.create("http://localhost:" + settings.mailPort() + "/mails");
    }

    /** Some lines for the terminal that say where everything is. */
    public String describe() {
        return """
                Broker       %s  (user services, password services)
                Console      %s  (user admin, password admin)
                Database     %s  (user postgres, password in %s)
                Mail list    %s  (SMTP on port %s)
                Data         %s""".formatted(brokerUrl(), console(), databaseUrl(),
                database.passwordFile(), mails(), settings.smtpPort(),
                settings.data().toAbsolutePath().normalize());
    }

    /** Ends every server, gently at first; what does not end within seconds is killed. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            together(mail::close, broker::close, database::close);
        } finally {
            unlock();
        }
    }

    private static FileChannel lock(Path data) {
        Path file = data.resolve("sandbox.lock");
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) {
                channel.truncate(0).write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes()));
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // another sandbox in this JVM: as if it were in another one
        } catch (IOException e) {
            throw new SandboxException("The data folder " + data + " (sandbox.data) cannot be used: " + e, e);
        }
        throw new SandboxException(
                "Another sandbox (process %s) uses the data folder %s: end it, or set sandbox.data to another folder."
                .formatted(closeAndRead(channel, file), data));
    }

    private static String closeAndRead(FileChannel channel, Path file) {
        try {
            channel.close();
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "unknown";
        }
    }

    private void unlock() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void checkPorts(Map<String, Integer> ports) {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (String address : Loopback.addresses("localhost")) {
                ports.forEach((purpose, port) -> held.add(listenOn(address, port, purpose)));
            }
        } finally {
            held.forEach(Sandbox::release);
        }
    }

    private static ServerSocket listenOn(String address, int port, String purpose) {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), port));
            return socket;
        } catch (IOException e) {
            throw new SandboxException(
                    "Port %s for %s is taken: end what listens there, or set that property to a free port."
                    .formatted(port, purpose), e);
        }
    }

    private static void release(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs all at the same time to the end; then throws the first failure, if any. */
    private static void together(Runnable... tasks) {
        List<CompletableFuture<Void>> running = Stream.of(tasks)
                .map(task -> CompletableFuture.runAsync(task, command -> new Thread(command, "sandbox").start()))
                .toList();
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof SandboxException known ? known
                    : new SandboxException("The sandbox failed: " + e.getCause(), e.getCause());
        }
    }
}
