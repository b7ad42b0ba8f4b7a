package choreography.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** The figures of a run. */
record Report(int asked, int accepted, Map<String, Integer> answers, Map<String, Integer> faults, long redelivered,
        long copies, long copiesDelivered, int poisons, int refused, int forsaken, long reminders, int seen) {

    static Report of(Installation installation, Customers customers, Faults faults)
            throws IOException, InterruptedException {
        return new Report(customers.orders().size(), (int) customers.orders().stream().filter(order -> order.accepted)
                .count(),
                new TreeMap<>(customers.answers()), new TreeMap<>(faults.injected()), installation.redelivered(),
                faults.copies(), installation.copies(), faults.poisons().size(), customers.refused().size(),
                customers.forsaken().values().stream().mapToInt(Integer::intValue).sum(), installation.reminders(),
                customers.history().size());
    }

    Report since(Report before) {
        return new Report(asked - before.asked, accepted - before.accepted, minus(answers, before.answers),
                minus(faults, before.faults),
                redelivered - before.redelivered, copies - before.copies,
                copiesDelivered - before.copiesDelivered, poisons - before.poisons, refused - before.refused,
                forsaken - before.forsaken, reminders, seen - before.seen);
    }

    private static Map<String, Integer> minus(Map<String, Integer> counts, Map<String, Integer> before) {
        Map<String, Integer> difference = new TreeMap<>();
        counts.forEach((name, count) -> {
            if (count > before.getOrDefault(name, 0)) {
                difference.put(name, count - before.getOrDefault(name, 0));
            }
        });
        return difference;
    }

    /** The invariants' figures are those of all runs so far. */
    String table(String name, long seed, Invariants invariants, Collection<String> violations, Duration drained) {
        return """

                %s, seed %d
                  orders asked for / accepted     %d / %d
                  faults                          %d: %s
                  answers per status              %s
                  without key: 503, no answer     %d, %d
                  messages redelivered            %d
                  copies published, delivered     %d, %d
                  poison injected                 %d
                  asked for again, by who lives   %d
                  answers compared, with times    %d
                  time to drain                   %.1f s
                  all runs: orders ended          %s
                  all runs: mails (and repeats)   %d (%d of %d allowed)
                  all runs: parked                %d
                  violations                      %d%s""".formatted(name, seed, asked, accepted,
                faults.values().stream().mapToInt(Integer::intValue).sum(), faults, answers, refused, forsaken,
                redelivered, copies, copiesDelivered, poisons, reminders, seen,
                drained.toMillis() / 1000.0, invariants.endedPer(), invariants.mails(), invariants.repeatedMails(),
                invariants.repeatsAllowed(), invariants.parked(),
                violations.size(), violations.stream().limit(20).map(violation -> "\n    " + violation)
                        .reduce("", String::concat));
    }
}
