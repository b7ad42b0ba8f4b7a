package choreography.faults;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import choreography.testing.BrokerClient;
import choreography.testing.Promises;

/**
 * What must be true when everything has come to its end, whatever happened before. A violation is a sentence that
 * names the order.
 */
final class Invariants {

    /** At most so long after its acceptance a mail is recorded, on a busy machine too. */
    private static final Duration RECORDED_WITHIN = Duration.ofSeconds(5);
    private static final Faults.Interval NO_FAULT = new Faults.Interval(Instant.MIN, Instant.MIN, 0);

    private final Installation installation;
    private final Customers customers;
    private final Faults faults;
    private final List<String> violations = new ArrayList<>();
    private final Map<String, Integer> endedPer = new TreeMap<>();
    private int mails;
    private int repeatedMails;
    private int parked;

    Invariants(Installation installation, Customers customers, Faults faults) {
        this.installation = installation;
        this.customers = customers;
        this.faults = faults;
    }

    /** @return everything that is not as it must be */
    List<String> violations() throws Exception {
        violations.addAll(customers.complaints());
        violations.addAll(customers.history().violations());
        try (Connection database = installation.database.connect()) {
            violations.addAll(Promises.broken(database));
        }
        checkOrders();
        checkRegistrations();
        checkRefused();
        checkMails();
        checkQueues();
        return violations;
    }

    /** How many orders have each status, after {@link #violations()}. */
    Map<String, Integer> endedPer() {
        return endedPer;
    }

    int mails() {
        return mails;
    }

    int repeatedMails() {
        return repeatedMails;
    }

    /** What the faults explain. */
    int repeatsAllowed() {
        return faults.unrecordedMails().stream().mapToInt(Faults.Interval::most).sum();
    }

    int parked() {
        return parked;
    }

    private void check(boolean kept, String violation, Object... about) {
        if (!kept) {
            violations.add(violation.formatted(about));
        }
    }

    private record Order(String id, String user, String status) { }

    private Map<String, Order> orders() throws SQLException {
        Map<String, Order> orders = new HashMap<>();
        for (List<String> row : installation.database.rows("""
                select order_id, user_id, status, total,
                (select string_agg(entry ->> 'status', ',') from jsonb_array_elements(history) entry)
                from order_service.orders""")) {
            orders.put(row.get(0), new Order(row.get(0), row.get(1), row.get(2)));
        }
        return orders;
    }

    private void checkOrders() throws SQLException {
        Map<String, Order> orders = orders();
        Set<String> known = new HashSet<>();
        for (Customers.Request request : customers.orders()) {
            String id = request.id();
            Order order = id == null ? null : orders.get(id);
            if (order == null) {
                check(!request.accepted, "%s was accepted and is nowhere", request);
                continue;
            }
            known.add(id);
            endedPer.merge(order.status(), 1, Integer::sum);
            check(request.expected == 422 == order.status().equals("REJECTED"), "order %s is %s and was answered %s",
                    id, order.status(), request.expected);
            String kind = order.status().equals("PAYED") ? "OrderPayed" : order.status()
                    .equals("CANCELLED") ? "OrderCancelled" : null;
            checkMailOf(order, kind);
        }
        Map<String, Set<String>> unknown = new TreeMap<>();
        orders.values().stream().filter(order -> !known.contains(order.id()))
                .forEach(order -> unknown.computeIfAbsent(order.user(), user -> new TreeSet<>()).add(order.id()));
        unknown.forEach((user, all) -> check(all.size() <= customers.forsaken().getOrDefault(user, 0),
                "%s did not order %s; of %s requests without key it does not know the outcome", user, all,
                customers.forsaken().getOrDefault(user, 0)));
    }

    private void checkMailOf(Order order, String kind) {
        for (String each : List.of("OrderPayed", "OrderCancelled")) {
            List<Mailbox.Mail> got = installation.mailbox.mails().getOrDefault(
                    "<%s.%s@order-choreography.example>".formatted(each, order.id()), List.of());
            if (each.equals(kind)) {
                check(!got.isEmpty(), "order %s is %s, but no mail %s came", order.id(), order.status(), each);
            } else {
                check(got.isEmpty(), "order %s is %s, but a mail %s came", order.id(), order.status(), each);
            }
        }
    }

    private Map<String, List<String>> byFirst(String query) throws SQLException {
        Map<String, List<String>> rows = new HashMap<>();
        for (List<String> row : installation.database.rows(query)) {
            check(rows.put(row.get(0), row) == null, "there are two rows for %s: %s", row.get(0), query);
        }
        return rows;
    }

    private void checkRegistrations() throws SQLException {
        Map<String, List<String>> users = byFirst("select user_id, email from user_service.users");
        customers.emails().forEach((user, email) ->
                check(users.containsKey(user) && users.get(user).get(1).equals(email),
                        "user %s <%s> was registered, the row is %s", user, email, users.get(user)));
        Map<String, List<String>> registrations = byFirst("select user_id, status from user_service.registration");
        faults.unheard().forEach(user -> check(users.containsKey(user) && registrations.containsKey(user)
                        && registrations.get(user).get(1).equals("REGISTERED"),
                "user %s was asked for by nobody who waits, and is nowhere", user));
    }

    /** 503 says that nothing was done. */
    private void checkRefused() throws SQLException {
        for (String made : List.of("select order_id from order_service.orders",
                "select user_id from user_service.registration")) {
            for (List<String> row : installation.database.rows(made)) {
                check(!customers.refused().contains(row.get(0)),
                        "503 was the answer, but there is %s in the rows of %s", row.get(0), made);
            }
        }
    }

    private void checkMails() throws SQLException {
        Map<String, List<String>> owed = byFirst("""
                select format('<%s.%s@order-choreography.example>',
                  case status when 'PAYED' then 'OrderPayed' else 'OrderCancelled' end, order_id), email
                from order_service.orders join user_service.users using (user_id)
                where status in ('PAYED', 'CANCELLED')""");
        List<Repeat> repeats = new ArrayList<>();
        installation.mailbox.mails().forEach((messageId, copies) -> {
            mails++;
            repeatedMails += copies.size() - 1;
            String email = owed.getOrDefault(messageId, List.of("", "nobody")).get(1);
            check(copies.stream().allMatch(copy -> copy.to().equals(email)), "the mail %s went to %s, it is owed to %s",
                    messageId, copies, email);
            for (int i = 1; i < copies.size(); i++) {
                repeats.add(new Repeat(messageId, copies.get(i - 1).at(), copies.get(i).at()));
            }
        });
        checkRepeats(repeats);
    }

    private record Repeat(String messageId, Instant first, Instant again) {

        /** The first one was accepted just before or while something was gone, the second one came afterwards. */
        boolean isExplainedBy(Faults.Interval fault) {
            return fault.from().minus(RECORDED_WITHIN).isBefore(first) && fault.to().isAfter(first)
                    && fault.from().isBefore(again);
        }
    }

    /** Each fault explains so many as it can have caused; the one that ends first is asked first. */
    private void checkRepeats(List<Repeat> repeats) {
        Map<Faults.Interval, Integer> left = new LinkedHashMap<>();
        faults.unrecordedMails().stream().sorted(Comparator.comparing(Faults.Interval::to))
                .forEach(fault -> left.merge(fault, fault.most(), Integer::sum));
        repeats.sort(Comparator.comparing(Repeat::first));
        for (Repeat repeat : repeats) {
            Faults.Interval cause = left.keySet().stream()
                    .filter(fault -> repeat.isExplainedBy(fault) && left.get(fault) > 0).findFirst().orElse(null);
            check(cause != null, "the mail %s came at %s and again at %s, though nothing crashed in between, "
                    + "or more came again than were being sent", repeat.messageId(), repeat.first(), repeat.again());
            left.computeIfPresent(cause == null ? NO_FAULT : cause, (fault, most) -> most - 1);
        }
    }

    private void checkQueues() throws Exception {
        Map<String, Faults.Poison> missing = new TreeMap<>();
        faults.poisons().forEach(poison -> missing.put(poison.name(), poison));
        for (Broker.QueueState queue : installation.broker.queues()) {
            if (!queue.name().startsWith("DLQ.")) {
                check(queue.messages() == 0, "%d messages are left in %s", queue.messages(), queue.name());
                continue;
            }
            for (BrokerClient.Event letter : queue.messages() == 0 ? List.<BrokerClient.Event>of()
                    : installation.broker.browse(queue.name())) {
                Map<String, String> message = letter.properties();
                Faults.Poison poison = missing.remove(message.getOrDefault("poison", ""));
                if (poison == null) {
                    check(false, "%s holds a message about %s that nobody poisoned, or a poison twice: %s",
                            queue.name(), letter.flow(), message);
                    continue;
                }
                check(queue.name().equals("DLQ." + poison.queue()), "%s is in %s", poison, queue.name());
                parked += poison.unreadable() ? 1 : 0;
                check(poison.unreadable() || poison.queue().equals(message.get("_AMQ_ORIG_QUEUE")),
                        "%s cannot be returned: %s", poison, message);
                check(poison.unreadable() == message.containsKey("reason"), "%s was parked with the reason %s", poison,
                        message.get("reason"));
            }
        }
        check(missing.isEmpty(), "poison is nowhere: %s", missing.values());
    }

    /** True when no message is on its way: two looks at the queues in a row see nothing in them and nothing added. */
    static boolean isQuiet(Installation installation) throws IOException {
        List<Broker.QueueState> before = waiting(installation);
        List<Broker.QueueState> after = waiting(installation);
        return before.equals(after) && after.stream()
                .allMatch(queue -> queue.messages() == 0 || queue.name().startsWith("DLQ."));
    }

    /** True when nothing is left that the services ask for again. */
    static boolean isSettled(Installation installation) throws SQLException {
        try (Connection database = installation.database.connect()) {
            return Promises.broken(database).isEmpty();
        }
    }

    private static List<Broker.QueueState> waiting(Installation installation) throws IOException {
        return installation.broker.queues().stream().sorted(Comparator.comparing(Broker.QueueState::name))
                .toList();
    }
}
