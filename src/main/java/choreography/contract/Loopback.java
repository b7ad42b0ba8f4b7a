package choreography.contract;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;

/** The name localhost is 127.0.0.1 for one client and ::1 for another: who listens there listens on both. */
public final class Loopback {

    private static final String IP_V6 = "::1";

    private Loopback() { }

    /** @return the addresses where a server with this host listens */
    public static List<String> addresses(String host) {
        if (!host.equalsIgnoreCase("localhost")) {
            return List.of(host);
        }
        return hasIpV6() ? List.of("127.0.0.1", IP_V6) : List.of("127.0.0.1");
    }

    private static boolean hasIpV6() {
        try {
            return NetworkInterface.getByInetAddress(InetAddress.getByName(IP_V6)) != null;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }
}
