package choreography.notification;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.net.SocketFactory;

/** Makes sockets that can be closed all at once, whoever waits for an answer there. */
final class OpenSockets extends SocketFactory {

    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    @Override
    public Socket createSocket() throws IOException {
        if (ended) {
            throw new IOException("The service ends");
        }
        Socket socket = new Socket() {
            @Override
            public void close() throws IOException {
                open.remove(this);
                super.close();
            }
        };
        open.add(socket);
        return socket;
    }

    /** From now on there are none. */
    void end() {
        ended = true;
        for (Socket socket : open) {
            try {
                socket.close();
            } catch (IOException e) {
                open.remove(socket); // it was closed already
            }
        }
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }
}
