package choreography.notification;

import java.io.OutputStream;
import java.util.Date;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.URLName;
import jakarta.mail.internet.MimeMessage;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.mail.DefaultJavaMailSender;
import org.apache.camel.spi.OnCamelContextStopped;
import org.apache.camel.support.LifecycleStrategySupport;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends mail after mail over one SMTP connection, instead of connecting for each. A connection that has been idle for a
 * second is not trusted any more: the next mail opens its own. One that turns out to be gone is replaced, as long as
 * the server has none of the mail: to ask before each mail whether it is still there would cost a round trip.
 */
public final class KeepAliveMailSender extends DefaultJavaMailSender implements CamelContextAware {

    private static final Logger LOG = LoggerFactory.getLogger(KeepAliveMailSender.class);
    private static final long TRUSTED = TimeUnit.SECONDS.toNanos(1);

    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
    private CamelContext camelContext;

    /** @param user empty: the mail server wants no login */
    public KeepAliveMailSender(String host, int port, String user, String password) {
        setProtocol("smtp");
        setHost(host);
        setPort(port);
        if (!user.isEmpty()) {
            setUsername(user);
            setPassword(password);
            addAdditionalJavaMailProperty("mail.smtp.auth", "true");
        }
        addAdditionalJavaMailProperty("mail.smtp.connectiontimeout", "10000");
        addAdditionalJavaMailProperty("mail.smtp.timeout", "10000");
        addAdditionalJavaMailProperty("mail.smtp.writetimeout", "10000");
        addAdditionalJavaMailProperty("mail.smtp.quitwait", "false"); // nothing depends on the answer
    }

    @Override
    public void send(MimeMessage mail) throws MessagingException {
        String messageId = mail.getMessageID();
        mail.setSentDate(new Date());
        mail.saveChanges();
        mail.setHeader("Message-ID", messageId); // saving made a new one
        Connection used = trustedIdle();
        if (used == null || !sendUnlessGone(mail, used)) {
            send(mail, connect());
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

    private Connection connect() throws MessagingException {
        Connection connection = new Connection(getSession());
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
        OnCamelContextStopped stopped = context -> closeIdle();
        camelContext.addLifecycleStrategy(LifecycleStrategySupport.adapt(stopped));
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    private static final class Connection extends SMTPTransport {

        private static final int SERVICE_ENDS = 421;

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
