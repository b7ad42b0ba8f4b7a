package choreography.messaging;

import java.sql.SQLException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import javax.sql.DataSource;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.jms.client.ActiveMQMessage;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.jms.DefaultJmsMessageListenerContainer;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.jms.MessageListenerContainerFactory;
import org.apache.camel.support.CamelContextHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jms.UncategorizedJmsException;
import org.springframework.jms.listener.AbstractMessageListenerContainer;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.backoff.FixedBackOff;

/**
 * Commits once for several messages: those that wait already, 16 at most, go through the route one by one in one
 * database transaction and one JMS session; then the database is committed, then the session. One message when idle,
 * many when busy: a message that had to be waited for is alone, after one that was there at once the next has a
 * millisecond to come. A group that has lasted for 100 ms takes no more: what it has written is locked until its end.
 *
 * <p>If one fails, all are rolled back and delivered again. A message that is delivered again ends its group, and is
 * alone if it came first: so a bad one is soon alone. While the database cannot be reached, no message is taken.
 *
 * <p>A message that was delivered ten times and has failed here goes to the dead-letter queue of its consumer. The
 * broker cannot decide that: it counts an attempt for each message that was on its way to a process that died
 * (docs/decisions/0014).
 */
public class GroupCommit implements MessageListenerContainerFactory, CamelContextAware {

    private static final int MOST = 16;
    /**
     * Sixteen lookups that take 5 s each would lock the accounts of a group for 80 s. Sixteen quick steps take less
     * than this.
     */
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int ATTEMPTS = 10;
    /** Of them, in this process: so many it has surely had, whatever happened to other processes. */
    private static final int ATTEMPTS_HERE = 3;
    /** Of the messages that failed last; those forgotten are tried more often. */
    private static final int REMEMBERED = 10_000;
    private static final Logger PARKED = LoggerFactory.getLogger("choreography.parked");

    private final String service;
    private final boolean oneTransaction;
    private CamelContext camelContext;

    /**
     * @param service        that consumes
     * @param oneTransaction false: each statement is committed at once, only the session is committed for the group
     */
    public GroupCommit(String service, boolean oneTransaction) {
        this.service = service;
        this.oneTransaction = oneTransaction;
    }

    @Override
    public AbstractMessageListenerContainer createMessageListenerContainer(JmsEndpoint endpoint) {
        DataSource database = CamelContextHelper.mandatoryLookup(camelContext, service + "Database", DataSource.class);
        return new Container(endpoint, database, oneTransaction);
    }

    @Override
    public void setCamelContext(CamelContext camelContext) {
        this.camelContext = camelContext;
    }

    @Override
    public CamelContext getCamelContext() {
        return camelContext;
    }

    private static final class Container extends DefaultJmsMessageListenerContainer {

        private static final long AT_ONCE = TimeUnit.MICROSECONDS.toNanos(200);
        /** Not to wait at all is no cheaper: Artemis then asks the broker for one more, and waits for its answer. */
        private static final long NEXT_MS = 1;

        /** Where more of the message's kind may wait; none: the message had to be waited for. */
        private final ThreadLocal<MessageConsumer> more = new ThreadLocal<>();
        /** How often a message failed here, by the broker's number for it. */
        private final Map<Long, Integer> failures = Collections.synchronizedMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
                return size() > REMEMBERED;
            }
        });
        private final String queue;
        private final JmsEndpoint consumer;
        private final DataSource database;
        private final TransactionOperations transaction;

        Container(JmsEndpoint endpoint, DataSource database, boolean oneTransaction) {
            super(endpoint);
            this.queue = DeadLetterQueue.consumedBy(endpoint);
            this.consumer = endpoint;
            this.database = database;
            this.transaction = oneTransaction ? new TransactionTemplate(new JdbcTransactionManager(database))
                    : TransactionOperations.withoutTransaction();
        }

        @Override
        protected Message receiveMessage(MessageConsumer consumer) throws JMSException {
            if (!isDatabaseReachable()) {
                applyBackOffTime(new FixedBackOff(1000, FixedBackOff.UNLIMITED_ATTEMPTS).start());
                return null;
            }
            long asked = System.nanoTime();
            Message message = super.receiveMessage(consumer);
            more.set(System.nanoTime() - asked < AT_ONCE ? consumer : null);
            return message;
        }

        private boolean isDatabaseReachable() {
            try {
                database.getConnection().close();
                return true;
            } catch (SQLException e) {
                return false;
            }
        }

        @Override
        protected void doExecuteListener(Session session, Message first) throws JMSException {
            try {
                transaction.executeWithoutResult(status -> processGroup(session, first));
            } catch (RuntimeException | Error e) {
                rollbackOnExceptionIfNecessary(session, e);
                throw e;
            }
            commitIfNecessary(session, null);
        }

        /**
         * An Error leaves behind, on this thread, steps that Camel has begun and would go on with at the next message
         * (docs/decisions/0009). It ends the thread; the container starts another one.
         */
        @Override
        protected void handleListenerException(Throwable failure) {
            if (failure instanceof Error error) {
                throw error;
            }
            super.handleListenerException(failure);
        }

        private void processGroup(Session session, Message first) {
            long begun = System.nanoTime();
            try {
                Message message = first;
                for (int n = 1; message != null; n++) {
                    process(session, message);
                    boolean last = n == MOST || message.getJMSRedelivered() || more.get() == null
                            || System.nanoTime() - begun > LONGEST;
                    message = last ? null : more.get().receive(NEXT_MS);
                }
            } catch (JMSException e) {
                throw new UncategorizedJmsException(e);
            }
        }

        private void process(Session session, Message message) throws JMSException {
            ClientMessage core = ((ActiveMQMessage) message).getCoreMessage();
            if (failures.getOrDefault(core.getMessageID(), 0) >= ATTEMPTS_HERE
                    && message.getIntProperty("JMSXDeliveryCount") > ATTEMPTS) {
                giveUp(session, message);
                return;
            }
            try {
                invokeListener(session, message);
            } catch (RuntimeException | Error e) {
                failures.merge(core.getMessageID(), 1, Integer::sum);
                throw e;
            }
        }

        private void giveUp(Session session, Message message) throws JMSException {
            Parking.park(session, message, consumer);
            PARKED.warn("{} has a message more, which was tried {} times", DeadLetterQueue.of(queue), ATTEMPTS);
        }
    }
}
