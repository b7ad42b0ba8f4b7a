package choreography.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import choreography.catalogue.Topology;

import static org.awaitility.Awaitility.await;

/**
 * Everything that can be hurt: broker, database, mailbox, and two replicas of each service, each a process of its own.
 */
final class Installation implements AutoCloseable {

    /** Shorter than the attempts: what is asked for too early must do no harm. */
    static final Duration STUCK_AFTER = Duration.ofSeconds(10);

    final Broker broker;
    final Database database;
    final Mailbox mailbox = new Mailbox();
    final Map<String, Lookups> lookups = new TreeMap<>();
    /** Of the second replicas alone. */
    final Lookups ordersOfSecond = new Lookups();
    final List<ServiceJvm> services = new ArrayList<>();
    private final Path folder;

    /**
     * @param processes            which services share a JVM, for example
     * {@code "gateway,user order billing,notification"}
     * @param maxRedeliveryDelayMs of the broker
     */
    Installation(Path folder, String processes, int maxRedeliveryDelayMs) throws Exception {
        this.folder = folder;
        broker = new Broker(Files.createDirectories(folder), maxRedeliveryDelayMs);
        database = new Database(folder.resolve("postgres"));
        for (String service : Topology.consumingServices()) {
            lookups.put(service, new Lookups());
        }
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("broker.url", broker.url());
        settings.put("database.url", database.url());
        settings.put("smtp.port", Integer.toString(mailbox.port()));
        settings.put("gateway.reply-timeout-ms", "2000");
        settings.put("order.stuck-after-ms", "" + STUCK_AFTER.toMillis());
        settings.put("order.check-interval-ms", "1000");
        settings.put("user.stuck-after-ms", "" + STUCK_AFTER.toMillis());
        settings.put("user.check-interval-ms", "1000");
        settings.put("notification.retry-after-ms", "1000");
        lookups.forEach((service, lookup) -> settings.put(service + ".url", lookup.url()));
        for (String replica : List.of("1", "2")) {
            if (replica.equals("2")) {
                settings.put("order.url", ordersOfSecond.url());
            }
            for (String process : processes.split(" ")) {
                services.add(new ServiceJvm(process, folder.resolve(process.replace(',', '-') + "-" + replica),
                        settings));
            }
        }
        lookups.forEach((service, lookup) -> lookup.setReplicas(urls(service)));
        ordersOfSecond.setReplicas(List.of(URI.create(lookups.get("order").url())));
        Runtime.getRuntime().addShutdownHook(new Thread(this::killAll));
    }

    void start() throws Exception {
        mailbox.open();
        broker.start();
        for (ServiceJvm service : services) {
            service.start();
        }
        database.create();
        broker.awaitStarted();
        awaitReady();
    }

    void awaitReady() {
        for (ServiceJvm service : services) {
            await(service + " is ready, see " + folder).atMost(Duration.ofSeconds(120))
                    .failFast(() -> !service.isAlive()).until(service::isReady);
        }
    }

    boolean isReady() {
        return services.stream().allMatch(ServiceJvm::isReady);
    }

    List<ServiceJvm> replicas(String service) {
        return services.stream().filter(jvm -> jvm.runs(service)).toList();
    }

    List<URI> urls(String service) {
        return replicas(service).stream().map(ServiceJvm::url).toList();
    }

    long redelivered() throws IOException {
        long sum = 0;
        for (ServiceJvm service : services) {
            sum += service.redelivered();
        }
        return sum;
    }

    @Override
    public void close() throws IOException {
        killAll();
        lookups.values().forEach(Lookups::close);
        ordersOfSecond.close();
        mailbox.close();
    }

    private void killAll() {
        services.forEach(ServiceJvm::kill);
        broker.kill();
        try {
            database.kill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
