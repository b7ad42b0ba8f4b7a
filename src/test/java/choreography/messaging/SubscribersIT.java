package choreography.messaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

import choreography.catalogue.BrokerXml;
import choreography.catalogue.MessageCatalogue.Message;
import choreography.catalogue.MessageCatalogue.Receiver;
import choreography.catalogue.Topology;
import choreography.testing.BrokerClient;
import choreography.testing.BrokerProcess;
import choreography.testing.Servers;
import choreography.testing.ServiceProcess;
import org.apache.camel.util.StringHelper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** A second service, shipping, subscribes to events that others hear already: each has its queue and dead letters. */
@ExtendWith(Servers.class)
@SuppressWarnings("try") // services only have to run
class SubscribersIT {

    private static final String THEIRS = "billing-user-created";
    private static final String OURS = "shipping-user-created";
    private static final List<String> HEARD = List.of("UserCreated", "OrderCreated", "OrderPayed");
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private static Path folder;
    private static Path project;
    private static BrokerProcess process;
    private static BrokerClient broker;
    private static FailingSiblings siblings;

    @BeforeAll
    static void startBroker() throws Exception {
        project = folder.resolve("project");
        FileSystemUtils.copyRecursively(Path.of("broker"), Files.createDirectories(project.resolve("broker")));
        configure(HEARD);
        process = new BrokerProcess(Files.createDirectories(folder.resolve("data")), project)
                .start("addressSettings.#.maxRedeliveryDelay=200").awaitStarted();
        broker = new BrokerClient(process.url());
        siblings = new FailingSiblings();
    }

    private static void configure(List<String> events) throws IOException {
        Files.writeString(project.resolve(BrokerXml.FILE), BrokerXml.of(Files.readString(BrokerXml.FILE),
                Topology.MESSAGES.stream().map(message -> events.contains(message.name()) ? withShipping(message)
                        : message).toList()));
    }

    private static Message withShipping(Message message) {
        String queue = "shipping-" + StringHelper.camelCaseToDash(message.name());
        return new Message(message.name(), message.kind(), message.schema(), message.senders(), Stream.concat(
                message.receivers().stream(), Stream.of(new Receiver("shipping", "shipping-x", queue,
                        DeadLetterQueue.of(queue)))).toList());
    }

    @AfterAll
    static void stopBroker() {
        siblings.close();
        broker.close();
        process.close();
    }

    @AfterEach
    void makeTheQueuesAgain() throws Exception {
        Map<String, Long> there = broker.messageCounts();
        for (String queue : List.of(THEIRS, OURS)) {
            if (!there.containsKey(queue)) {
                broker.create("UserCreated", queue);
            }
        }
        assertThat(broker.messageCounts().values()).as("left by a test").containsOnly(0L);
    }

    @Test
    void shouldGiveUpAMessageOfTheOneThatFailsAndReturnItToThatOneAlone() throws Exception {
        String id = known();
        siblings.failAt(id, 500);
        try (ServiceProcess ignored = start("billing")) {
            Map<String, Long> before = broker.messagesAdded();
            broker.send(broker.topic("UserCreated"), "{\"userId\":\"%s\"}".formatted(id), id, id);
            assertThat(broker.take("UserCreated::" + OURS).flow()).isEqualTo(id);
            await().atMost(SOON).until(() -> broker.messageCounts().get("DLQ." + THEIRS) == 1);

            siblings.failAtNone();
            assertThat(broker.retry("DLQ." + THEIRS)).isEqualTo(1);

            await().atMost(SOON).until(() -> siblings.calls(id) == 11 && broker.messageCounts().get(THEIRS) == 0);
            assertThat(broker.messagesAdded()).containsEntry(OURS, before.get(OURS) + 1)
                    .containsEntry("DLQ." + OURS, before.get("DLQ." + OURS));
        }
    }

    @Test
    void shouldKeepForTheOneFromWhomTheBrokerTookIt() throws Exception {
        broker.send(broker.topic("UserCreated"), "given up", "1", "2");

        broker.giveUp(THEIRS);

        assertThat(broker.messageCounts()).containsEntry("DLQ." + THEIRS, 1L).containsEntry("DLQ." + OURS, 0L)
                .containsEntry(OURS, 1L).containsEntry(THEIRS, 0L);
        assertThat(broker.retry("DLQ." + THEIRS)).isEqualTo(1);
        assertThat(broker.messageCounts()).containsEntry(THEIRS, 1L).containsEntry(OURS, 1L);
        takeFromBoth("given up");
    }

    @Test
    void shouldKeepForEachOneWhatFindsNoQueue() throws Exception {
        broker.delete(THEIRS);
        broker.delete(OURS);

        broker.send(broker.topic("UserCreated"), "kept", "1", "2");

        broker.create("UserCreated", THEIRS);
        broker.create("UserCreated", OURS);
        assertThat(broker.retry("DLQ." + THEIRS)).isEqualTo(1);
        assertThat(broker.messageCounts()).containsEntry(THEIRS, 1L).containsEntry(OURS, 0L);
        assertThat(broker.retry("DLQ." + OURS)).isEqualTo(1);
        takeFromBoth("kept");
    }

    /** The other queue takes the event, so that the broker does not notice. */
    @Test
    void shouldTellThatAQueueIsGoneAlsoIfItsServiceDoesNotRun() throws Exception {
        try (ServiceProcess users = start("user")) {
            broker.delete(THEIRS);

            await().atMost(SOON).until(() -> users.management().get("/observe/health/ready?exposureLevel=full").body(),
                    ready -> ready.contains("Somebody has deleted " + THEIRS) && ready.contains("DOWN"));
            assertThat(users.management().get("/observe/metrics").body()).contains("queues_missing 1.0");

            broker.create("UserCreated", THEIRS);
            users.awaitReady();
            assertThat(users.management().get("/observe/metrics").body()).contains("queues_missing 0.0");
        }
    }

    /** docs/add-a-service.md, "At a broker that runs". */
    @Test
    void shouldTakeInASubscriberAndLetItGoWhileItRuns() throws Exception {
        String queue = "shipping-bill-declined";
        broker.send(broker.topic("BillDeclined"), "before", "1", "2");

        configure(Stream.concat(HEARD.stream(), Stream.of("BillDeclined")).toList());
        await().atMost(SOON).until(() -> broker.messageCounts().containsKey(queue));
        broker.send(broker.topic("BillDeclined"), "meanwhile", "3", "4");
        broker.giveUp(queue);
        assertThat(broker.messageCounts()).containsEntry("DLQ." + queue, 1L);
        assertThat(broker.retry("DLQ." + queue)).isEqualTo(1);
        assertThat(broker.messageCounts()).containsEntry(queue, 1L).containsEntry("order-bill-declined", 2L);

        configure(Stream.concat(HEARD.stream(), Stream.of("BillPayed")).toList());
        await("it has read that").atMost(SOON).until(() -> broker.messageCounts().containsKey("shipping-bill-payed"));
        broker.send(broker.topic("BillDeclined"), "still", "5", "6");
        assertThat(broker.take("BillDeclined::" + queue).body()).isEqualTo("meanwhile");
        assertThat(broker.take("BillDeclined::" + queue).body()).isEqualTo("still");
        broker.delete(queue);
        broker.delete("DLQ." + queue);
        broker.send(broker.topic("BillDeclined"), "after", "7", "8");

        for (String body : List.of("before", "meanwhile", "still", "after")) {
            assertThat(broker.take("BillDeclined::order-bill-declined").body()).isEqualTo(body);
        }
        assertThat(broker.messageCounts()).doesNotContainKeys(queue, "DLQ." + queue);
    }

    private static void takeFromBoth(String body) {
        assertThat(broker.take("UserCreated::" + THEIRS).body()).isEqualTo(body);
        assertThat(broker.take("UserCreated::" + OURS).body()).isEqualTo(body);
    }

    private static ServiceProcess start(String service) {
        Map<String, String> settings = ServiceProcess.settings(service);
        settings.put("broker.url", process.url());
        for (String sibling : List.of("user", "order", "billing")) {
            settings.put(sibling + ".url", siblings.url());
        }
        settings.put("camel.beans.retries.longestMs", "200");
        return ServiceProcess.startWithArguments("subscribers-" + service, settings).awaitReady();
    }

    private static String known() {
        String id = UUID.randomUUID().toString();
        siblings.know(id);
        return id;
    }
}
