package choreography;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import choreography.sandbox.SandboxSettings;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Measures the order flow, mail included, on the system as {@code mvn compile camel:run} starts it: one JVM for all
 * services, the broker, PostgreSQL. The load comes from this JVM, on the same machine.
 *
 * <p>Closed loops (as many requests in flight as there are connections) show throughput, open loops (a request every
 * 1/rate seconds, counted from when it was due) show latency. Each row ends when every order is settled and its mail
 * sent; a row that lost or doubled anything ends the program with an error. Argument: {@code seconds=20} a row,
 * {@code warmup=10000} orders.
 */
public final class Bench {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int USERS = 200;

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<String> users = new ArrayList<>();
    private final Path data;
    private final SandboxSettings settings;
    private final int port;
    private final Process services;

    private Bench() throws Exception {
        data = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "bench");
        settings = SandboxSettings.onFreePorts(data);
        SandboxSettings more = SandboxSettings.onFreePorts(data);
        port = more.smtpPort();
        services = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-cp", classpath(), "choreography.Main",
                "--sandbox.data=" + data, "--sandbox.broker-port=" + settings.brokerPort(), "--sandbox.console-port=" + settings.consolePort(),
                "--sandbox.database-port=" + settings.databasePort(), "--sandbox.smtp-port=" + settings.smtpPort(),
                "--sandbox.mail-port=" + settings.mailPort(), "--http.port=" + port, "--management.port=" + more.mailPort(),
                "--billing.opening-credit=1000000000000")
                .redirectErrorStream(true).redirectOutput(data.resolve("services.log").toFile()).start();
        Runtime.getRuntime().addShutdownHook(new Thread(services::destroy));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.readString(data.resolve("services.log")).contains("Health ")) {
            if (System.nanoTime() > deadline || !services.isAlive()) {
                throw new IllegalStateException("The services do not start: " + Files.readString(data.resolve("services.log")));
            }
            Thread.sleep(100);
        }
    }

    private static String classpath() {
        return Bench.class.getClassLoader() instanceof URLClassLoader maven
                ? Arrays.stream(maven.getURLs()).map(url -> Path.of(URI.create(url.toString())).toString()).collect(Collectors.joining(File.pathSeparator))
                : System.getProperty("java.class.path");
    }

    /** What happened to the orders of one row: when each was asked for, by its id, in milliseconds since 1970. */
    private static final class Row {
        final Map<String, Long> askedAt = new ConcurrentHashMap<>();
        final Histogram answered = new ConcurrentHistogram(3);
        final AtomicLong refused = new AtomicLong();
    }

    public static void main(String... arguments) throws Exception {
        Map<String, Integer> options = new TreeMap<>(Map.of("seconds", 20, "warmup", 10_000));
        for (String argument : arguments) {
            options.put(argument.split("=")[0], Integer.valueOf(argument.split("=")[1]));
        }
        Bench bench = new Bench();
        bench.register();
        System.out.printf("%-18s %9s %9s %16s %28s   %s%n", "load", "accepted", "settled", "POST p50/p99 ms",
                "POST-settled p50/p99/max ms", "CPU ms an order: services/broker/database = all; memory MiB");
        bench.run("warm-up", options.get("warmup"), 64, 0, 600);
        bench.run("64 in flight", Integer.MAX_VALUE, 64, 0, options.get("seconds"));
        bench.run("500 in flight", Integer.MAX_VALUE, 500, 0, options.get("seconds"));
        bench.run("100 a second", Integer.MAX_VALUE, 64, 100, options.get("seconds"));
        bench.run("200 a second", Integer.MAX_VALUE, 64, 200, options.get("seconds"));
        System.exit(0);
    }

    private void register() throws Exception {
        for (int i = 0; i < USERS; i++) {
            var answer = post("/register", "{\"name\":\"Ada Lovelace\",\"email\":\"ada.%d@example.com\"}".formatted(i));
            users.add(JSON.readTree(answer.body()).path("userId").asText());
        }
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)).timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** @param rate of an open loop, requests a second; 0: a closed loop */
    private void run(String load, int orders, int connections, int rate, int seconds) throws Exception {
        Row row = new Row();
        long[] cpu = cpu();
        long start = System.nanoTime();
        long end = start + TimeUnit.SECONDS.toNanos(seconds);
        AtomicInteger next = new AtomicInteger();
        ExecutorService callers = Executors.newFixedThreadPool(rate > 0 ? 512 : connections);
        for (int caller = 0; caller < (rate > 0 ? 512 : connections); caller++) {
            callers.execute(() -> {
                for (int i = next.getAndIncrement(); i < orders; i = next.getAndIncrement()) {
                    long due = rate > 0 ? start + i * TimeUnit.SECONDS.toNanos(1) / rate : System.nanoTime();
                    if (due >= end) {
                        return;
                    }
                    order(i, due, row);
                }
            });
        }
        callers.shutdown();
        callers.awaitTermination(seconds + 60, TimeUnit.SECONDS);
        double asked = (System.nanoTime() - start) / 1e9;
        Histogram settled = settle(row, start);
        double all = (lastSettled - startMillis(start)) / 1e3;
        long[] used = cpu();
        int accepted = row.askedAt.size();
        System.out.printf("%-18s %7.0f/s %7.0f/s %7.1f %8.1f %10.0f %8.0f %8.0f   %.2f/%.2f/%.2f = %.2f; %s%s%n", load,
                accepted / asked, accepted / all, row.answered.getValueAtPercentile(50) / 1e3, row.answered.getValueAtPercentile(99) / 1e3,
                (double) settled.getValueAtPercentile(50), (double) settled.getValueAtPercentile(99), (double) settled.getMaxValue(),
                (used[0] - cpu[0]) / (double) accepted, (used[1] - cpu[1]) / (double) accepted, (used[2] - cpu[2]) / (double) accepted,
                (used[0] + used[1] + used[2] - cpu[0] - cpu[1] - cpu[2]) / (double) accepted, memory(),
                row.refused.get() > 0 ? "; not accepted: " + row.refused : "");
    }

    private void order(int number, long due, Row row) {
        try {
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                TimeUnit.NANOSECONDS.sleep(wait);
            }
            var answer = post("/order", "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"STICKER-1\",\"quantity\":1},{\"sku\":\"MUG-1\",\"quantity\":2}]}"
                    .formatted(users.get(number % USERS)));
            row.answered.recordValue((System.nanoTime() - due) / 1000);
            if (answer.statusCode() == 201 || answer.statusCode() == 202) {
                String location = answer.headers().firstValue("Location").orElseThrow();
                row.askedAt.put(location.substring(location.lastIndexOf('/') + 1), startMillis(due));
            } else {
                row.refused.incrementAndGet();
            }
        } catch (IOException | InterruptedException e) {
            row.refused.incrementAndGet();
        }
    }

    private static long startMillis(long nanoTime) {
        return System.currentTimeMillis() - (System.nanoTime() - nanoTime) / 1_000_000;
    }

    private long lastSettled;

    /** Waits until every order of the row is payed and mailed, checks the books, and says how long each took until its mail was sent. */
    private Histogram settle(Row row, long start) throws Exception {
        try (Connection database = DriverManager.getConnection("jdbc:postgresql://localhost:%d/choreography".formatted(settings.databasePort()), "postgres", "")) {
            long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
            while (number(database, "select count(*) from order_service.orders where status = 'CREATED'") > 0
                    || number(database, "select count(*) from order_service.orders") != number(database, "select count(*) from notification_service.mail where sent_at is not null")) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("Not every order is settled after five minutes");
                }
                Thread.sleep(100);
            }
            check(database, "orders without a bill, or bills without an order",
                    "select count(*) from order_service.orders o full join billing_service.bill b using (order_id) where b.order_id is null or o.order_id is null");
            check(database, "accounts that do not add up", """
                    select count(*) from billing_service.account a
                    where balance <> (select sum(amount) from billing_service.entry e where e.user_id = a.user_id)""");
            try (var files = Files.list(data.resolve("mail"))) {
                check("mails more or less than orders", files.filter(file -> file.toString().endsWith(".eml")).count()
                        - number(database, "select count(*) from order_service.orders"));
            }
            Histogram settled = new Histogram(3);
            int found = 0;
            lastSettled = 0;
            try (var statement = database.prepareStatement(
                    "select order_id::text, (extract(epoch from sent_at) * 1000)::bigint from notification_service.mail where claimed_at >= to_timestamp(?)")) {
                statement.setDouble(1, startMillis(start) / 1e3 - 1);
                ResultSet mails = statement.executeQuery();
                while (mails.next()) {
                    Long asked = row.askedAt.get(mails.getString(1));
                    if (asked != null) {
                        settled.recordValue(Math.max(0, mails.getLong(2) - asked));
                        lastSettled = Math.max(lastSettled, mails.getLong(2));
                        found++;
                    }
                }
            }
            check("accepted orders that were not settled", row.askedAt.size() - found);
            return settled;
        }
    }

    private static long number(Connection database, String query) throws Exception {
        try (var statement = database.createStatement(); ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getLong(1);
        }
    }

    private static void check(Connection database, String what, String query) throws Exception {
        check(what, number(database, query));
    }

    private static void check(String what, long violations) {
        if (violations != 0) {
            throw new IllegalStateException(violations + " " + what);
        }
    }

    /** CPU time used so far by services, broker and database, in milliseconds, from the operating system. */
    private long[] cpu() throws IOException {
        long postgres = 0;
        for (ProcessHandle process : postgres()) {
            try {
                postgres += cpu(process.pid(), process.pid() == postmaster());
            } catch (NoSuchFileException e) {
                // ended just now: counted with its parent
            }
        }
        return new long[] {cpu(services.pid(), false), cpu(broker(), false), postgres};
    }

    private static long cpu(long pid, boolean withEndedChildren) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        return 10 * (withEndedChildren ? ticks + Long.parseLong(fields[13]) + Long.parseLong(fields[14]) : ticks);
    }

    private String memory() throws IOException {
        long postgres = 0;
        for (ProcessHandle process : postgres()) {
            postgres += memory(process.pid(), "Pss");
        }
        return memory(services.pid(), "Rss") + "/" + memory(broker(), "Rss") + "/" + postgres;
    }

    private static long memory(long pid, String kind) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream().filter(line -> line.startsWith(kind + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum() / 1024;
    }

    private long broker() throws IOException {
        return Long.parseLong(Files.readAllLines(data.resolve("broker/broker.pid")).get(0).trim());
    }

    private long postmaster() throws IOException {
        return Long.parseLong(Files.readAllLines(data.resolve("postgres/postmaster.pid")).get(0).trim());
    }

    private List<ProcessHandle> postgres() throws IOException {
        ProcessHandle postmaster = ProcessHandle.of(postmaster()).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>(postmaster.children().toList());
        all.add(postmaster);
        return all;
    }
}
