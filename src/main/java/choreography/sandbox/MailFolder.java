package choreography.sandbox;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import jakarta.mail.Address;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Multipart;
import jakarta.mail.Part;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.InternetHeaders;
import jakarta.mail.internet.MimeMessage;

/** Mail as files, one each, named so that they sort by the time they came. */
final class MailFolder {

    /** A mail as the mail list shows it; the date is ISO 8601 in UTC, a part that the mail does not have is null. */
    @JsonPropertyOrder({"messageId", "to", "subject", "date", "text", "html"})
    record Mail(String messageId, String to, String subject, String date, String text, String html) {
    }

    private static final Session SESSION = Session.getInstance(new Properties());
    private static final int DEPTH = 10;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSSSSS")
            .withZone(ZoneOffset.UTC);

    private final Path folder;
    private final AtomicLong count = new AtomicLong();

    MailFolder(Path folder) {
        this.folder = folder;
    }

    void open() throws IOException {
        Files.createDirectories(folder);
    }

    /**
     * Returns when the whole mail is there under its final name. A crash of the machine may forget it: the folder is
     * to read in, not an archive.
     */
    void keep(MimeMessage mail) throws IOException, MessagingException {
        String name = TIME.format(Instant.now()) + "-" + String.format(Locale.ROOT, "%06d", count.getAndIncrement());
        Path part = folder.resolve(name + ".part");
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(part))) {
            mail.writeTo(file);
        }
        Files.move(part, folder.resolve(name + ".eml"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The newest mails, the newest first; only those to the given address unless it is null. */
    List<Mail> newest(int limit, String recipient) throws IOException {
        List<Mail> mails = new ArrayList<>();
        for (Path file : newestFirst()) {
            if (mails.size() == limit) {
                break;
            }
            if (recipient == null || isTo(recipient, file)) {
                mails.add(read(file));
            }
        }
        return mails;
    }

    private List<Path> newestFirst() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".eml")).sorted(Comparator.reverseOrder()).toList();
        }
    }

    private static boolean isTo(String recipient, Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            String to = new InternetHeaders(in).getHeader("To", ",");
            return to != null && Arrays.stream(InternetAddress.parseHeader(to, false))
                    .anyMatch(address -> recipient.equalsIgnoreCase(address.getAddress()));
        } catch (Exception e) {
            return false;
        }
    }

    /** Whatever somebody has sent: it must not hide the mails of others. */
    private static Mail read(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            MimeMessage mail = new MimeMessage(SESSION, in);
            return new Mail(mail.getMessageID(), addresses(mail), mail.getSubject(), date(mail),
                    content(mail, "text/plain", DEPTH), content(mail, "text/html", DEPTH));
        } catch (Exception e) {
            return new Mail(null, null, "unreadable: " + file.getFileName(), null, e.toString(), null);
        }
    }

    private static String addresses(MimeMessage mail) throws MessagingException {
        Address[] to = mail.getRecipients(Message.RecipientType.TO);
        return to == null ? null : Arrays.stream(to)
                .map(address -> ((InternetAddress) address).getAddress())
                .collect(Collectors.joining(", "));
    }

    private static String date(MimeMessage mail) throws MessagingException {
        Date date = mail.getSentDate();
        return date == null ? null : date.toInstant().toString();
    }

    /** @param depth how many more parts in parts are looked into: each is copied, and a mail can have thousands */
    private static String content(Part part, String type, int depth) throws MessagingException, IOException {
        if (part.isMimeType(type)) {
            return part.getContent().toString();
        }
        if (depth > 0 && part.getContent() instanceof Multipart parts) {
            for (int i = 0; i < parts.getCount(); i++) {
                String found = content(parts.getBodyPart(i), type, depth - 1);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }
}
