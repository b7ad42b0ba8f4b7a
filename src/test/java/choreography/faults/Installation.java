package choreography.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import choreography.catalogue.Topology;
import choreography.sandbox.SandboxSettings;
import choreography.testing.FreePorts;
import choreography.testing.ServiceProcess;

/**
 * Everything that can be hurt: broker, database, mailbox, and two replicas of each service, each a process of its own.
 */
final class Installation implements AutoCloseable {

    /** All services in two processes, as the constructor takes them. */
    static final String IN_TWO = "gateway,user " + Topology.allBut("gateway", "user");
    /** Shorter than the attempts: what is asked for too early must do no harm. */
    private static final String STUCK_AFTER_MS = "10000";
    private static final String NEVER_MS = "86400000";

    final Broker broker;
    final Database database;
    final Mailbox mailbox = new Mailbox();
    final Map<String, Lookups> lookups = new TreeMap<>();
    /** Of the second replicas alone. */
    final Lookups ordersOfSecond = new Lookups();
    final List<ServiceJvm> services = new ArrayList<>();

    /**
     * @param processes            which services share a JVM, for example
     * {@code "gateway,user order billing,notification"}
     * @param maxRedeliveryDelayMs of the broker, and of lookups that fail
     */
    Installation(Path folder, String processes, int maxRedeliveryDelayMs) throws Exception {
        SandboxSettings ports = FreePorts.forSandbox(folder);
        broker = new Broker(folder.resolve("broker"), maxRedeliveryDelayMs);
        database = new Database(ports);
        for (String service : Topology.consumingServices()) {
            lookups.put(service, new Lookups());
        }
        for (String replica : List.of("1", "2")) {
            for (Map<String, String> process : ServiceProcess.settings(ports, processes.split(" "))) {
                process.putAll(settings());
                process.put("camel.beans.retries.longestMs", "" + maxRedeliveryDelayMs);
                if (replica.equals("2")) {
                    process.put("order.url", ordersOfSecond.url());
                }
                services.add(new ServiceJvm(folder.resolve(process.get("services").replace(',', '-') + "-" + replica),
                        process));
            }
        }
        setReminders(true);
        lookups.forEach((service, lookup) -> lookup.setReplicas(urls(service)));
        ordersOfSecond.setReplicas(List.of(URI.create(lookups.get("order").url())));
        Runtime.getRuntime().addShutdownHook(new Thread(this::killAll));
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("broker.url", broker.url());
        settings.put("database.url", database.url());
        settings.put("smtp.port", Integer.toString(mailbox.port()));
        settings.put("gateway.reply-timeout-ms", "2000");
        settings.put("order.check-interval-ms", "1000");
        settings.put("user.check-interval-ms", "1000");
        settings.put("notification.retry-after-ms", "1000");
        lookups.forEach((service, lookup) -> settings.put(service + ".url", lookup.url()));
        return settings;
    }

    void start() throws Exception {
        mailbox.open();
        broker.start();
        services.forEach(ServiceJvm::start);
        database.start();
        broker.awaitStarted();
        awaitReady();
    }

    void awaitReady() {
        services.forEach(ServiceJvm::awaitReady);
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

    /** How often the services have told this so far. */
    int noticed(String text) {
        return services.stream().mapToInt(service -> service.log().split(Pattern.quote(text), -1).length - 1).sum();
    }

    /** From the next start: @param wanted whether the services ask again for what does not come to its end */
    void setReminders(boolean wanted) {
        String after = wanted ? STUCK_AFTER_MS : NEVER_MS;
        services.forEach(service ->
                service.set(Map.of("order.stuck-after-ms", after, "user.stuck-after-ms", after)));
    }

    void restartServices() {
        for (ServiceJvm service : services) {
            service.close();
            service.start();
        }
        awaitReady();
    }

    /** How often those services that live have asked again. */
    long reminders() throws IOException, InterruptedException {
        double sum = 0;
        for (ServiceJvm service : services) {
            sum += service.observe("metrics").lines().filter(line -> line.matches("\\w+_reminded_total[ {].*"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceFirst(".* ", ""))).sum();
        }
        return (long) sum;
    }

    long copies() throws IOException {
        long sum = 0;
        for (ServiceJvm service : services) {
            sum += service.copies();
        }
        return sum;
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
