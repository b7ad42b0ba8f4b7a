package choreography.testing;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/** What the name localhost can be on this machine. */
public final class Loopbacks {

    private Loopbacks() { }

    /** @return 127.0.0.1, and ::1 if there is one */
    public static List<InetAddress> all() throws SocketException {
        List<InetAddress> all = NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(InetAddress::isLoopbackAddress).distinct().toList();
        if (all.isEmpty()) {
            throw new IllegalStateException("This machine has no loopback");
        }
        return all;
    }

    /** @param port where it answers HTTP */
    public static String url(InetAddress address, int port, String path) {
        String host = address.getHostAddress().replaceFirst("%.*", ""); // the interface
        return "http://" + (host.contains(":") ? "[::1]" : host) + ":" + port + path;
    }
}
