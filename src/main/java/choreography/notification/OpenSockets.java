package choreography.notification;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.net.SocketFactory;

/**
 * Makes sockets that can be closed from outside: all at once, whoever waits for an answer there, and those where a
 * write does not end, for which Java has no limit of time. Jakarta Mail's own, {@code mail.smtp.writetimeout},
 * schedules a task for each write and wakes a thread for it (docs/decisions/0009).
 */
final class OpenSockets extends SocketFactory {

    private final Set<WatchedSocket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    @Override
    public Socket createSocket() throws IOException {
        if (ended) {
            throw new IOException("The service ends");
        }
        WatchedSocket socket = new WatchedSocket();
        open.add(socket);
        return socket;
    }

    /** From now on there are none. */
    void end() {
        ended = true;
        open.forEach(WatchedSocket::end);
    }

    /** Closes those where a write has lasted longer. */
    void endWrites(Duration longest) {
        open.stream().filter(socket -> socket.hasWrittenFor(longest)).forEach(WatchedSocket::end);
    }

    private final class WatchedSocket extends Socket {

        private static final long NONE = 0;

        private volatile long writesSince = NONE;

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(int one) throws IOException {
                    write(new byte[] {(byte) one}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    writesSince = System.nanoTime() | 1; // never none
                    try {
                        out.write(bytes, offset, length);
                    } finally {
                        writesSince = NONE;
                    }
                }
            };
        }

        boolean hasWrittenFor(Duration longest) {
            long since = writesSince;
            return since != NONE && System.nanoTime() - since > longest.toNanos();
        }

        void end() {
            try {
                close();
            } catch (IOException e) {
                // it was closed already
            }
        }

        @Override
        public void close() throws IOException {
            open.remove(this);
            super.close();
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
