package choreography.notification;

import java.io.OutputStream;
import java.time.Duration;
import java.util.Date;
import java.util.Deque;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import choreography.messaging.RefusedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import jakarta.mail.internet.MimeMessage;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.mail.DefaultJavaMailSender;
import org.apache.camel.support.LifecycleStrategySupport;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends mail after mail over one SMTP connection, instead of connecting for each. A connection that has been idle for a
 * second is not trusted any more: the next mail opens its own. One that turns out to be gone is replaced, as long as
 * the server has none of the mail: to ask before each mail whether it is still there would cost a round trip.
 *
 * <p>It waits ten minutes for an answer: after the end of a mail RFC 5321 (4.5.3.2) asks for so many, elsewhere for
 * less. Who gives up earlier sends again what the server is just about to take. When the service ends, mails that
 * wait have five seconds.
 */
public final class KeepAliveMailSender extends DefaultJavaMailSender implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger(KeepAliveMailSender.class);
    private static final long TRUSTED = TimeUnit.SECONDS.toNanos(1);
    private static final Duration LONGEST_ANSWER = Duration.ofMinutes(10);
    /** A block of the content may take so long. */
    private static final Duration LONGEST_WRITE = Duration.ofMinutes(3);
    /** Shorter than a mail's: it is asked again every second. */
    private static final Duration LONGEST_PROBE = Duration.ofMinutes(1);
    private static final int TO_END_S = 5;
    private static final int SERVICE_ENDS = 421;

    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final OpenSockets sockets = new OpenSockets();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "smtp-watch");
        thread.setDaemon(true);
        return thread;
    });
    private final Duration again;
    private CamelContext camelContext;

    /** @param againMs after which time a recipient is first tried again that was refused for now */
    public KeepAliveMailSender(String host, int port, long againMs) {
        this(host, port, againMs, LONGEST_WRITE);
    }

    /** For tests. */
    KeepAliveMailSender(String host, int port, long againMs, Duration longestWrite) {
        again = Duration.ofMillis(againMs);
        setProtocol("smtp");
        setHost(host);
        setPort(port);
        addAdditionalJavaMailProperty("mail.smtp.connectiontimeout", "10000");
        addAdditionalJavaMailProperty("mail.smtp.timeout", "" + LONGEST_ANSWER.toMillis());
        addAdditionalJavaMailProperty("mail.smtp.quitwait", "false"); // nothing depends on the answer
        getJavaMailProperties().put("mail.smtp.socketFactory", sockets);
        addAdditionalJavaMailProperty("mail.smtp.socketFactory.fallback", "false");
        long looksEveryMs = longestWrite.toMillis() / 4;
        watch.scheduleWithFixedDelay(() -> sockets.endWrites(longestWrite), looksEveryMs, looksEveryMs,
                TimeUnit.MILLISECONDS);
    }

    /** @param user empty: the mail server wants no login */
    @Override
    public void setUsername(String user) {
        if (!user.isEmpty()) {
            super.setUsername(user);
            addAdditionalJavaMailProperty("mail.smtp.auth", "true");
        }
    }

    /** @param password empty: none; else Jakarta Mail would log in under the name of the operating system's user */
    @Override
    public void setPassword(String password) {
        if (!password.isEmpty()) {
            super.setPassword(password);
        }
    }

    /**
     * Has all said to the server that comes before a recipient.
     *
     * @param from sender's address
     * @throws MessagingException if it cannot be reached, does not answer, or takes no mail, whoever it is for
     */
    public void probe(String from) throws MessagingException {
        Properties properties = new Properties();
        properties.putAll(getJavaMailProperties());
        properties.setProperty("mail.smtp.timeout", "" + LONGEST_PROBE.toMillis());
        Connection connection = connect(Session.getInstance(properties));
        try {
            connection.issueCommand("MAIL FROM:<" + from + ">", 250);
            connection.issueCommand("RSET", 250);
        } finally {
            close(connection);
        }
    }

    /** The Message-IDs of all mails that are just being sent, separated by commas. */
    public String underWay() {
        return String.join(",", underWay);
    }

    /** @throws RefusedException if the server takes mails, but not this one */
    @Override
    public void send(MimeMessage mail) throws MessagingException {
        String messageId = mail.getMessageID();
        underWay.add(messageId);
        try {
            sendAs(messageId, mail);
        } catch (MessagingException e) {
            throwIfRefused(e);
            throw e;
        } finally {
            underWay.remove(messageId);
        }
    }

    /** What the server says to MAIL is about the sender, 421 about itself; all else about the recipient or the mail. */
    private void throwIfRefused(MessagingException failure) {
        for (Exception one = failure; one instanceof MessagingException next; one = next.getNextException()) {
            int code = one instanceof SMTPAddressFailedException address ? address.getReturnCode()
                    : one instanceof SMTPSendFailedException mail && !mail.getCommand().startsWith("MAIL")
                    ? mail.getReturnCode() : 0;
            if (code >= 400 && code != SERVICE_ENDS) {
                throw new RefusedException("The mail server refuses it: " + code, code < 500 ? again : null, failure);
            }
        }
    }

    private void sendAs(String messageId, MimeMessage mail) throws MessagingException {
        mail.setSentDate(new Date());
        mail.saveChanges();
        mail.setHeader("Message-ID", messageId); // saving made a new one
        Connection used = trustedIdle();
        if (used == null || !sendUnlessGone(mail, used)) {
            send(mail, connect(getSession()));
        }
    }

    /** @return false: the server had ended the connection before it got any of the mail */
    private boolean sendUnlessGone(MimeMessage mail, Connection used) throws MessagingException {
        try {
            send(mail, used);
            return true;
        } catch (MessagingException e) {
            if (!used.wasGone()) {
                throw e;
            }
            closeIdle(); // what ended this one ended the others too
            return false;
        }
    }

    private void send(MimeMessage mail, Connection connection) throws MessagingException {
        try {
            connection.gotContent = false;
            connection.sendMessage(mail, mail.getAllRecipients());
        } catch (MessagingException | RuntimeException e) {
            close(connection);
            throw e;
        }
        connection.idleSince = System.nanoTime();
        idle.addFirst(connection);
    }

    private Connection trustedIdle() {
        for (Connection one = idle.pollFirst(); one != null; one = idle.pollFirst()) {
            if (System.nanoTime() - one.idleSince < TRUSTED) {
                return one;
            }
            close(one);
        }
        return null;
    }

    private Connection connect(Session session) throws MessagingException {
        Connection connection = new Connection(session);
        connection.connect(getHost(), getPort(), getUsername(), getPassword());
        return connection;
    }

    private void closeIdle() {
        for (Connection one = idle.pollFirst(); one != null; one = idle.pollFirst()) {
            close(one);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (MessagingException e) {
            LOG.debug("The connection was gone before it was closed", e);
        }
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
        camelContext.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onContextStopping(CamelContext context) {
                CompletableFuture.delayedExecutor(TO_END_S, TimeUnit.SECONDS).execute(sockets::end);
            }

            @Override
            public void onContextStopped(CamelContext context) {
                closeIdle();
                watch.shutdown();
            }
        });
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    private static final class Connection extends SMTPTransport {

        /** The server may have the mail, whatever it answers from then on. */
        private boolean gotContent;
        private long idleSince;

        Connection(Session session) {
            super(session, new URLName("smtp", null, -1, null, null, null));
        }

        @Override
        protected OutputStream data() throws MessagingException {
            OutputStream content = super.data();
            gotContent = true;
            return content;
        }

        /** A refusal is an answer; no answer to a command before the content, or 421, tells nothing about the mail. */
        boolean wasGone() {
            return !gotContent && (getLastReturnCode() < 400 || getLastReturnCode() == SERVICE_ENDS);
        }
    }
}
