package choreography.sandbox;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;

import choreography.contract.Loopback;
import com.icegreen.greenmail.Managers;
import com.icegreen.greenmail.mail.MovingMessage;
import com.icegreen.greenmail.server.ProtocolHandler;
import com.icegreen.greenmail.smtp.SmtpHandler;
import com.icegreen.greenmail.smtp.SmtpServer;
import com.icegreen.greenmail.smtp.commands.SmtpCommandRegistry;
import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.user.UserImpl;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpServer;
import jakarta.mail.MessagingException;

/** Accepts mail for everyone and keeps it in a folder, which {@link MailList} shows. */
final class MailServer {

    private final int smtpPort;
    private final int mailPort;
    private final MailFolder folder;
    private final List<SmtpServer> smtp = new ArrayList<>();
    private final List<HttpServer> http = new ArrayList<>();

    MailServer(SandboxSettings settings) {
        smtpPort = settings.smtpPort();
        mailPort = settings.mailPort();
        folder = new MailFolder(settings.data().resolve("mail"));
    }

    void start() {
        try {
            folder.open();
            for (String address : Loopback.addresses("localhost")) {
                takeMail(address);
                showMails(address);
            }
        } catch (IOException | RuntimeException e) {
            throw new SandboxException("The mail server cannot be started: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("Interrupted while the mail server starts.", e);
        }
    }

    private void takeMail(String address) throws IOException, InterruptedException {
        SmtpServer server = new Smtp(new ServerSetup(smtpPort, address, ServerSetup.PROTOCOL_SMTP), mailboxes());
        smtp.add(server);
        server.startService();
        if (!server.waitTillRunning(10_000)) {
            throw new IOException("port " + smtpPort + " cannot be opened");
        }
    }

    private void showMails(String address) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(address, mailPort), 0);
        server.createContext("/", new MailList(folder));
        // Since JDK 19 its thread does not inherit the class loader that knows our libraries (mvn camel:run has one of
        // its own), where Jakarta Mail looks for its parts.
        server.setExecutor(Executors.newCachedThreadPool(request -> { // one who sends half a request holds up nobody
            Thread thread = new Thread(request, "mail-list");
            thread.setDaemon(true);
            thread.setContextClassLoader(MailServer.class.getClassLoader());
            return thread;
        }));
        server.start();
        http.add(server);
    }

    void close() {
        smtp.forEach(SmtpServer::stopService);
        http.forEach(server -> server.stop(0));
    }

    private Managers mailboxes() {
        Managers managers = new Managers();
        managers.getUserManager().setAuthRequired(false);
        managers.getUserManager().setMessageDeliveryHandler((message, recipient) -> {
            if (recipient.equals(message.getToAddresses().iterator().next())) {
                keep(message);
            }
            return NOBODY;
        });
        return managers;
    }

    /** Before the server says 250: a failure here makes it say 451, so the sender knows and tries again. */
    private void keep(MovingMessage message) throws MessagingException {
        try {
            folder.keep(message.getMessage());
        } catch (IOException e) {
            throw new MessagingException("Mail cannot be kept", e);
        }
    }

    /** GreenMail's own mailboxes are in memory and would only grow. */
    private static final GreenMailUser NOBODY = new UserImpl("nobody", "nobody", "", null) {
        @Override
        public void deliver(MovingMessage message) {
            // kept already
        }
    };

    private static final class Smtp extends SmtpServer {

        Smtp(ServerSetup setup, Managers managers) {
            super(setup, managers);
        }

        /** Sends each line at once: GreenMail writes a reply in pieces, and waiting to join them costs 40 ms a mail. */
        @Override
        protected void handleClientSocket(Socket client) throws SocketException {
            client.setTcpNoDelay(true);
            super.handleClientSocket(client);
        }

        @Override
        protected ProtocolHandler createProtocolHandler(Socket client) {
            return new SmtpOnly(managers, client);
        }
    }

    /**
     * Talks to nobody who does not begin with SMTP. A browser sends to this port what any page wants, and GreenMail
     * would pass over the lines of HTTP until those of a mail come.
     */
    private static final class SmtpOnly extends SmtpHandler {

        private boolean begun;

        SmtpOnly(Managers managers, Socket client) {
            super(new SmtpCommandRegistry(), managers.getSmtpManager(), client);
        }

        @Override
        protected boolean commandLegalSize() { // asked about each line
            if (!begun && (!isCommand(currentLine) || currentLine.contains(" HTTP/"))) {
                conn.send("554 This is a mail server");
                conn.quit();
                return false;
            }
            begun = true;
            return super.commandLegalSize();
        }

        private boolean isCommand(String line) {
            return line.length() >= 4 && registry.getCommand(line.substring(0, 4).toUpperCase(Locale.ROOT)) != null;
        }
    }
}
