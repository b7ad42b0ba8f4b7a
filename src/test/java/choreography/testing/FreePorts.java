package choreography.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import choreography.sandbox.SandboxSettings;

/** Ports of the loopback interface that were free a moment ago. */
public final class FreePorts {

    private FreePorts() { }

    public static int one() {
        return some(1)[0];
    }

    /** No two of them are the same. */
    public static int[] some(int count) {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            int[] ports = sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The settings of such a sandbox as properties. */
    public static Map<String, String> properties(SandboxSettings sandbox) {
        return new TreeMap<>(Map.of(
                "sandbox.data", sandbox.data().toString(),
                "sandbox.broker-port", Integer.toString(sandbox.brokerPort()),
                "sandbox.console-port", Integer.toString(sandbox.consolePort()),
                "sandbox.database-port", Integer.toString(sandbox.databasePort()),
                "sandbox.smtp-port", Integer.toString(sandbox.smtpPort()),
                "sandbox.mail-port", Integer.toString(sandbox.mailPort())));
    }

    /** @param data folder, which is kept */
    public static SandboxSettings forSandbox(Path data) {
        int[] ports = some(5);
        return new SandboxSettings(data, false, ports[0], ports[1], ports[2], ports[3], ports[4]);
    }
}
