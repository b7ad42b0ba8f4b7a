package choreography.notification;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import static java.nio.charset.StandardCharsets.US_ASCII;

/** A mail server that can do what a real one does on a bad day. It takes every mail. */
final class SmtpScript implements AutoCloseable {

    /** How it ends the connections that are open. */
    enum End { RESET, CLOSE, SAYS_421 }

    /** What it does with the content of the next mails. */
    enum Content { TAKE, NOT_READ, NOT_ANSWERED, TAKE_AND_HANG_UP, HANG_UP_BEFORE }

    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final List<String> mails = new CopyOnWriteArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Content content = Content.TAKE;
    private volatile CountDownLatch meeting = new CountDownLatch(0);
    private volatile boolean saysGoodbye = true;
    private volatile int refuseSenders;
    private volatile int refuseRecipients;
    private volatile int refuseMails;
    private final AtomicInteger connections = new AtomicInteger();

    SmtpScript() throws IOException {
        inBackground(() -> {
            while (true) {
                Socket client = server.accept();
                connections.incrementAndGet();
                open.add(client);
                inBackground(() -> converse(client));
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    /** The Message-IDs of all mails that came whole. */
    List<String> mails() {
        return List.copyOf(mails);
    }

    int connections() {
        return connections.get();
    }

    int openConnections() {
        return open.size();
    }

    void set(Content newContent) {
        content = newContent;
    }

    /** Answers MAIL FROM with this code; 0: takes it. */
    void refuseSenders(int code) {
        refuseSenders = code;
    }

    /** Answers RCPT TO with this code; 0: takes it. */
    void refuseRecipients(int code) {
        refuseRecipients = code;
    }

    /** Answers the end of a mail with this code; 0: takes it. */
    void refuseMails(int code) {
        refuseMails = code;
    }

    /** Leaves whoever says QUIT without an answer, and the connection open. */
    void sayNoGoodbye() {
        saysGoodbye = false;
    }

    /** Takes no more content until as many clients want to send it. */
    void meet(CountDownLatch clients) {
        meeting = clients;
    }

    void end(End how) throws IOException {
        for (Socket client : open) {
            if (how == End.SAYS_421) {
                say(client, "421 4.4.2 idle for too long");
            }
            client.setSoLinger(how == End.RESET, 0);
            client.close();
        }
        open.clear();
    }

    private void converse(Socket client) throws IOException {
        try (client; BufferedReader lines =
                new BufferedReader(new InputStreamReader(client.getInputStream(), US_ASCII))) {
            say(client, "220 ready");
            for (String line = lines.readLine(); line != null && !line.equals("QUIT"); line = lines.readLine()) {
                if (line.equals("DATA")) {
                    takeContent(client, lines);
                } else if (line.startsWith("MAIL") && refuseSenders > 0) {
                    say(client, refuseSenders + " not now");
                } else if (line.startsWith("RCPT") && refuseRecipients > 0) {
                    say(client, refuseRecipients + " not you");
                } else {
                    say(client, "250 OK");
                }
            }
            if (!saysGoodbye) {
                await(ended);
            }
        } finally {
            open.remove(client);
        }
    }

    private void takeContent(Socket client, BufferedReader lines) throws IOException {
        meeting.countDown();
        await(meeting);
        say(client, "354 go on");
        switch (content) {
            case NOT_READ -> await(ended);
            case HANG_UP_BEFORE -> client.close();
            default -> {
                String id = null;
                for (String line = lines.readLine(); line != null && !line.equals("."); line = lines.readLine()) {
                    id = line.startsWith("Message-ID: ") ? line.substring(12) : id;
                }
                if (refuseMails > 0) {
                    say(client, refuseMails + " not this");
                    return;
                }
                mails.add(id);
                if (content == Content.NOT_ANSWERED) {
                    await(ended);
                } else if (content == Content.TAKE_AND_HANG_UP) {
                    client.close();
                } else {
                    say(client, "250 taken");
                }
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void say(Socket client, String line) throws IOException {
        client.getOutputStream().write((line + "\r\n").getBytes(US_ASCII));
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException hungUp) {
                // the client, or the end of the test
            }
        }, "smtp-script");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        ended.countDown();
        server.close();
        end(End.CLOSE);
    }
}
