package choreography.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import choreography.http.Problem;
import choreography.http.ProblemException;
import choreography.messaging.CloudEvents;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * The requests of one gateway replica that wait for the event that tells their outcome. A request is known by the id of
 * the command it publishes: the outcome event names it as its cause. Repeats of one request publish the same command
 * and wait together.
 */
public class PendingRequests {

    /** @param type name of the event, @param document its fields */
    private record Outcome(String type, Object document) { }

    /**
     * Keeps the future from Camel's tracer, which would wait for it to print its value.
     *
     * @param deadline as System.nanoTime() counts
     */
    private record Waiting(CompletableFuture<Outcome> outcome, long deadline) { }

    private final Map<String, List<CompletableFuture<Outcome>>> waiting = new ConcurrentHashMap<>();
    private final Semaphore places;
    private final long replyTimeoutMs;

    /**
     * @param maxWaiting     how many requests may wait at a time
     * @param replyTimeoutMs how long one waits, in milliseconds, the time to publish it included
     */
    public PendingRequests(int maxWaiting, long replyTimeoutMs) {
        this.places = new Semaphore(maxWaiting);
        this.replyTimeoutMs = replyTimeoutMs;
    }

    /**
     * To be called before the command is published, so that no outcome can be missed. The variable {@code request}
     * has the command's id.
     *
     * @throws ProblemException if as many wait as this gateway takes
     */
    public void expectOutcome(Exchange exchange) throws ProblemException {
        String commandId = exchange.getVariable("request", String.class);
        if (!places.tryAcquire()) {
            throw new ProblemException(Problem.unavailable("too-many-waiting", "Too many requests are waiting"));
        }
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        waiting.compute(commandId, (id, others) -> {
            List<CompletableFuture<Outcome>> all = others == null ? new ArrayList<>(1) : new ArrayList<>(others);
            all.add(outcome);
            return all;
        });
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(replyTimeoutMs);
        exchange.setProperty("waiting", new Waiting(outcome, deadline));
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange done) {
                waiting.computeIfPresent(commandId, (id, all) -> {
                    List<CompletableFuture<Outcome>> others = all.stream().filter(other -> other != outcome).toList();
                    return others.isEmpty() ? null : others;
                });
                places.release();
            }
        });
    }

    /**
     * Waits until the deadline, which counts from {@link #expectOutcome}: a broker that was slow to take the command
     * has used it up. Leaves the event's name in the variable {@code outcome} (none: it is late) and its fields in
     * the body.
     */
    public void awaitOutcome(Exchange exchange) throws InterruptedException, ExecutionException {
        try {
            Waiting request = exchange.getProperty("waiting", Waiting.class);
            Outcome outcome = request.outcome().get(request.deadline() - System.nanoTime(), TimeUnit.NANOSECONDS);
            exchange.setVariable("outcome", outcome.type());
            exchange.getMessage().setBody(outcome.document());
        } catch (TimeoutException late) {
            exchange.setVariable("outcome", "");
        }
    }

    /**
     * Hands an outcome event to the requests that caused it, if they still wait.
     *
     * @param type name of the event
     */
    public void complete(Exchange event, String type) {
        List<CompletableFuture<Outcome>> caused = waiting.get(event.getMessage()
                .getHeader(CloudEvents.CAUSATION_ID, "", String.class));
        if (caused != null) {
            Outcome outcome = new Outcome(type, event.getMessage().getBody());
            caused.forEach(request -> request.complete(outcome));
        }
    }
}
