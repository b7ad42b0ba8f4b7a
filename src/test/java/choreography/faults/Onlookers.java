package choreography.faults;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** Look at users, accounts and orders again and again, from when they come to be, and write down what they see. */
final class Onlookers {

    static final int LOOK_EVERY_MS = 100;
    private static final int NEWEST = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2)).build();

    private final List<URI> gateways;
    private final History history;
    private final Random random;
    private final List<String> paths = new CopyOnWriteArrayList<>();

    Onlookers(List<URI> gateways, History history, long seed) {
        this.gateways = gateways;
        this.history = history;
        random = new Random(seed);
    }

    /** @param kind users, accounts or orders: what somebody was told is there, or will be */
    void watch(String kind, String id) {
        paths.add("/" + kind + "/" + id);
    }

    /** At one of them, at one of the gateways; does not wait for the answer. */
    void look() {
        int known = paths.size();
        if (known == 0) {
            return;
        }
        int newest = Math.min(known, NEWEST);
        String path = paths.get(random.nextBoolean() ? random.nextInt(known) : known - 1 - random.nextInt(newest));
        URI uri = gateways.get(random.nextInt(gateways.size())).resolve(path);
        Instant from = Instant.now();
        HTTP.sendAsync(HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.ofString())
                .thenAccept(answer -> history.add(new History.Seen(from, Instant.now(),
                        "GET " + path.substring(0, path.lastIndexOf('/')), path.substring(path.lastIndexOf('/') + 1),
                        answer.statusCode(), answer.body())));
    }
}
