package choreography;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What an installation has in its database and mail folder: fills it, waits until all is settled, checks that nothing is lost or doubled. */
final class Books {

    static final long OPENING_CREDIT = 1_000_000_000_000L;
    private static final Pattern MESSAGE_ID = Pattern.compile("(?im)^Message-ID:\\s*<\\w+\\.([0-9a-f-]{36})@");
    private static final int PATIENCE_MINUTES = 5;

    /** What is asked for, and the query that tells when each of some ids was settled. */
    enum Flow {
        ORDER("/order", "select order_id, extract(epoch from sent_at) * 1000000 from notification_service.mail where order_id = any(?) and sent_at is not null"),
        REGISTER("/register", "select user_id, extract(epoch from opened_at) * 1000000 from billing_service.account where user_id = any(?)");

        final String path;
        final String settled;

        Flow(String path, String settled) {
            this.path = path;
            this.settled = settled;
        }
    }

    /** Each query counts what must not be. */
    private static final Map<String, String> NEVER = Map.of(
            "orders not settled",
            "select count(*) from order_service.orders where status not in ('PAYED', 'CANCELLED')",
            "orders without a bill, or bills without an order",
            "select count(*) from order_service.orders o full join billing_service.bill b using (order_id) where b.order_id is null or o.order_id is null",
            "bills that are payed and not debited, or debits without a bill",
            "select count(*) from billing_service.bill b full join billing_service.entry e using (order_id) "
                    + "where e.amount is distinct from -b.amount and (b.verdict = 'PAYED' or e.order_id is not null)",
            "orders without a sent mail, or mails without an order",
            "select count(*) from order_service.orders o full join notification_service.mail m using (order_id) where o.order_id is null or m.sent_at is null",
            "users without an account, or accounts without a user",
            "select count(*) from user_service.users u full join billing_service.account a using (user_id) where u.user_id is null or a.user_id is null",
            "accounts that do not add up",
            "select count(*) from billing_service.account a full join (select user_id, sum(amount) as sum from billing_service.entry group by 1) e "
                    + "using (user_id) where balance is distinct from sum");

    /** Copies of what one order left behind: each statement fills one table. */
    private static final List<String> FILL = List.of("""
            insert into user_service.users
            select copy.* from user_service.users u, generate_series(1, :users) n, jsonb_populate_record(u, jsonb_build_object(
                'user_id', md5('user ' || n)::uuid, 'email', 'ada.' || n || '@example.org')) copy
            where u.user_id = :user""", """
            insert into user_service.registration
            select copy.* from user_service.registration r, generate_series(1, :users) n, jsonb_populate_record(r, jsonb_build_object(
                'user_id', md5('user ' || n)::uuid, 'request_id', gen_random_uuid())) copy
            where r.user_id = :user""", """
            insert into order_service.orders
            select copy.* from order_service.orders o, generate_series(1, :orders) n, jsonb_populate_record(o, jsonb_build_object(
                'order_id', md5('order ' || n)::uuid, 'request_id', gen_random_uuid(), 'user_id', md5('user ' || n % :users + 1)::uuid)) copy
            where o.order_id = :order""", """
            insert into billing_service.account
            select copy.* from billing_service.account a, generate_series(1, :users) n, jsonb_populate_record(a, jsonb_build_object(
                'user_id', md5('user ' || n)::uuid, 'balance', :credit - (
                    select total from order_service.orders where order_id = :order) * (:orders / :users))) copy
            where a.user_id = :user""", """
            insert into billing_service.bill
            select copy.* from billing_service.bill b, generate_series(1, :orders) n, jsonb_populate_record(b, jsonb_build_object(
                'order_id', md5('order ' || n)::uuid, 'user_id', md5('user ' || n % :users + 1)::uuid)) copy
            where b.order_id = :order""", """
            insert into billing_service.entry (user_id, order_id, amount)
            select md5('user ' || n)::uuid, null, :credit from generate_series(1, :users) n
            union all
            select user_id, order_id, -amount from billing_service.bill
            where order_id in (select md5('order ' || n)::uuid from generate_series(1, :orders) n)""", """
            insert into notification_service.mail
            select copy.* from notification_service.mail m, generate_series(1, :orders) n, jsonb_populate_record(m, jsonb_build_object(
                'order_id', md5('order ' || n)::uuid, 'message_id', replace(m.message_id, m.order_id::text, md5('order ' || n)::uuid::text))) copy
            where m.order_id = :order""", "vacuum analyze", "checkpoint");

    private final Connection database;
    private final Path mails;
    private String newestMail = "";
    private long orders;
    /** The database process that answers the benchmark. */
    final long backend;

    Books(Installation installation) throws SQLException {
        database = DriverManager.getConnection("jdbc:postgresql://localhost:%d/choreography".formatted(installation.databasePort), "postgres", "");
        mails = installation.data.resolve("mail");
        backend = number("select pg_backend_pid()");
        database.createStatement().execute("set max_parallel_workers_per_gather = 0"); // they would be counted as the services'
    }

    /** Adds that many settled orders, of a twentieth as many users: copies of one that is there. */
    void fill(int count) throws SQLException {
        String order = text("select order_id from order_service.orders limit 1");
        String user = text("select user_id from order_service.orders where order_id = '%s'".formatted(order));
        for (String statement : FILL) {
            database.createStatement().execute(statement.replace(":orders", "" + count).replace(":users", "" + count / 20)
                    .replace(":order", "'" + order + "'").replace(":user", "'" + user + "'").replace(":credit", "" + OPENING_CREDIT));
        }
        orders += count;
    }

    List<String> users() throws SQLException {
        List<String> users = new ArrayList<>();
        try (ResultSet found = database.createStatement().executeQuery("select user_id from user_service.users order by user_id")) {
            while (found.next()) {
                users.add(found.getString(1));
            }
        }
        return users;
    }

    /**
     * Waits until everything is settled, and tells when each of what was accepted was, in microseconds since 1970. An order is settled when its mail
     * is both in the customer's mailbox and marked as sent.
     */
    Map<UUID, Long> settled(Flow flow, Collection<UUID> accepted) throws Exception {
        List<UUID> ids = List.copyOf(accepted);
        List<UUID> newest = ids.subList(Math.max(0, ids.size() - 100), ids.size()); // cheap to look for while the rest is at work
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(PATIENCE_MINUTES);
        while (find(flow, newest).size() < newest.size() || find(flow, ids).size() < ids.size()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("Not everything accepted is settled after " + PATIENCE_MINUTES + " minutes");
            }
            Thread.sleep(50);
        }
        return find(flow, ids);
    }

    private Map<UUID, Long> find(Flow flow, List<UUID> ids) throws SQLException {
        Map<UUID, Long> settled = new HashMap<>();
        try (var query = database.prepareStatement(flow.settled)) {
            query.setArray(1, database.createArrayOf("uuid", ids.toArray()));
            ResultSet found = query.executeQuery();
            while (found.next()) {
                settled.put(found.getObject(1, UUID.class), found.getLong(2));
            }
        }
        return settled;
    }

    /** Adds to each settled order when its mail was in the mailbox, if that was later, and checks everything that must hold. */
    void check(LoadClient.Outcome outcome, Map<UUID, Long> settled, Flow flow) throws Exception {
        for (var never : NEVER.entrySet()) {
            require(number(never.getValue()) == 0, number(never.getValue()) + " " + never.getKey());
        }
        long before = orders;
        orders = number("select count(*) from order_service.orders");
        long made = orders - before;
        long asked = flow == Flow.ORDER ? outcome.accepted.size() : 0;
        long failed = outcome.errors.values().stream().mapToInt(Integer::intValue).sum();
        require(made >= asked && made <= asked + failed, made + " orders were made of " + asked + " accepted ones");
        Map<UUID, Long> kept = newMails();
        require(kept.size() == made, kept.size() + " orders have a mail of " + made);
        if (flow == Flow.ORDER) {
            require(kept.keySet().containsAll(outcome.accepted.keySet()), "Accepted orders have no mail");
            settled.replaceAll((order, sent) -> Math.max(sent, kept.get(order)));
        }
    }

    /** When each mail since the last call was in its mailbox, by order. */
    private Map<UUID, Long> newMails() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(mails)) {
            files = all.filter(file -> file.getFileName().toString().compareTo(newestMail) > 0).sorted().toList();
        }
        Map<UUID, Long> kept = new HashMap<>();
        for (Path file : files) {
            newestMail = file.getFileName().toString();
            Matcher id = MESSAGE_ID.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            require(id.find(), file + " is no mail about an order");
            FileTime time = (FileTime) Files.getAttribute(file, "unix:ctime");
            require(kept.put(UUID.fromString(id.group(1)), time.to(TimeUnit.MICROSECONDS)) == null, "Two mails about order " + id.group(1));
        }
        return kept;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    String text(String query) throws SQLException {
        try (ResultSet result = database.createStatement().executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }

    private long number(String query) throws SQLException {
        return Long.parseLong(text(query));
    }
}
