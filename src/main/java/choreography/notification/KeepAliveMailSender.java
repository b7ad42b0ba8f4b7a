package choreography.notification;

import java.util.Date;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

import jakarta.mail.MessagingException;
import jakarta.mail.Transport;
import jakarta.mail.internet.MimeMessage;
import org.apache.camel.component.mail.DefaultJavaMailSender;

/**
 * Sends mail after mail over one SMTP connection, instead of connecting for each. A connection that has been idle for a
 * second is not trusted any more: the next mail opens its own.
 */
public class KeepAliveMailSender extends DefaultJavaMailSender {

    private record Idle(Transport transport, long since) {
        boolean isFresh() {
            return System.nanoTime() - since < TimeUnit.SECONDS.toNanos(1);
        }
    }

    private final Deque<Idle> idle = new ConcurrentLinkedDeque<>();

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
    }

    @Override
    public void send(MimeMessage mail) throws MessagingException {
        String messageId = mail.getMessageID();
        mail.setSentDate(new Date());
        mail.saveChanges();
        mail.setHeader("Message-ID", messageId); // saving made a new one
        Transport transport = connected();
        try {
            transport.sendMessage(mail, mail.getAllRecipients());
        } catch (MessagingException | RuntimeException e) {
            transport.close();
            throw e;
        }
        idle.addFirst(new Idle(transport, System.nanoTime()));
    }

    private Transport connected() throws MessagingException {
        for (Idle one = idle.pollFirst(); one != null; one = idle.pollFirst()) {
            if (one.isFresh()) {
                return one.transport();
            }
            one.transport().close();
        }
        Transport transport = getTransport(getSession());
        transport.connect(getHost(), getPort(), getUsername(), getPassword());
        return transport;
    }
}
