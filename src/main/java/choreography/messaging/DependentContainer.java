package choreography.messaging;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageConsumer;
import jakarta.jms.Session;
import org.apache.camel.component.jms.DefaultJmsMessageListenerContainer;
import org.apache.camel.component.jms.JmsEndpoint;
import org.springframework.jms.support.JmsUtils;

/**
 * Consumes as long as all is there that its route depends on. While something is away, it has no consumer at the
 * broker: what was on its way to it is given back, without counting as an attempt, and others may have it. Then it
 * waits, and goes on by itself. While the broker is away, one probe a second asks for it, for all consumers of the
 * process.
 */
class DependentContainer extends DefaultJmsMessageListenerContainer {

    private static final int LOOKS_EVERY_MS = 200;

    /** Has Spring's invoker close its consumer. It is no failure. */
    private static final class LetGo extends RuntimeException {
        LetGo() {
            super("A dependency is away", null, false, false);
        }
    }

    private final JmsEndpoint endpoint;
    /** Null: in an application without. */
    private final Dependencies dependencies;
    private final Set<MessageConsumer> receiving = ConcurrentHashMap.newKeySet();
    /** Weak: one whose invoker ends never receives again. */
    private final Set<MessageConsumer> closed = Collections.newSetFromMap(
            Collections.synchronizedMap(new WeakHashMap<>()));
    /** Set and read by one invoker at a time, under Spring's recovery lock. */
    private boolean lettingGo;

    DependentContainer(JmsEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
        dependencies = endpoint.getCamelContext().getRegistry().findSingleByType(Dependencies.class);
    }

    private List<Dependency> dependencies() {
        return dependencies == null ? List.of() : dependencies.of(endpoint);
    }

    /** Whether it takes no message because something is away, the broker excepted. */
    final boolean isWaiting() {
        for (Dependency one : dependencies()) {
            if (one.isAway()) {
                return true;
            }
        }
        return false;
    }

    /**
     * To be called when a step has failed, before its message is given back.
     *
     * @return whether that was because something is away; if so, this container has let go of all that waited in it
     */
    final boolean letsGo() {
        for (Dependency one : dependencies()) {
            if (isRunning() && !one.answers()) {
                receiving.forEach(this::letGo);
                return true;
            }
        }
        return false;
    }

    /**
     * Gives back what waits in a consumer, for others; the next time it is to receive, a new one takes its place. Wakes
     * who waits for a message there: it would take the one that has just failed, and fail too.
     */
    final void letGo(MessageConsumer consumer) {
        closed.add(consumer);
        JmsUtils.closeMessageConsumer(consumer);
    }

    @Override
    protected Message receiveMessage(MessageConsumer consumer) throws JMSException {
        receiving.add(consumer);
        try {
            if (closed.remove(consumer) || isWaiting()) {
                throw new LetGo();
            }
            return super.receiveMessage(consumer);
        } finally {
            receiving.remove(consumer);
        }
    }

    @Override
    protected MessageConsumer createListenerConsumer(Session session) throws JMSException {
        while (isWaiting()) {
            if (!isRunning()) {
                throw new LetGo();
            }
            pause();
        }
        return super.createListenerConsumer(session);
    }

    /** Ends at once when the container stops. */
    private void pause() {
        lifecycleLock.lock();
        try {
            lifecycleCondition.await(LOOKS_EVERY_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LetGo();
        } finally {
            lifecycleLock.unlock();
        }
    }

    @Override
    protected void handleListenerSetupFailure(Throwable failure, boolean alreadyRecovered) {
        boolean intended = failure instanceof LetGo;
        if (!alreadyRecovered) {
            lettingGo = intended;
        }
        if (!intended && (dependencies == null || !isRunning() || dependencies.broker().answers())) {
            super.handleListenerSetupFailure(failure, alreadyRecovered);
        }
    }

    /** A new connection would end the sessions of those of its consumers that are at a step. */
    @Override
    protected void recoverAfterListenerSetupFailure() {
        if (lettingGo) {
            return;
        }
        while (dependencies != null && dependencies.broker().isAway() && isRunning()) {
            pause();
        }
        super.recoverAfterListenerSetupFailure();
    }
}
