package choreography.faults;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiPredicate;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import choreography.contract.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

/**
 * Everything that was asked and answered, by whomever, with times. Afterwards the whole is compared with what orders,
 * accounts and answers may ever show. Who asked what at the same time may have been answered in any order.
 */
final class History {

    private static final Set<List<String>> LIVES_OF_AN_ORDER = Set.of(List.of("CREATED"), List.of("CREATED", "PAYED"),
            List.of("CREATED", "CANCELLED"), List.of("REJECTED"));
    private static final Set<Integer> FINAL = Set.of(201, 409, 422);
    private static final Set<Integer> FOUND_OR_NOT = Set.of(200, 404);

    /**
     * @param asked    what: {@code POST /order}, {@code GET /orders}
     * @param id       of the resource that it is about
     * @param document of the answer, if it has one
     */
    record Seen(Instant from, Instant to, String asked, String id, int status, String document) {

        /** It was answered when the other one was asked. */
        boolean isBefore(Seen other) {
            return !to.isAfter(other.from);
        }

        private JsonNode json() {
            try {
                return Json.mapper().readTree(document);
            } catch (JsonProcessingException e) {
                return Json.mapper().createObjectNode(); // of a proxy, or cut off: no invariant holds for it
            }
        }

        @Override
        public String toString() {
            return "%s/%s at %s: %d %s".formatted(asked, id, from, status, document);
        }
    }

    private final Queue<Seen> all = new ConcurrentLinkedQueue<>();

    void add(Seen seen) {
        all.add(seen);
    }

    int size() {
        return all.size();
    }

    /** @return everything that was seen and cannot be */
    List<String> violations() {
        List<String> violations = new ArrayList<>();
        for (String request : List.of("POST /register", "POST /order")) {
            by(request).forEach(posts -> compare(posts, History::isSameAnswer, "is answered otherwise", violations));
        }
        by("GET /orders").forEach(reads -> {
            checkEach(reads, History::isOrder, "is no order", violations);
            compare(reads, History::isLater, "has gone back", violations);
        });
        by("GET /accounts").forEach(reads -> {
            checkEach(reads, History::isAccount, "is no account", violations);
            compare(reads, History::hasAllEntries, "has lost entries", violations);
        });
        Map<String, Seen> made = all.stream().filter(seen -> seen.status() == 201)
                .collect(Collectors.toMap(Seen::id, seen -> seen,
                        BinaryOperator.minBy(Comparator.comparing(Seen::to))));
        all.stream().filter(seen -> seen.asked().matches("GET /(users|orders)") && seen.status() == 404)
                .filter(seen -> made.containsKey(seen.id()) && made.get(seen.id()).isBefore(seen))
                .forEach(seen -> violations.add("%s, though it was there: %s".formatted(seen, made.get(seen.id()))));
        return violations;
    }

    private Collection<List<Seen>> by(String asked) {
        return all.stream().filter(seen -> seen.asked().equals(asked))
                .collect(Collectors.groupingBy(Seen::id)).values();
    }

    /** Each with each that was asked later. */
    private static void compare(List<Seen> sameThing, BiPredicate<Seen, Seen> allowed, String otherwise,
            List<String> violations) {
        for (Seen first : sameThing) {
            sameThing.stream().filter(then -> first.isBefore(then) && !allowed.test(first, then)).findFirst()
                    .ifPresent(then -> violations.add("%s %s: %s".formatted(first, otherwise, then)));
        }
    }

    private static void checkEach(List<Seen> reads, Predicate<JsonNode> allowed, String otherwise,
            List<String> violations) {
        reads.stream().filter(read -> read.status() == 200 && !allowed.test(read.json())).findFirst()
                .ifPresent(read -> violations.add("%s %s".formatted(read, otherwise)));
    }

    private static boolean isSameAnswer(Seen first, Seen then) {
        return !FINAL.contains(first.status()) || !FINAL.contains(then.status())
                || first.status() == then.status() && first.document().equals(then.document());
    }

    private static boolean isOrder(JsonNode order) {
        List<String> life = texts(order.path("history"), "status");
        return LIVES_OF_AN_ORDER.contains(life) && order.path("status").asText().equals(life.get(life.size() - 1))
                && sum(order.path("lines")) == order.path("total").asLong();
    }

    /** The same order, whose history may have gone on. */
    private static boolean isLater(Seen first, Seen then) {
        if (!bothFound(first, then)) {
            return isStillThere(first, then);
        }
        JsonNode was = first.json();
        JsonNode is = then.json();
        List<JsonNode> before = elements(was.path("history"));
        List<JsonNode> after = elements(is.path("history"));
        return after.size() >= before.size() && after.subList(0, before.size()).equals(before)
                && List.of("orderId", "userId", "total", "currency", "lines", "customer").stream()
                        .allMatch(member -> was.path(member).equals(is.path(member)));
    }

    private static boolean isAccount(JsonNode account) {
        List<String> billed = texts(account.path("entries"), "orderId").stream().filter(id -> !id.isEmpty()).toList();
        return account.path("balance").asLong(-1) >= 0
                && sum(account.path("entries")) == account.path("balance").asLong()
                && new HashSet<>(billed).size() == billed.size();
    }

    private static boolean hasAllEntries(Seen first, Seen then) {
        return bothFound(first, then)
                ? elements(then.json().path("entries")).containsAll(elements(first.json().path("entries")))
                : isStillThere(first, then);
    }

    private static boolean bothFound(Seen first, Seen then) {
        return first.status() == 200 && then.status() == 200;
    }

    private static boolean isStillThere(Seen first, Seen then) {
        return first.status() != 200 || !FOUND_OR_NOT.contains(then.status());
    }

    private static List<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private static List<String> texts(JsonNode array, String member) {
        return elements(array).stream().map(element -> element.path(member).asText()).toList();
    }

    private static long sum(JsonNode amounts) {
        return elements(amounts).stream().mapToLong(each -> each.path("amount").asLong()).sum();
    }
}
