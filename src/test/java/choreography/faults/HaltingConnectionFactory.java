package choreography.faults;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Queue;
import jakarta.jms.QueueConnection;
import jakarta.jms.QueueSession;
import jakarta.jms.TopicConnection;
import jakarta.jms.TopicSession;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

/**
 * Runs in the services' JVMs, in place of the broker's connection factory. Where the file {@code halt-at} of its folder
 * names a queue, the JVM ends exactly before the next JMS commit of a message of this queue: the database has
 * committed, the broker has not. With "after" before the name it ends just after that commit. It also counts the
 * messages that came again, and the copies that came, in a file that outlives the JVM.
 */
public class HaltingConnectionFactory extends ActiveMQConnectionFactory {

    static final String FOLDER = "faults.folder";
    static final String HALT_AT = "halt-at";
    static final String AFTER = "after ";
    /** Two numbers: messages that came again, copies. */
    static final String COUNTED = "counted";

    private final Path haltAt;
    private final MappedByteBuffer counted;

    public HaltingConnectionFactory() throws IOException {
        Path folder = Path.of(System.getProperty(FOLDER));
        haltAt = folder.resolve(HALT_AT);
        try (FileChannel file = FileChannel.open(folder.resolve(COUNTED), CREATE, READ, WRITE)) {
            counted = file.map(FileChannel.MapMode.READ_WRITE, 0, 2 * Long.BYTES);
        }
    }

    @Override
    public Connection createConnection() throws JMSException {
        return watchConnection(super.createConnection());
    }

    @Override
    public Connection createConnection(String user, String password) throws JMSException {
        return watchConnection(super.createConnection(user, password));
    }

    private Connection watchConnection(Connection connection) {
        return around(connection, (method, result, arguments) -> method.equals("createSession") ? watchSession(result)
                : result,
                method -> { }, QueueConnection.class, TopicConnection.class);
    }

    private Object watchSession(Object session) {
        String[] consumedFrom = new String[1]; // since the last commit; a session belongs to one thread
        return around(session, (method, result, arguments) -> {
            if (method.equals("commit") && consumedFrom[0] != null) {
                haltIfTold(AFTER + consumedFrom[0]);
            }
            if (method.equals("commit") || method.equals("rollback")) {
                consumedFrom[0] = null;
            }
            if (method.equals("createConsumer") && arguments[0] instanceof Queue queue) {
                return watchConsumer(result, queue.getQueueName(), consumedFrom);
            }
            return method.equals("createSharedDurableConsumer")
                    ? watchConsumer(result, (String) arguments[1], consumedFrom) : result;
        }, method -> {
            if (method.equals("commit") && consumedFrom[0] != null) {
                haltIfTold(consumedFrom[0]);
            }
        }, QueueSession.class, TopicSession.class);
    }

    private Object watchConsumer(Object consumer, String queue, String[] consumedFrom) {
        return around(consumer, (method, result, arguments) -> {
            if (result instanceof Message message) {
                consumedFrom[0] = queue;
                count(message);
            }
            return result;
        }, method -> { }, MessageConsumer.class);
    }

    private void haltIfTold(String queue) throws IOException {
        if (Files.exists(haltAt) && Files.readString(haltAt).equals(queue) && Files.deleteIfExists(haltAt)) {
            Runtime.getRuntime().halt(137);
        }
    }

    private synchronized void count(Message message) throws JMSException {
        if (message.getJMSRedelivered()) {
            counted.putLong(0, counted.getLong(0) + 1);
        }
        if ("yes".equals(message.getStringProperty(Copier.COPIED))) {
            counted.putLong(Long.BYTES, counted.getLong(Long.BYTES) + 1);
        }
    }

    private interface Before {
        void calling(String method) throws Exception;
    }

    private interface After {
        Object called(String method, Object result, Object[] arguments) throws Exception;
    }

    @SuppressWarnings("unchecked")
    private static <T> T around(T target, After after, Before before, Class<?>... types) {
        return (T) Proxy.newProxyInstance(HaltingConnectionFactory.class.getClassLoader(), types,
                (proxy, method, arguments) -> {
            before.calling(method.getName());
            return after.called(method.getName(), call(target, method, arguments), arguments);
        });
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
