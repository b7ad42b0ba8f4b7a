package choreography.messaging;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import choreography.contract.LookUpFailedException;
import choreography.contract.Services;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.component.jms.MessageListenerContainerFactory;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.support.CamelContextHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.jms.UncategorizedJmsException;
import org.springframework.jms.listener.AbstractMessageListenerContainer;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Commits once for several messages: those that wait already, 16 at most, are taken together and go through the route
 * one by one in one database transaction and one JMS session; then the database is committed, then the session. One
 * message when idle, many when busy: a message that had to be waited for is alone, after one that was there at once the
 * next has a millisecond to come. After a group that was slow, fewer are taken. A transaction that has lasted for
 * 250 ms is committed and another one begun: what it has written is locked until its end.
 *
 * <p>A message whose lookup fails, though what it depends on is there, is put back, comes again ten times at most, and
 * the others go on ({@link Retries}). One that came before what it builds on comes again until that is there. If
 * anything else fails, what is not committed is rolled back, and all are delivered again. A message that comes again
 * after a failure ends its group, and is alone if it came first: a bad one is soon alone.
 *
 * <p>When something is away that the route depends on, no message is taken until it is back (docs/decisions/0017).
 * A message that fails though all is there, was delivered ten times and has failed here goes to the dead-letter queue
 * of its consumer. The broker cannot decide that: it counts an attempt for each message that was on its way to a
 * process that died (docs/decisions/0014). One that somebody has refused goes there at once, or comes again later.
 */
public class GroupCommit implements MessageListenerContainerFactory, CamelContextAware {

    private static final int MOST = 16;
    /** Sixteen slow steps would lock the account of the first for as long as all take. Quick ones take less. */
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int ATTEMPTS = 10;
    /** Of them, in this process: so many it has surely had, whatever happened to other processes. */
    private static final int ATTEMPTS_HERE = 3;
    /** Of the messages that failed last; those forgotten are tried more often. */
    private static final int REMEMBERED = 10_000;
    /** Property of a message that comes again later: how often it was refused. */
    private static final String TRIES = "tries";
    private static final int MOST_TRIES = 26;
    /** Property of a message that comes again: how often a lookup has failed for it alone. */
    private static final String FAILED_LOOKUPS = "failedLookUps";
    /** Property of a message that comes again: how often what it builds on was not there yet. */
    private static final String WAITS = "waits";
    /** Times the first wait. */
    private static final int LONGEST_WAIT = 6;
    /** Each holds a connection to the database: together fewer than its pool has. */
    private static final int MOST_STAND_INS = 3;
    /** A lookup that may hang waits so long if too many such are under way. That is no attempt. */
    private static final Duration LATER = Duration.ofSeconds(1);
    private static final long NONE = -1;
    private static final Logger PARKED = LoggerFactory.getLogger("choreography.parked");

    private final String service;
    private final boolean oneTransaction;
    private CamelContext camelContext;

    /**
     * @param service        that consumes
     * @param oneTransaction false: messages are taken one after the other, and each statement is committed at once;
     *                       only the session is committed for several
     */
    public GroupCommit(String service, boolean oneTransaction) {
        this.service = service;
        this.oneTransaction = oneTransaction;
    }

    @Override
    public AbstractMessageListenerContainer createMessageListenerContainer(JmsEndpoint endpoint) {
        DataSource database = CamelContextHelper.mandatoryLookup(camelContext, Services.database(service),
                DataSource.class);
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

    private static final class Container extends DependentContainer {

        private static final long AT_ONCE = TimeUnit.MILLISECONDS.toNanos(1);
        /** Not to wait at all is no cheaper: Artemis then asks the broker for one more, and waits for its answer. */
        private static final long NEXT_MS = 1;

        /** Of this thread's group. */
        private final ThreadLocal<Receiver> receiver = new ThreadLocal<>();
        /** How often a message failed here, by the broker's number for it. */
        private final Map<Long, Integer> failures = Collections.synchronizedMap(new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
                return size() > REMEMBERED;
            }
        });
        private final String queue;
        private final JmsEndpoint consumer;
        private final boolean oneTransaction;
        private final TransactionOperations transaction;
        private final StandIns standIns;
        private final Retries retries;
        /** A place for each that may hang: the container has a consumer more. */
        private final Semaphore lookUpsTriedAgain;
        /** How long a message of the last group took, in nanoseconds. */
        private volatile long pace = 1;

        /** @param hadOne whether the message was there at once, so that more may be */
        private record Receiver(MessageConsumer consumer, boolean hadOne) { }

        /** Of one message, not of what it shares with others. */
        private record OwnFailure(RuntimeException failure, Throwable cause) { }

        Container(JmsEndpoint endpoint, DataSource database, boolean oneTransaction) {
            super(endpoint);
            this.queue = DeadLetterQueue.consumedBy(endpoint);
            this.consumer = endpoint;
            this.oneTransaction = oneTransaction;
            this.retries = CamelContextHelper.findSingleByType(endpoint.getCamelContext(), Retries.class);
            int own = endpoint.getConcurrentConsumers();
            int mostStandIns = oneTransaction ? MOST_STAND_INS : Math.max(8, 2 * own);
            lookUpsTriedAgain = new Semaphore(mostStandIns);
            standIns = new StandIns(mostStandIns, more -> {
                setMaxConcurrentConsumers(own + more);
                scheduleNewInvokerIfAppropriate();
            }, this::letGo);
            this.transaction = oneTransaction ? new TransactionTemplate(new JdbcTransactionManager(database))
                    : TransactionOperations.withoutTransaction();
        }

        @Override
        public void initialize() {
            standIns.begin();
            super.initialize();
        }

        @Override
        public void shutdown() {
            standIns.end();
            super.shutdown();
        }

        @Override
        protected Message receiveMessage(MessageConsumer consumer) throws JMSException {
            long asked = System.nanoTime();
            Message message = super.receiveMessage(consumer);
            receiver.set(new Receiver(consumer, System.nanoTime() - asked < AT_ONCE));
            return message;
        }

        @Override
        protected void doExecuteListener(Session session, Message first) throws JMSException {
            AtomicLong inHand = new AtomicLong(NONE);
            try {
                processGroup(session, new ArrayDeque<>(List.of(first)), inHand);
            } catch (JMSException | RuntimeException | Error e) {
                if (!letsGo() && inHand.get() != NONE) {
                    failures.merge(inHand.get(), 1, Integer::sum);
                }
                rollbackOnExceptionIfNecessary(session, e);
                throw e;
            }
            commitIfNecessary(session, null);
        }

        private void processGroup(Session session, Deque<Message> group, AtomicLong inHand) throws JMSException {
            MessageConsumer taking = receiver.get().consumer();
            standIns.stepsBegin(taking, !oneTransaction);
            try {
                if (oneTransaction) {
                    addThoseWaiting(group);
                }
                processAll(session, group, inHand);
            } finally {
                standIns.stepsEnd(taking); // it is not closed while the session commits
            }
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

        /** Not more than will be done in time, if they take as long as those of the last group. */
        private void addThoseWaiting(Deque<Message> group) throws JMSException {
            long most = Math.min(MOST, LONGEST / pace);
            while (group.size() < most && addNext(group, group.getLast())) {
                // it is there at once
            }
        }

        /** @return whether there is a next one, at once */
        private boolean addNext(Deque<Message> group, Message last) throws JMSException {
            boolean ends = comesAgain(last) || !receiver.get().hadOne();
            Message next = ends ? null : receiver.get().consumer().receive(NEXT_MS);
            return next != null && group.add(next);
        }

        private static boolean comesAgain(Message message) throws JMSException {
            return message.getJMSRedelivered() || Retries.count(message, FAILED_LOOKUPS) > 0;
        }

        private void processAll(Session session, Deque<Message> group, AtomicLong inHand) throws JMSException {
            int tried = group.size();
            long begun = System.nanoTime();
            while (!group.isEmpty()) {
                Message last = group.getLast();
                tried -= group.size() == 1 ? processAlone(session, group, inHand) : processNext(session, group, inHand);
                if (!oneTransaction && tried < MOST && System.nanoTime() - begun < LONGEST && addNext(group, last)) {
                    tried++;
                }
            }
            pace = (System.nanoTime() - begun) / Math.max(1, tried);
        }

        /**
         * If it hangs, nothing is locked: others may have the rest. If too many do, it comes later.
         *
         * @return how many were put back without having been tried
         */
        private int processAlone(Session session, Deque<Message> group, AtomicLong inHand) throws JMSException {
            boolean mayHang = Retries.count(group.element(), FAILED_LOOKUPS) > 0;
            if (mayHang && !lookUpsTriedAgain.tryAcquire()) {
                Retries.putBack(session, group.remove(), consumer, LATER);
                return 1;
            }
            try {
                standIns.stepsBegin(receiver.get().consumer(), true);
                return processNext(session, group, inHand);
            } finally {
                if (mayHang) {
                    lookUpsTriedAgain.release();
                }
            }
        }

        /** @return how many were put back without having been tried: they may hang too, if this one has */
        private int processNext(Session session, Deque<Message> group, AtomicLong inHand) throws JMSException {
            long begun = System.nanoTime();
            OwnFailure failure = transaction.execute(status -> processSome(session, group, inHand));
            boolean slow = System.nanoTime() - begun > LONGEST;
            if (failure == null) {
                return 0;
            }
            comeAgain(session, group.remove(), failure);
            return slow ? putBackNew(session, group) : 0;
        }

        /** One that comes again, the last if any, is tried alone: put back it would have all its attempts again. */
        private int putBackNew(Session session, Deque<Message> group) throws JMSException {
            int count = 0;
            while (!group.isEmpty() && !comesAgain(group.element())) {
                Retries.putBack(session, group.remove(), consumer, Duration.ZERO);
                count++;
            }
            return count;
        }

        /**
         * All of the group, unless that takes too long, or one comes again: it has a transaction of its own.
         *
         * @return why the next of the group is to come again, alone; null: it is not
         */
        private OwnFailure processSome(Session session, Deque<Message> group, AtomicLong inHand) {
            long begun = System.nanoTime();
            try {
                do {
                    OwnFailure failure = process(session, group.element(), inHand);
                    if (failure != null) {
                        return failure;
                    }
                    group.remove();
                } while (!group.isEmpty() && System.nanoTime() - begun < LONGEST && !comesAgain(group.element()));
                return null;
            } catch (JMSException e) {
                throw new UncategorizedJmsException(e);
            }
        }

        /**
         * @param inHand the broker's number for the message, while it is not done
         * @return why it is to come again, with nothing of it written; null: it is done
         */
        private OwnFailure process(Session session, Message message, AtomicLong inHand) throws JMSException {
            long number = Retries.core(message).getMessageID();
            Retries.restoreId(message);
            if (failures.getOrDefault(number, 0) >= ATTEMPTS_HERE
                    && message.getIntProperty("JMSXDeliveryCount") > ATTEMPTS) {
                giveUp(session, message, ATTEMPTS);
                return null;
            }
            inHand.set(number);
            OwnFailure failure = null;
            try {
                invokeListener(session, message);
            } catch (RuntimeException e) {
                failure = ownFailure(e);
            }
            inHand.set(NONE);
            return failure;
        }

        /** @throws RuntimeException the failure, if all that was written is to be rolled back */
        private static OwnFailure ownFailure(RuntimeException failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof RefusedException || cause instanceof NotYetException || isOfALookUp(cause)) {
                    return new OwnFailure(failure, cause);
                }
            }
            throw failure;
        }

        /**
         * Outside of the transaction: whether something is away is asked, and may take its time.
         *
         * @throws RuntimeException the failure, if something is away
         */
        private void comeAgain(Session session, Message message, OwnFailure own) throws JMSException {
            if (own.cause() instanceof RefusedException refused) {
                takeLater(session, message, refused);
            } else if (own.cause() instanceof NotYetException) {
                comeAgainSoon(session, message, WAITS);
            } else if (letsGo()) {
                throw own.failure();
            } else {
                lookUpAgain(session, message);
            }
        }

        /** Lookups come first (RouteConventionsTest): nothing of the message is written. */
        private static boolean isOfALookUp(Throwable failure) {
            return failure instanceof LookUpFailedException || failure instanceof HttpOperationFailedException;
        }

        private void lookUpAgain(Session session, Message message) throws JMSException {
            if (Retries.count(message, FAILED_LOOKUPS) + 1 >= ATTEMPTS) {
                giveUp(session, message, ATTEMPTS);
            } else {
                comeAgainSoon(session, message, FAILED_LOOKUPS);
            }
        }

        /** @param counter of how often it did */
        private void comeAgainSoon(Session session, Message message, String counter) throws JMSException {
            Retries.countOneMore(message, counter);
            Retries.putBack(session, message, consumer, retries.after(Retries.count(message, counter)));
        }

        /** After 5, 10, 20, 30, 30 ... minutes, if that is what it says, for half a day. */
        private void takeLater(Session session, Message message, RefusedException refused) throws JMSException {
            int tries = Retries.count(message, TRIES) + 1;
            if (refused.again() == null || tries > MOST_TRIES) {
                Retries.core(message).putStringProperty(Parking.REASON, refused.getMessage());
                giveUp(session, message, tries);
            } else {
                Retries.countOneMore(message, TRIES);
                Retries.putBack(session, message, consumer,
                        refused.again().multipliedBy(Math.min(LONGEST_WAIT, 1L << tries - 1)));
            }
        }

        /** When it is returned from its dead-letter queue it has all its attempts again. */
        private void giveUp(Session session, Message message, int tries) throws JMSException {
            Retries.keepIdAndTime(message);
            Retries.core(message).removeProperty(TRIES);
            Retries.core(message).removeProperty(FAILED_LOOKUPS);
            Retries.core(message).removeProperty(WAITS);
            Parking.park(session, message, consumer);
            PARKED.warn("{} has a message more, which was tried {} times", DeadLetterQueue.of(queue), tries);
        }
    }
}
