package choreography.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

import choreography.contract.Loopback;

/**
 * The name localhost is 127.0.0.1 for one client and ::1 for another. Passes on to 127.0.0.1 what comes to ::1, for a
 * server that listens on one address.
 */
final class OtherLoopback implements AutoCloseable {

    private static final String IP_V4 = "127.0.0.1";
    private static final String IP_V6 = "::1";

    private final ServerSocket server;

    private OtherLoopback(ServerSocket server) {
        this.server = server;
    }

    /** @return null: this machine has no other */
    static OtherLoopback passOn(int port) throws IOException {
        if (!Loopback.addresses("localhost").contains(IP_V6)) {
            return null;
        }
        OtherLoopback other = new OtherLoopback(new ServerSocket(port, 50, InetAddress.getByName(IP_V6)));
        run(other::accept);
        return other;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                run(() -> connect(client));
            } catch (IOException e) {
                // closed, or that client has gone: the next one
            }
        }
    }

    private void connect(Socket client) {
        Socket served = new Socket();
        try {
            served.connect(new InetSocketAddress(IP_V4, server.getLocalPort()));
            run(() -> copy(client, served));
            copy(served, client);
        } catch (IOException e) {
            close(client);
            close(served);
        }
    }

    /** Until the one has said all; then the other hears that. When both have, nothing is left. */
    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
            to.shutdownOutput();
            if (from.isOutputShutdown()) {
                close(from);
                close(to);
            }
        } catch (IOException e) {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(Runnable task) {
        Thread thread = new Thread(task, "loopback");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
