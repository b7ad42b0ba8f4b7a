package choreography.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

import choreography.testing.FreePorts;
import choreography.testing.InBackground;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * A mail server that can be away or refuse, and that can have something happen between accepting a mail and saying so.
 */
final class Mailbox implements AutoCloseable {

    enum Mode { ACCEPT, REFUSE_FOR_NOW, REFUSE_FOR_GOOD }

    /** A mail that was accepted. */
    record Mail(String messageId, String to, Instant at) { }

    private final int port = FreePorts.one();
    private final Map<String, List<Mail>> mails = new ConcurrentHashMap<>();
    private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
    private final AtomicReference<Runnable> onNextMail = new AtomicReference<>();
    private volatile Mode mode = Mode.ACCEPT;
    private volatile boolean slow;
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger slowAnswers = new AtomicInteger();
    private volatile Duration acceptsAfter = Duration.ZERO;
    /** Answers a recipient's address. */
    private volatile UnaryOperator<String> recipients = to -> "250 ok";
    private volatile ServerSocket server;

    int port() {
        return port;
    }

    void open() throws IOException {
        ServerSocket opened = new ServerSocket();
        opened.setReuseAddress(true);
        opened.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        server = opened;
        InBackground.run("mailbox", () -> {
            while (!opened.isClosed()) {
                Socket client = opened.accept();
                clients.add(client);
                InBackground.run("mailbox", () -> serve(client));
            }
        });
    }

    /** From now on, connections are refused, and those there are break off. */
    @Override
    public void close() throws IOException {
        server.close();
        for (Socket client : clients) {
            client.close();
        }
    }

    /** @param some of the recipients need 8 s for an answer */
    void setSlow(boolean some) {
        slow = some;
    }

    /** How many senders it has refused so far. */
    int refusals() {
        return refusals.get();
    }

    /** How many recipients needed 8 s so far. */
    int slowAnswers() {
        return slowAnswers.get();
    }

    /** @param time that it needs for an answer after the end of a mail */
    void setAcceptsAfter(Duration time) {
        acceptsAfter = time;
    }

    /** @param answer to a recipient's address; it may take its time */
    void setRecipients(UnaryOperator<String> answer) {
        recipients = answer;
    }

    void set(Mode newMode) {
        mode = newMode;
    }

    /** @param action is run when the next mail was accepted and the sender does not know yet; null: none */
    void onNextMail(Runnable action) {
        onNextMail.set(action);
    }

    /** All mails ever accepted, in the order of their coming, by Message-ID. */
    Map<String, List<Mail>> mails() {
        return mails;
    }

    private void serve(Socket client) throws IOException {
        try (client) {
            client.setTcpNoDelay(true);
            BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), ISO_8859_1));
            PrintStream out = new PrintStream(client.getOutputStream(), true, ISO_8859_1);
            say(out, "220 mailbox");
            String to = "";
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                switch (line.split("[ :]")[0].toUpperCase(Locale.ROOT)) {
                    case "MAIL" -> {
                        Mode now = mode;
                        say(out, switch (now) {
                            case ACCEPT -> "250 ok";
                            case REFUSE_FOR_NOW -> "451 try again later";
                            case REFUSE_FOR_GOOD -> "550 no";
                        });
                        refusals.addAndGet(now == Mode.ACCEPT ? 0 : 1);
                    }
                    case "RCPT" -> {
                        to = line.replaceAll("(?i)^RCPT TO:\\s*<|>.*$", "");
                        if (slow && to.hashCode() % 8 == 0) {
                            slowAnswers.incrementAndGet();
                            Faults.pass(8_000);
                        }
                        say(out, recipients.apply(to));
                    }
                    case "DATA" -> {
                        say(out, "354 go on");
                        accept(readMessageId(in), to);
                        Faults.pass(acceptsAfter.toMillis());
                        say(out, "250 accepted");
                    }
                    case "QUIT" -> {
                        say(out, "221 bye");
                        return;
                    }
                    default -> say(out, "250 ok");
                }
            }
        } finally {
            clients.remove(client);
        }
    }

    private static void say(PrintStream out, String line) {
        out.write((line + "\r\n").getBytes(ISO_8859_1), 0, line.length() + 2);
        out.flush();
    }

    private static String readMessageId(BufferedReader in) throws IOException {
        String messageId = "none";
        for (String line = in.readLine(); !".".equals(line); line = in.readLine()) {
            if (line == null) {
                throw new IOException("The sender broke off");
            }
            if (line.toLowerCase(Locale.ROOT).startsWith("message-id:")) {
                String rest = line.substring("message-id:".length()).trim();
                messageId = rest.isEmpty() ? in.readLine().trim() : rest; // a long one is folded
            }
        }
        return messageId;
    }

    private void accept(String messageId, String to) {
        Faults.pass(50); // no server is quicker, and what is sent twice must have the time to meet
        mails.computeIfAbsent(messageId, id -> new CopyOnWriteArrayList<>(new ArrayList<>()))
                .add(new Mail(messageId, to, Instant.now()));
        Runnable action = onNextMail.getAndSet(null);
        if (action != null) {
            action.run();
        }
    }
}
