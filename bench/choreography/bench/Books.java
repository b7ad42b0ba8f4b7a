package choreography.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import choreography.testing.DatabaseClient;
import choreography.testing.Promises;

/**
 * Database and mail folder of an installation: fills them, tells when something was settled, and checks that nothing
 * is lost or doubled.
 */
final class Books {

    static final long OPENING_CREDIT = 1_000_000_000_000L;
    private static final int ORDERS_A_USER = 20;
    private static final int PATIENCE_MINUTES = 5;
    private static final Pattern MESSAGE_ID = Pattern.compile("(?im)^Message-ID:\\s*<\\w+\\.([0-9a-f-]{36})@");

    /** What is asked for, and the query that tells which of some ids are settled, and when. */
    enum Flow {
        ORDER("/order",
                "select order_id, extract(epoch from sent_at) * 1000000 from notification_service.mail "
                        + "where order_id = any(?) and sent_at is not null"),
        /** When it ended: when that transaction began. */
        ORDER_WITHOUT_MAIL("/order",
                "select order_id, extract(epoch from (history -> -1 ->> 'at')::timestamptz) * 1000000 "
                        + "from order_service.orders where order_id = any(?) and status <> 'CREATED'"),
        REGISTER("/register",
        "select user_id, extract(epoch from opened_at) * 1000000 from billing_service.account where user_id = any(?)");

        final String path;
        final String settled;

        Flow(String path, String settled) {
            this.path = path;
            this.settled = settled;
        }
    }

    /** The database process that serves the benchmark. */
    final long backend;
    private final Connection database;
    private final Path mails;
    private final boolean mail;
    private String newestMail = "";
    private long orders;

    /** @param mail whether there is a notification service */
    Books(DatabaseClient client, Path mails, boolean mail) throws SQLException {
        this.mails = mails;
        this.mail = mail;
        database = client.connect();
        backend = number("select pg_backend_pid()");
        execute("set max_parallel_workers_per_gather = 0"); // their time would count as the services'
    }

    /** Adds that many settled orders: copies of one that is there. */
    void fill(int count) throws SQLException {
        String order = text("select order_id from order_service.orders limit 1");
        String user = text("select user_id from order_service.orders where order_id = '%s'".formatted(order));
        String ofOrder = "t.order_id = '%s'".formatted(order);
        String ofUser = "t.user_id = '%s'".formatted(user);
        int users = count / ORDERS_A_USER;
        String userId = "'user_id', md5('user ' || n %% %s)::uuid, ".formatted(users);
        String orderId = "'order_id', md5('order ' || n)::uuid, ";
        copy("user_service.users", ofUser, users, userId + "'email', 'ada.' || n || '@example.org'");
        copy("user_service.registration", ofUser, users, userId + "'look_at', null, 'request_id', gen_random_uuid()");
        copy("billing_service.account", ofUser, users,
                userId + "'balance', %s - %s * (select amount from billing_service.bill where order_id = '%s')"
                .formatted(OPENING_CREDIT, ORDERS_A_USER, order));
        copy("billing_service.entry", ofUser + " and t.order_id is null", users, userId + "'order_id', null");
        copy("order_service.orders", ofOrder, users * ORDERS_A_USER,
                userId + orderId + "'look_at', null, 'request_id', gen_random_uuid()");
        copy("billing_service.bill", ofOrder, users * ORDERS_A_USER, userId + orderId + "'reason', null");
        copy("billing_service.entry", ofOrder, users * ORDERS_A_USER, userId + orderId + "'amount', t.amount");
        if (mail) {
            copy("notification_service.mail", ofOrder, users * ORDERS_A_USER, orderId + "'message_id', 'order ' || n");
        }
        execute("vacuum analyze");
        execute("checkpoint");
        orders += users * ORDERS_A_USER;
    }

    private void copy(String table, String row, int times, String changes) throws SQLException {
        execute("""
                insert into %s overriding user value
                select copy.* from %s t, generate_series(1, %s) n, jsonb_populate_record(t, jsonb_build_object(%s))
                copy where %s
                """.formatted(table, table, times, changes, row));
    }

    String[] users() throws SQLException {
        return text("select coalesce(string_agg(user_id::text, ','), '') from user_service.users").split(",");
    }

    /** Waits until all are settled, and tells when each was, in microseconds since 1970. */
    Map<UUID, Long> awaitSettled(Flow flow, List<UUID> ids) throws Exception {
        // cheap to look for while the services are busy
        List<UUID> newest = ids.subList(Math.max(0, ids.size() - 100), ids.size());
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(PATIENCE_MINUTES);
        while (settled(flow, newest).size() < newest.size() || settled(flow, ids).size() < ids.size()) {
            require(System.nanoTime() < deadline, "Not everything is settled after " + PATIENCE_MINUTES + " minutes");
            Thread.sleep(50);
        }
        return settled(flow, ids);
    }

    private Map<UUID, Long> settled(Flow flow, List<UUID> ids) throws SQLException {
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

    /**
     * Checks everything that must hold when all is settled.
     *
     * @param accepted the orders since the last check
     * @param failed   how many more may have been made or not, because their request failed
     * @return when the mail about each order was in its mailbox, in microseconds since 1970; none without mail
     */
    Map<UUID, Long> check(List<UUID> accepted, long failed) throws SQLException, IOException {
        List<String> broken = Promises.broken(database, Promises.all().stream()
                .filter(promise -> mail || !promise.query().contains("notification_service")).toList());
        require(broken.isEmpty(), String.join("\n", broken));
        long made = number("select count(*) from order_service.orders") - orders;
        orders += made;
        require(made >= accepted.size() && made <= accepted.size() + failed,
                made + " orders were made of " + accepted.size() + " accepted ones");
        if (!mail) {
            return Map.of();
        }
        Map<UUID, Long> mailed = newMails();
        require(mailed.size() == made && mailed.keySet().containsAll(accepted),
                made + " orders were made, " + mailed.size() + " have a mail");
        return mailed;
    }

    private Map<UUID, Long> newMails() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(mails)) {
            files = all.filter(file -> file.getFileName().toString().compareTo(newestMail) > 0).sorted().toList();
        }
        Map<UUID, Long> mailed = new HashMap<>();
        for (Path file : files) {
            newestMail = file.getFileName().toString();
            Matcher id = MESSAGE_ID.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
            require(id.find(), file + " is not about an order");
            FileTime kept = (FileTime) Files.getAttribute(file, "unix:ctime");
            require(mailed.put(UUID.fromString(id.group(1)), kept.to(TimeUnit.MICROSECONDS)) == null,
                    "Two mails about order " + id.group(1));
        }
        return mailed;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    String text(String query) throws SQLException {
        return DatabaseClient.rows(database, query).get(0).get(0);
    }

    private long number(String query) throws SQLException {
        return Long.parseLong(text(query));
    }
}
