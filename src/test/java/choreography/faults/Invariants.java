package choreography.faults;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

    private void checkMails() {
        installation.mailbox.mails().forEach((messageId, copies) -> {
            mails++;
            repeatedMails += copies.size() - 1;
            check(copies.stream().map(Mailbox.Mail::to).distinct().count() == 1, "the mail %s went to %s", messageId,
                    copies);
            for (int i = 1; i < copies.size(); i++) {
                Instant first = copies.get(0).at();
                Instant repeated = copies.get(i).at();
                check(faults.unrecordedMails().stream()
                        .anyMatch(time -> time.from().isBefore(repeated) && time.to().isAfter(first)),
                        "the mail %s came at %s and again at %s, though nothing crashed in between", messageId, first,
                        repeated);
            }
        });
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
        return installation.broker.queues().stream().sorted(java.util.Comparator.comparing(Broker.QueueState::name))
                .toList();
    }
}
