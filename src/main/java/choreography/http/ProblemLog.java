package choreography.http;

import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what callers are told of failures here: a 500 with the place where it came from, others (503 ...) in
 * few words. Of one kind it says the first, and then one in 10 s at most.
 */
final class ProblemLog {

    private static final Logger LOG = LoggerFactory.getLogger("choreography.problem");
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(10);
    private static final int FRAMES = 12;
    private static final Map<String, Kind> KINDS = new ConcurrentHashMap<>();

    private ProblemLog() { }

    /**
     * @param where the route, or the request if none saw it
     * @param cause null: none
     */
    static void say(Problem problem, String where, Throwable cause) {
        Throwable root = cause;
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        boolean unexpected = problem.status() == 500;
        String kind = problem.type() + (unexpected && root != null ? root.getClass().getName() + at(root, 1) : "");
        long untold = KINDS.computeIfAbsent(kind, k -> new Kind()).countUntold();
        if (untold < 0) {
            return;
        }
        String line = "%s %s at %s: %s%s".formatted(problem.status(), problem.title(), where, root == null ? "" : root,
                untold == 0 ? "" : " (and " + untold + " more of its kind before)");
        if (unexpected) {
            LOG.error("{}{}", line, root == null ? "" : at(root, FRAMES));
        } else {
            LOG.warn(line);
        }
    }

    private static String at(Throwable e, int frames) {
        StringJoiner places = new StringJoiner("; at ", "; at ", "").setEmptyValue("");
        for (int i = 0; i < Math.min(frames, e.getStackTrace().length); i++) {
            places.add(e.getStackTrace()[i].toString());
        }
        return places.toString();
    }

    private static final class Kind {

        private boolean known;
        private long saidAt;
        private long untold;

        /** @return how many were not told since the last one that was; -1: do not tell this one */
        synchronized long countUntold() {
            if (known && System.nanoTime() - saidAt < PAUSE) {
                untold++;
                return -1;
            }
            long before = untold;
            known = true;
            saidAt = System.nanoTime();
            untold = 0;
            return before;
        }
    }
}
