package choreography.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.UUID;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Derives ids from requests, so that every gateway gives the same request the same ids. Frozen: RequestIdsTest has
 * examples. An id is a UUID of version 8 (RFC 9562): 128 bits of the SHA-256 of the fields, each after its length.
 */
public final class RequestIds {

    private static final String VERSION = "1";

    private RequestIds() { }

    /**
     * @param command name of the message that asks for it
     * @param caller  id of the user who asks; empty: nobody yet
     * @param key     Idempotency-Key
     * @return the id of the user or order that is asked for
     */
    public static String resource(String command, String caller, String key) {
        return of(VERSION, command, caller.toLowerCase(Locale.ROOT), key);
    }

    /**
     * @param text of the command, {@link CanonicalJson}
     * @return the id of the request: another one if it means something else
     */
    public static String request(String command, String text) {
        return of(VERSION, command, text);
    }

    private static String of(String... fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String field : fields) {
            byte[] text = field.getBytes(UTF_8);
            bytes.writeBytes(ByteBuffer.allocate(4).putInt(text.length).array());
            bytes.writeBytes(text);
        }
        ByteBuffer hash = ByteBuffer.wrap(sha256(bytes.toByteArray()));
        return new UUID(hash.getLong() & ~0xf000L | 0x8000L, hash.getLong() & ~0L >>> 2 | 1L << 63).toString();
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
