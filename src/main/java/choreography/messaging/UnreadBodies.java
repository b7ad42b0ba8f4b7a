package choreography.messaging;

import org.apache.activemq.artemis.api.core.ActiveMQBuffer;
import org.apache.activemq.artemis.api.core.ICoreMessage;
import org.apache.activemq.artemis.api.core.Interceptor;
import org.apache.activemq.artemis.api.core.Message;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.core.protocol.core.Packet;
import org.apache.activemq.artemis.core.protocol.core.impl.wireformat.SessionReceiveLargeMessage;
import org.apache.activemq.artemis.core.protocol.core.impl.wireformat.SessionReceiveMessage;
import org.apache.activemq.artemis.spi.core.protocol.RemotingConnection;

/**
 * Lets JMS read texts and bytes only. It cannot receive a message whose body is not what its kind says, or whose kind
 * it does not know: that would come again and again, and nothing behind it; or it would make room for as many bytes as
 * the body claims to have. Such a message, and one of any other kind, comes as bytes, and is parked with its kind; so
 * is each large one, whose body comes later, and each that says it is compressed. No message of this system is large
 * (100 KiB).
 */
public class UnreadBodies implements Interceptor {

    private static final String KIND = "choreography.kind";
    /** What it says of itself, which the client would believe. */
    private static final SimpleString COMPRESSED = SimpleString.of("choreography.compressed");
    private static final byte NULL = 0;

    @Override
    public boolean intercept(Packet packet, RemotingConnection connection) {
        if (packet instanceof SessionReceiveMessage received) {
            ICoreMessage message = received.getMessage();
            if (!isReadable(message) || message.containsProperty(Message.HDR_LARGE_COMPRESSED)) {
                comeAsBytes(message);
            } else if (message.getType() == Message.BYTES_TYPE) {
                message.removeProperty(KIND); // of a stranger
            }
        } else if (packet instanceof SessionReceiveLargeMessage received) {
            comeAsBytes(received.getMessage().toCore());
        }
        return true;
    }

    private static void comeAsBytes(ICoreMessage message) {
        message.putByteProperty(KIND, message.getType());
        message.setType(Message.BYTES_TYPE);
        message.removeProperty(COMPRESSED); // of a stranger
        move(message, Message.HDR_LARGE_COMPRESSED, COMPRESSED);
    }

    private static void move(Message message, SimpleString from, SimpleString to) {
        if (message.containsProperty(from)) {
            message.putObjectProperty(to, message.removeProperty(from));
        }
    }

    static void restoreKind(ClientMessage message) {
        if (message.getType() == Message.BYTES_TYPE && message.getObjectProperty(KIND) instanceof Byte kind) {
            message.setType(kind);
            message.removeProperty(KIND);
            move(message, COMPRESSED, Message.HDR_LARGE_COMPRESSED);
        }
    }

    private static boolean isReadable(ICoreMessage message) {
        return switch (message.getType()) {
            case Message.TEXT_TYPE -> isText(message.getReadOnlyBodyBuffer());
            case Message.DEFAULT_TYPE, Message.BYTES_TYPE -> true;
            default -> false;
        };
    }

    /** Null, or a length in bytes and so many. They are not read: this is done for every message. */
    private static boolean isText(ActiveMQBuffer body) {
        int bytes = body.readableBytes();
        if (bytes > 0 && body.readByte() == NULL) {
            return true;
        }
        int length = bytes > Integer.BYTES ? body.readInt() : -1;
        return length >= 0 && length <= body.readableBytes();
    }
}
