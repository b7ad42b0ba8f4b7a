package choreography.faults;

import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

import choreography.gateway.RequestIds;
import choreography.http.IdempotencyKeys;

/**
 * People who register and order, each order after the one before was answered. They are good clients: without an answer
 * or after a 5xx they ask again a little later, with the same Idempotency-Key, at the other gateway; after a 202 or 504
 * they look at Location until the outcome is there, and then ask again for the final answer. A third of them have no
 * keys, and do as the answers say: after 503 they ask anew; after 202 and 504 they use the key of the answer. A third
 * never ask again what was answered 202, but look to the end: a repeat would make again what was lost.
 */
final class Customers implements AutoCloseable {

    static final int ORDERS_EACH = 5;
    private static final int MOST_AT_ONCE = 60;
    /** At most: the gateway waits 10 s for the broker, then 2 s for the outcome. */
    private static final Duration AN_ANSWER_TAKES = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2)).build();

    /** What somebody wants, and all that was answered to it. */
    static final class Request {
        final String path;
        final String caller;
        final String body;
        final int expected;
        /** After a 202. */
        final boolean onlyLooks;
        /** Known to the customer: chosen, or read in an answer that says to use it. Null: there is none yet. */
        volatile String key;
        volatile Instant giveUpAt;
        volatile boolean accepted;
        /** There was no answer and is no key: nobody can know whether to repeat it. */
        volatile boolean forsaken;
        volatile HttpResponse<String> outcome;

        Request(String path, String caller, String key, String body, int expected, boolean onlyLooks) {
            this.path = path;
            this.onlyLooks = onlyLooks;
            this.caller = caller;
            this.key = key;
            this.body = body;
            this.expected = expected;
        }

        boolean isOrder() {
            return path.equals("/order");
        }

        /** 200 is what a look at Location shows; a refusal too. */
        boolean isExpected(HttpResponse<String> answer) {
            return answer.statusCode() == 200 ? (expected == 201) != answer.body().contains("\"REJECTED\"")
                    : answer.statusCode() == expected;
        }

        String id() {
            return key == null ? null : idUnder(key);
        }

        String idUnder(String anyKey) {
            return RequestIds.resource(isOrder() ? "OrderRequested" : "RegistrationRequested", caller, anyKey);
        }

        @Override
        public String toString() {
            return path + " " + id() + " (key " + key + ")";
        }
    }

    private final List<URI> gateways;
    private final History history = new History();
    private final Onlookers onlookers;
    private final Random random;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<?>> busy = new ConcurrentLinkedQueue<>();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final Map<String, Integer> answers = new ConcurrentSkipListMap<>();
    private final Map<String, String> emails = new ConcurrentHashMap<>();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> forsaken = new ConcurrentHashMap<>();
    private ScheduledExecutorService arrivals;
    private volatile String lastTakenEmail;

    Customers(List<URI> gateways, long seed) {
        this.gateways = gateways;
        onlookers = new Onlookers(gateways, history, seed);
        random = new Random(seed);
    }

    /**
     * From now on, customers come until {@link #close()}, unless too many are there: all of them ask again and again
     * while faults last.
     */
    void come(double ordersASecond) {
        arrivals = Executors.newSingleThreadScheduledExecutor();
        arrivals.scheduleAtFixedRate(this::arrive, 0, (long) (1e6 * ORDERS_EACH / ordersASecond),
                TimeUnit.MICROSECONDS);
        arrivals.scheduleAtFixedRate(onlookers::look, 0, Onlookers.LOOK_EVERY_MS, TimeUnit.MILLISECONDS);
    }

    /** No new customers come; returns when those who are there have an answer to everything. */
    @Override
    public void close() {
        arrivals.shutdown();
        try {
            arrivals.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        CompletableFuture.allOf(busy.toArray(CompletableFuture[]::new)).join();
        busy.clear();
    }

    Queue<Request> requests() {
        return requests;
    }

    List<Request> orders() {
        return requests.stream().filter(Request::isOrder).toList();
    }

    /** What was answered that should not have been. */
    Queue<String> complaints() {
        return complaints;
    }

    /** All that they, and onlookers, were answered. */
    History history() {
        return history;
    }

    /** Which request was answered what, and when. */
    Queue<String> log() {
        return log;
    }

    /** How often each status was answered; "none" if there was no answer. */
    Map<String, Integer> answers() {
        return answers;
    }

    /** The address of each registered user, by user id. */
    Map<String, String> emails() {
        return emails;
    }

    /** The ids of users and orders that will never be: a request without key was answered 503. */
    Set<String> refused() {
        return refused;
    }

    /** How many orders of each user nobody knows of: a request without key got no answer, so it was not repeated. */
    Map<String, Integer> forsaken() {
        return forsaken;
    }

    private void arrive() {
        busy.removeIf(customer -> customer.isDone() && !customer.isCompletedExceptionally());
        if (busy.size() < MOST_AT_ONCE) {
            busy.add(shop());
        }
    }

    private CompletableFuture<?> shop() {
        String name = "c%d-%s".formatted(random.nextLong(1_000_000_000L), Integer.toString(requests.size()));
        boolean hasKeys = random.nextInt(3) > 0;
        boolean onlyLooks = random.nextInt(3) == 0;
        boolean takesAnothersAddress = lastTakenEmail != null && random.nextInt(20) == 0;
        String email = takesAnothersAddress ? lastTakenEmail : name + "@example.com";
        Request registration = new Request("/register", "", hasKeys ? name : null,
                "{\"name\":\"Ada Lovelace\",\"email\":\"%s\"}".formatted(email), takesAnothersAddress ? 409 : 201,
                onlyLooks);
        Wishes wishes = new Wishes(random.nextLong());
        return ask(registration).thenCompose(answer -> {
            if (answer == null || takesAnothersAddress || !registration.isExpected(answer)) {
                return CompletableFuture.completedFuture(null);
            }
            lastTakenEmail = email;
            emails.put(registration.id(), email);
            return askAll(IntStream.range(0, ORDERS_EACH)
                    .mapToObj(i -> wishes.next(hasKeys ? name + "-" + i : null, registration.id(), onlyLooks))
                    .iterator());
        });
    }

    private CompletableFuture<Void> askAll(Iterator<Request> wishes) {
        if (!wishes.hasNext()) {
            return CompletableFuture.completedFuture(null);
        }
        Request next = wishes.next();
        return ask(next)
                .thenCompose(answer -> askAll(answer == null && !next.forsaken ? Collections.emptyIterator() : wishes));
    }

    /** One in ten cannot be had, and one in six costs nearly the whole opening credit. */
    private static final class Wishes {

        private final Random random;

        Wishes(long seed) {
            random = new Random(seed);
        }

        Request next(String key, String customer, boolean onlyLooks) {
            boolean knownUser = random.nextInt(20) > 0;
            String sku = switch (random.nextInt(6)) {
                case 0 -> "SADDLE-1";
                case 1 -> random.nextInt(3) == 0 ? "NO-SUCH-1" : "BOOK-1";
                default -> "MUG-1";
            };
            String user = knownUser ? customer : new UUID(random.nextLong(), random.nextLong()).toString();
            String body = "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":%d}]}".formatted(user, sku,
                    1 + random.nextInt(2));
            return new Request("/order", user, key, body, knownUser && !sku.equals("NO-SUCH-1") ? 201 : 422,
                    onlyLooks);
        }
    }

    private CompletableFuture<HttpResponse<String>> ask(Request request) {
        requests.add(request);
        request.giveUpAt = Instant.now().plus(PATIENCE);
        return ask(request, 0).thenApply(answer -> {
            request.outcome = answer;
            if (answer == null && !request.forsaken) {
                complaints.add("%s got no final answer in %s".formatted(request, PATIENCE));
            } else if (answer != null && !request.isExpected(answer)) {
                complaints.add("%s was answered %s instead of %d".formatted(request, describe(answer),
                        request.expected));
            }
            return answer;
        });
    }

    private CompletableFuture<HttpResponse<String>> ask(Request request, int attempt) {
        Instant asked = Instant.now();
        return post(request, attempt).handle((answer, failure) -> {
            String status = failure == null ? Integer.toString(answer.statusCode()) : "none";
            answers.merge(status, 1, Integer::sum);
            log.add("%s %s %s: %s %s".formatted(Instant.now(), request.path, request.key, status,
                    failure == null ? answer.uri() : failure));
            if (failure == null) {
                readKey(request, answer);
                check(request, answer);
                remember(request, asked, answer);
                if (answer.statusCode() == 201 || answer.statusCode() / 100 == 4) {
                    return CompletableFuture.completedFuture(answer);
                }
            } else if (request.key == null && !neverLeft(failure)) {
                request.forsaken = true;
                forsaken.merge(request.caller, 1, Integer::sum);
                return CompletableFuture.<HttpResponse<String>>completedFuture(null);
            }
            if (Instant.now().isAfter(request.giveUpAt)) {
                return CompletableFuture.<HttpResponse<String>>completedFuture(null);
            }
            if (failure == null && answer.statusCode() == 202 && request.onlyLooks) {
                return look(request, answer.headers().firstValue("Location").orElseThrow(), attempt);
            }
            boolean open = failure == null && (answer.statusCode() == 202 || answer.statusCode() == 504);
            return (open ? awaitOutcome(request, answer.headers().firstValue("Location").orElseThrow(), attempt)
                    : after(pause(attempt)))
                    .thenCompose(now -> ask(request, attempt + 1));
        }).thenCompose(Function.identity());
    }

    private static boolean neverLeft(Throwable failure) {
        return failure instanceof ConnectException || failure.getCause() instanceof ConnectException;
    }

    /**
     * Takes the key of an answer for its own, except after 503 (and 500): then it asks anew, and what has that key
     * must never be.
     */
    private void readKey(Request request, HttpResponse<String> answer) {
        String said = answer.headers().firstValue(IdempotencyKeys.HEADER).orElse("nothing");
        if (request.key != null) {
            if (!said.equals(request.key)) {
                complaints.add("%s was answered %s with the key %s".formatted(request, describe(answer), said));
            }
        } else if (answer.statusCode() == 503 || answer.statusCode() == 500) {
            refused.add(request.idUnder(said));
        } else {
            request.key = said;
        }
    }

    /** Ends when Location shows something, or after some looks: the command may have to be repeated. */
    private CompletableFuture<Void> awaitOutcome(Request request, String location, int attempt) {
        CompletableFuture<Boolean> shown = CompletableFuture.completedFuture(false);
        for (int look = 0; look < 8; look++) {
            int gateway = attempt + look;
            shown = shown.thenCompose(there -> there ? CompletableFuture.completedFuture(true) : after(pause(2))
                    .thenCompose(now ->
                    HTTP.sendAsync(to(gateway, request, location).GET().build(), BodyHandlers.discarding())
                            .handle((answer, failure) -> failure == null && answer.statusCode() == 200)));
        }
        return shown.thenAccept(there -> { });
    }

    /** Until Location shows something, or patience ends. */
    private CompletableFuture<HttpResponse<String>> look(Request request, String location, int attempt) {
        return after(pause(2)).thenCompose(now -> HTTP.sendAsync(to(attempt, request, location).GET().build(),
                BodyHandlers.ofString())).handle((answer, failure) -> {
            if (failure == null && answer.statusCode() == 200) {
                return CompletableFuture.completedFuture(answer);
            }
            return Instant.now().isAfter(request.giveUpAt)
                    ? CompletableFuture.<HttpResponse<String>>completedFuture(null)
                    : look(request, location, attempt + 1);
        }).thenCompose(Function.identity());
    }

    private static long pause(int attempt) {
        return Math.min(2000, 200 << Math.min(attempt, 4));
    }

    private static CompletableFuture<Void> after(long ms) {
        return CompletableFuture.runAsync(() -> { }, CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS));
    }

    private CompletableFuture<HttpResponse<String>> post(Request request, int attempt) {
        HttpRequest.Builder post = to(attempt, request, request.path).header("Content-Type", "application/json");
        if (request.key != null) {
            post.header(IdempotencyKeys.HEADER, request.key);
        }
        return HTTP.sendAsync(post.POST(BodyPublishers.ofString(request.body)).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(int attempt, Request request, String path) {
        URI gateway = gateways.get(Math.floorMod(request.body.hashCode() + attempt, gateways.size()));
        return HttpRequest.newBuilder(gateway.resolve(path)).timeout(AN_ANSWER_TAKES);
    }

    private void check(Request request, HttpResponse<String> answer) {
        if (answer.statusCode() < 300 || answer.statusCode() == 422) {
            request.accepted = true;
        }
        String location = answer.headers().firstValue("Location").orElse(null);
        if (location != null && !location.contains("/" + request.id())) {
            complaints.add("%s was answered with the Location %s".formatted(request, location));
        }
        if (answer.statusCode() == 500) {
            complaints.add("%s was answered %s".formatted(request, describe(answer)));
        }
    }

    private void remember(Request request, Instant asked, HttpResponse<String> answer) {
        if (request.key == null) {
            return;
        }
        history.add(new History.Seen(asked, Instant.now(), "POST " + request.path, request.id(), answer.statusCode(),
                answer.body()));
        if (answer.statusCode() == 201 || answer.statusCode() == 202) {
            (request.isOrder() ? List.of("orders") : List.of("users", "accounts"))
                    .forEach(kind -> onlookers.watch(kind, request.id()));
        }
    }

    /** Asks once more for what was answered already; says so if the answer is another one. */
    CompletableFuture<Void> repeat(Request request) {
        boolean looked = request.outcome != null && request.outcome.statusCode() == 200;
        if (request.forsaken || looked) {
            return CompletableFuture.completedFuture(null);
        }
        request.giveUpAt = Instant.now().plus(PATIENCE);
        return ask(request, 1).thenAccept(again -> {
            HttpResponse<String> first = request.outcome;
            if (first != null && (again == null || again.statusCode() != first.statusCode() || !again.body()
                    .equals(first.body()))) {
                complaints.add("%s was answered %s, and when it was repeated %s".formatted(request, describe(first),
                        describe(again)));
            }
        });
    }

    private static String describe(HttpResponse<String> answer) {
        return answer == null ? "nothing" : answer.statusCode() + " " + answer.body();
    }
}
