package choreography.sandbox;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.icegreen.greenmail.Managers;
import com.icegreen.greenmail.mail.MovingMessage;
import com.icegreen.greenmail.smtp.SmtpServer;
import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.user.UserImpl;
import com.icegreen.greenmail.util.ServerSetup;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import jakarta.mail.MessagingException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Accepts mail for everyone, keeps it in a folder, shows it over HTTP: {@code GET /mails?to=<address>&limit=<number>}, the
 * newest first, 50 unless told otherwise.
 */
final class MailServer {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final int smtpPort;
    private final int mailPort;
    private final MailFolder folder;
    private SmtpServer smtp;
    private HttpServer http;

    MailServer(SandboxSettings settings) {
        smtpPort = settings.smtpPort();
        mailPort = settings.mailPort();
        folder = new MailFolder(settings.data().resolve("mail"));
    }

    void start() {
        try {
            folder.open();
            smtp = new Smtp(new ServerSetup(smtpPort, "127.0.0.1", ServerSetup.PROTOCOL_SMTP), mailboxes());
            smtp.startService();
            if (!smtp.waitTillRunning(10_000)) {
                throw new IOException("port " + smtpPort + " cannot be opened");
            }

            http = HttpServer.create(new InetSocketAddress("127.0.0.1", mailPort), 0);
            http.createContext("/", this::answer);
            http.start();
        } catch (IOException | RuntimeException e) {
            throw new SandboxException("The mail server cannot be started: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("Interrupted while the mail server starts.", e);
        }
    }

    void close() {
        if (smtp != null) {
            smtp.stopService();
        }
        if (http != null) {
            http.stop(0);
        }
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

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestURI().getPath().equals("/mails")) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET");
                exchange.sendResponseHeaders(405, -1);
            } else {
                Map<String, String> query = parse(exchange.getRequestURI().getRawQuery());
                String limit = query.getOrDefault("limit", "50");
                if (!limit.matches("\\d{1,4}")) {
                    exchange.sendResponseHeaders(400, -1);
                    return;
                }
                byte[] body = JSON.writeValueAsBytes(folder.newest(Integer.parseInt(limit), query.get("to")));
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static Map<String, String> parse(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            String[] nameAndValue = pair.split("=", 2);
            if (nameAndValue.length == 2) {
                parameters.put(nameAndValue[0], URLDecoder.decode(nameAndValue[1], StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }

    /** GreenMail's own mailboxes are in memory and would only grow. */
    private static final GreenMailUser NOBODY = new UserImpl("nobody", "nobody", "", null) {
        @Override
        public void deliver(MovingMessage message) {
            // kept already
        }
    };

    /** Sends each line at once: GreenMail writes a reply in pieces, and waiting to join them costs 40 ms a mail. */
    private static final class Smtp extends SmtpServer {

        Smtp(ServerSetup setup, Managers managers) {
            super(setup, managers);
        }

        @Override
        protected void handleClientSocket(Socket client) throws SocketException {
            client.setTcpNoDelay(true);
            super.handleClientSocket(client);
        }
    }
}
