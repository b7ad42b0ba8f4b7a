package choreography.faults;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
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

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * People who register and order, each order after the one before was answered. They are good clients: without an answer or
 * after a 5xx they ask again a little later, with the same Idempotency-Key, at the other gateway; after a 202 they look
 * at Location until the outcome is there, and then ask again for the final answer.
 */
final class Customers implements AutoCloseable {

    static final int ORDERS_EACH = 5;
    private static final int MOST_AT_ONCE = 60;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(2)).build();

    /** What one key stands for, and all that was answered to it. */
    static final class Request {
        final String path;
        final String key;
        final String body;
        final int expected;
        final String id;
        volatile Instant giveUpAt;
        volatile boolean accepted;
        volatile HttpResponse<String> outcome;

        Request(String path, String key, String body, int expected) {
            this.path = path;
            this.key = key;
            this.body = body;
            this.expected = expected;
            String command = path.equals("/order") ? "OrderRequested" : "RegistrationRequested";
            id = UUID.nameUUIDFromBytes((command + " " + key).getBytes(UTF_8)).toString();
        }

        boolean isOrder() {
            return path.equals("/order");
        }
    }

    private final List<URI> gateways;
    private final Random random;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<?>> busy = new ConcurrentLinkedQueue<>();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final Map<String, Integer> answers = new ConcurrentSkipListMap<>();
    private final Map<String, String> emails = new ConcurrentHashMap<>();
    private ScheduledExecutorService arrivals;
    private volatile String lastTakenEmail;

    Customers(List<URI> gateways, long seed) {
        this.gateways = gateways;
        random = new Random(seed);
    }

    /** From now on, customers come until {@link #close()}, unless too many are there: all of them ask again and again while faults last. */
    void come(double ordersASecond) {
        arrivals = Executors.newSingleThreadScheduledExecutor();
        arrivals.scheduleAtFixedRate(this::arrive, 0, (long) (1e6 * ORDERS_EACH / ordersASecond), TimeUnit.MICROSECONDS);
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

    private void arrive() {
        busy.removeIf(customer -> customer.isDone() && !customer.isCompletedExceptionally());
        if (busy.size() < MOST_AT_ONCE) {
            busy.add(shop());
        }
    }

    private CompletableFuture<?> shop() {
        String name = "c%d-%s".formatted(random.nextLong(1_000_000_000L), Integer.toString(requests.size()));
        boolean takesAnothersAddress = lastTakenEmail != null && random.nextInt(20) == 0;
        String email = takesAnothersAddress ? lastTakenEmail : name + "@example.com";
        Request registration = new Request("/register", name, "{\"name\":\"Ada Lovelace\",\"email\":\"%s\"}".formatted(email),
                takesAnothersAddress ? 409 : 201);
        List<Request> orders = IntStream.range(0, ORDERS_EACH).mapToObj(i -> wish(name + "-" + i, registration.id)).toList();
        return ask(registration).thenCompose(answer -> {
            CompletableFuture<HttpResponse<String>> last = CompletableFuture.completedFuture(answer);
            if (answer == null || answer.statusCode() != 201) {
                return last;
            }
            lastTakenEmail = email;
            emails.put(registration.id, email);
            for (Request order : orders) {
                last = last.thenCompose(before -> before == null ? CompletableFuture.completedFuture(null) : ask(order));
            }
            return last;
        });
    }

    /** One in ten cannot be had, and one in six costs nearly the whole opening credit. */
    private Request wish(String key, String customer) {
        boolean knownUser = random.nextInt(20) > 0;
        String sku = switch (random.nextInt(6)) {
            case 0 -> "SADDLE-1";
            case 1 -> random.nextInt(3) == 0 ? "NO-SUCH-1" : "BOOK-1";
            default -> "MUG-1";
        };
        String body = "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":%d}]}".formatted(
                knownUser ? customer : UUID.nameUUIDFromBytes(("nobody " + key).getBytes(UTF_8)), sku, 1 + random.nextInt(2));
        return new Request("/order", key, body, knownUser && !sku.equals("NO-SUCH-1") ? 201 : 422);
    }

    private CompletableFuture<HttpResponse<String>> ask(Request request) {
        requests.add(request);
        request.giveUpAt = Instant.now().plus(PATIENCE);
        return ask(request, 0).thenApply(answer -> {
            request.outcome = answer;
            if (answer == null) {
                complaints.add("%s %s (key %s) got no final answer in %s".formatted(request.path, request.id, request.key, PATIENCE));
            } else if (answer.statusCode() != request.expected) {
                complaints.add("%s %s (key %s) was answered %s instead of %d".formatted(
                        request.path, request.id, request.key, describe(answer), request.expected));
            }
            return answer;
        });
    }

    private CompletableFuture<HttpResponse<String>> ask(Request request, int attempt) {
        return post(request, attempt).handle((answer, failure) -> {
            String status = failure == null ? Integer.toString(answer.statusCode()) : "none";
            answers.merge(status, 1, Integer::sum);
            log.add("%s %s %s: %s %s".formatted(Instant.now(), request.path, request.key, status, failure == null ? answer.uri() : failure));
            if (failure == null) {
                check(request, answer);
                if (answer.statusCode() == 201 || answer.statusCode() / 100 == 4) {
                    return CompletableFuture.completedFuture(answer);
                }
            }
            if (Instant.now().isAfter(request.giveUpAt)) {
                return CompletableFuture.<HttpResponse<String>>completedFuture(null);
            }
            boolean late = failure == null && answer.statusCode() == 202;
            return (late ? awaitOutcome(request, answer.headers().firstValue("Location").orElseThrow(), attempt) : after(pause(attempt)))
                    .thenCompose(now -> ask(request, attempt + 1));
        }).thenCompose(Function.identity());
    }

    /** Ends when Location shows something, or after some looks: the command may have to be repeated. */
    private CompletableFuture<Void> awaitOutcome(Request request, String location, int attempt) {
        CompletableFuture<Boolean> shown = CompletableFuture.completedFuture(false);
        for (int look = 0; look < 8; look++) {
            int gateway = attempt + look;
            shown = shown.thenCompose(there -> there ? CompletableFuture.completedFuture(true) : after(pause(2)).thenCompose(now ->
                    HTTP.sendAsync(to(gateway, request, location).GET().build(), BodyHandlers.discarding())
                            .handle((answer, failure) -> failure == null && answer.statusCode() == 200)));
        }
        return shown.thenAccept(there -> { });
    }

    private static long pause(int attempt) {
        return Math.min(2000, 200 << Math.min(attempt, 4));
    }

    private static CompletableFuture<Void> after(long ms) {
        return CompletableFuture.runAsync(() -> { }, CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS));
    }

    private CompletableFuture<HttpResponse<String>> post(Request request, int attempt) {
        return HTTP.sendAsync(to(attempt, request, request.path)
                .header("Content-Type", "application/json").header("Idempotency-Key", request.key)
                .POST(BodyPublishers.ofString(request.body)).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(int attempt, Request request, String path) {
        URI gateway = gateways.get(Math.floorMod(request.key.hashCode() + attempt, gateways.size()));
        return HttpRequest.newBuilder(gateway.resolve(path)).timeout(Duration.ofSeconds(8));
    }

    private void check(Request request, HttpResponse<String> answer) {
        if (answer.statusCode() < 300 || answer.statusCode() == 422) {
            request.accepted = true;
        }
        String location = answer.headers().firstValue("Location").orElse(null);
        if (location != null && !location.endsWith("/" + request.id)) {
            complaints.add("%s with key %s should be %s, but was answered %s".formatted(request.path, request.key, request.id, describe(answer)));
        }
        if (answer.statusCode() == 500) {
            complaints.add("%s %s was answered %s".formatted(request.path, request.id, describe(answer)));
        }
    }

    /** Asks once more for what was answered already; says so if the answer is another one. */
    CompletableFuture<Void> repeat(Request request) {
        request.giveUpAt = Instant.now().plus(PATIENCE);
        return ask(request, 1).thenAccept(again -> {
            HttpResponse<String> first = request.outcome;
            if (first != null && (again == null || again.statusCode() != first.statusCode() || !again.body().equals(first.body()))) {
                complaints.add("%s %s (key %s) was answered %s, and when it was repeated %s"
                        .formatted(request.path, request.id, request.key, describe(first), describe(again)));
            }
        });
    }

    private static String describe(HttpResponse<String> answer) {
        return answer == null ? "nothing" : answer.statusCode() + " " + answer.body();
    }
}
