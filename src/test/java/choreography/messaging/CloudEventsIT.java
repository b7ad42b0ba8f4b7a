package choreography.messaging;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

import choreography.catalogue.MessageCatalogue;
import choreography.contract.Schemas;
import choreography.testing.Answer;
import choreography.testing.BrokerClient;
import choreography.testing.Caller;
import choreography.testing.OneProcess;
import choreography.testing.Servers;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import io.cloudevents.CloudEvent;
import io.cloudevents.SpecVersion;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.data.BytesCloudEventData;
import io.cloudevents.core.message.impl.BaseGenericBinaryMessageReaderImpl;
import io.cloudevents.core.v1.CloudEventV1;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSProducer;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** Every message of the running system is a CloudEvent to the CloudEvents SDK, read by a plain JMS client. */
@ExtendWith(OneProcess.class)
class CloudEventsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SchemaRegistry RELEASED =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12, builder -> builder
                    .schemaIdResolvers(ids -> ids.mapPrefix("https://order-choreography.example/schemas",
                            "classpath:released-schemas"))
                    .schemaRegistryConfig(SchemaRegistryConfig.builder().errorMessageKeyword("errorMessage").build()));

    private static List<MessageCatalogue.Message> catalogue;
    private static BrokerClient broker;
    private static JMSContext services;
    private static final List<Message> heard = new CopyOnWriteArrayList<>();

    private final Caller shop = OneProcess.services().caller();

    /** The SDK has no binding for JMS; this is one: attributes are properties that start with cloudEvents_. */
    private static final class JmsMessageReader extends BaseGenericBinaryMessageReaderImpl<String, String> {

        private static final String PREFIX = "cloudEvents_";
        private final Message message;

        JmsMessageReader(Message message) throws JMSException {
            super(SpecVersion.parse(message.getStringProperty(PREFIX + "specversion")),
                    BytesCloudEventData.wrap(((TextMessage) message).getText().getBytes(StandardCharsets.UTF_8)));
            this.message = message;
        }

        @Override
        protected boolean isContentTypeHeader(String key) {
            return key.equals(PREFIX + "datacontenttype");
        }

        @Override
        protected boolean isCloudEventsHeader(String key) {
            return key.startsWith(PREFIX);
        }

        @Override
        protected String toCloudEventsKey(String key) {
            return key.substring(PREFIX.length());
        }

        @Override
        protected String toCloudEventsValue(String value) {
            return value;
        }

        @Override
        protected void forEachHeader(BiConsumer<String, String> each) {
            properties(message).forEach(each);
        }
    }

    @BeforeAll
    static void listenToAllTopics() throws Exception {
        catalogue = MessageCatalogue.load().messages();
        broker = new BrokerClient(Servers.sandbox().brokerUrl());
        services = broker.session(JMSContext.AUTO_ACKNOWLEDGE);
        JMSContext subscriptions = broker.session(JMSContext.AUTO_ACKNOWLEDGE);
        for (MessageCatalogue.Message message : catalogue) {
            if (message.kind().equals("topic")) {
                subscriptions.createConsumer(subscriptions.createTopic(message.name())).setMessageListener(heard::add);
            }
        }
    }

    @AfterAll
    static void disconnect() {
        broker.close();
    }

    @Test
    void shouldSendEveryMessageAsACloudEvent() throws Exception {
        OffsetDateTime begin = OffsetDateTime.now().minusSeconds(1);
        List<Message> messages = new ArrayList<>(messagesOfAllKinds());
        Map<String, MessageCatalogue.Message> known = catalogue.stream()
                .collect(Collectors.toMap(MessageCatalogue.Message::name, message -> message));

        assertThat(messages.stream().map(message -> event(message).getType()).collect(Collectors.toSet()))
                .isEqualTo(known.keySet());
        for (Message message : messages) {
            CloudEvent event = event(message);
            assertThat(message.getJMSDestination().toString()).contains("[" + event.getType() + "]");
            assertThat(event.getSpecVersion()).isEqualTo(SpecVersion.V1);
            assertThat(event.getDataContentType()).isEqualTo("application/json");
            assertThat(known.get(event.getType()).senders()).extracting(sender -> "/" + sender.service())
                    .contains(event.getSource().toString());
            assertThat(event.getSubject()).isEqualTo(message.getJMSCorrelationID()).isEqualTo(idOfTheFlow(event));
            assertThat(event.getTime()).isBetween(begin, OffsetDateTime.now().plusSeconds(1));
            assertThat(event.getExtensionNames()).containsExactly("causationid");
            assertThat(event.getId()).as("derived from its cause and type").isEqualTo(UUID.nameUUIDFromBytes(
                    (event.getExtension("causationid") + event.getType()).getBytes(StandardCharsets.UTF_8)).toString());
            assertThat(new Schemas().read(event.getType(), event.getData().toBytes())).isNotEmpty();
            assertFitsTheLastRelease(event);
        }
    }

    @Test
    void shouldSendTheSameEventsWhenACommandComesTwice() throws Exception {
        String user = UUID.randomUUID().toString();
        String order = UUID.randomUUID().toString();
        CloudEvent register = command("RegistrationRequested", user,
                "{\"userId\":\"%s\",\"name\":\"Ada Lovelace\",\"email\":\"%1$s@example.com\"}".formatted(user));
        CloudEvent place = command("OrderRequested", order,
                "{\"orderId\":\"%s\",\"userId\":\"%s\",\"lines\":[{\"sku\":\"BOOK-1\",\"quantity\":1}]}".formatted(
                        order, user));

        for (CloudEvent command : List.of(register, register, place, place)) {
            send(command);
            await().atMost(Duration.ofSeconds(20)).until(() -> heard.stream()
                    .anyMatch(message -> command.getId().equals(event(message).getExtension("causationid"))));
        }

        for (String type : List.of("UserCreated", "OrderCreated", "BillPayed", "OrderPayed")) {
            String flow = type.equals("UserCreated") ? user : order;
            await(type).atMost(Duration.ofSeconds(20)).until(() -> heard(flow, type).size() == 2);
            CloudEvent first = event(heard(flow, type).get(0));
            CloudEvent again = event(heard(flow, type).get(1));
            assertThat(again.getId()).isEqualTo(first.getId());
            assertThat(again.getSource()).isEqualTo(first.getSource());
            assertThat(again.getData()).isEqualTo(first.getData());
            assertThat(again.getExtension("causationid")).isEqualTo(first.getExtension("causationid"));
        }
        assertThat(event(heard(user, "UserCreated").get(0)).getId())
                .isEqualTo(UUID.nameUUIDFromBytes((register.getId() + "UserCreated").getBytes(StandardCharsets.UTF_8))
                .toString());
    }

    @Test
    void shouldShowTheAsyncApiDocumentAndTheSchemasBesideIt() throws Exception {
        Answer answer = shop.get("/asyncapi.yaml");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/yaml");
        assertThat(answer.body()).isEqualTo(Files.readString(Path.of("src/main/resources/asyncapi.yaml")));
        for (MessageCatalogue.Message message : catalogue) {
            assertThat(shop.get("/schemas/" + message.name() + ".json").json()).isEqualTo(message.schema());
        }
    }

    /** Plays both flows with every outcome, and looks into each queue while its consumers stand still. */
    private List<Message> messagesOfAllKinds() throws Exception {
        List<Message> messages = new ArrayList<>();
        String ada = "{\"name\":\"Ada Lovelace\",\"email\":\"%s@example.com\"}".formatted(UUID.randomUUID());

        broker.pause("RegistrationRequested");
        CompletableFuture<Answer> registration = shop.postLater("/register", ada);
        messages.add(look("RegistrationRequested"));
        broker.resume("RegistrationRequested");
        String user = registration.get().field("userId");

        broker.pause("OrderRequested");
        broker.pause("BillingRequested");
        CompletableFuture<Answer> order = shop.postLater("/order", order(user, "BOOK-1", 1));
        messages.add(look("OrderRequested"));
        broker.resume("OrderRequested");
        messages.add(look("BillingRequested"));
        broker.resume("BillingRequested");

        List<String> flows = List.of(user, order.get().field("orderId"), shop.post("/order", order(user, "SADDLE-1", 2))
                .field("orderId"));
        assertThat(shop.post("/register", ada).status()).isEqualTo(409);
        assertThat(shop.post("/order", order(user, "UNKNOWN-1", 1)).status()).isEqualTo(422);
        String key = UUID.randomUUID().toString();
        assertThat(shop.post("/order", order(user, "MUG-1", 1), "Idempotency-Key", key).status()).isEqualTo(201);
        assertThat(shop.post("/order", order(user, "MUG-1", 2), "Idempotency-Key", key).status()).isEqualTo(422);
        await().atMost(Duration.ofSeconds(20)).until(() ->
                !heard(flows.get(1), "OrderPayed").isEmpty() && !heard(flows.get(2), "OrderCancelled").isEmpty());
        messages.addAll(heard);
        return messages;
    }

    private static String order(String user, String sku, int quantity) {
        return "{\"userId\":\"%s\",\"lines\":[{\"sku\":\"%s\",\"quantity\":%d}]}".formatted(user, sku, quantity);
    }

    private static Message look(String queue) throws Exception {
        await(queue).atMost(Duration.ofSeconds(5)).until(() -> !broker.messages(queue).isEmpty());
        return broker.messages(queue).get(0);
    }

    private static CloudEvent command(String type, String subject, String body) {
        return CloudEventBuilder.v1().withId(UUID.randomUUID().toString()).withSource(URI.create("/test"))
                .withType(type)
                .withSubject(subject).withDataContentType("application/json")
                .withData(body.getBytes(StandardCharsets.UTF_8)).build();
    }

    private static void send(CloudEvent event) {
        JMSProducer producer = services.createProducer().setJMSCorrelationID(event.getSubject())
                .setProperty("cloudEvents_specversion", event.getSpecVersion().toString());
        event.getAttributeNames().stream()
                .filter(name -> event.getAttribute(name) != null && !name.equals(CloudEventV1.SPECVERSION))
                .forEach(name -> producer.setProperty("cloudEvents_" + name, event.getAttribute(name).toString()));
        producer.send(services.createQueue(event.getType()),
                new String(event.getData().toBytes(), StandardCharsets.UTF_8));
    }

    private static List<Message> heard(String flow, String type) {
        return heard.stream()
                .filter(message -> event(message).getType().equals(type) && flow.equals(event(message).getSubject()))
                .toList();
    }

    private static CloudEvent event(Message message) {
        try {
            return new JmsMessageReader(message).toEvent();
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> properties(Message message) {
        try {
            Map<String, String> properties = new TreeMap<>();
            for (Enumeration<?> names = message.getPropertyNames(); names.hasMoreElements();) {
                String name = (String) names.nextElement();
                properties.put(name, message.getStringProperty(name));
            }
            return properties;
        } catch (JMSException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String idOfTheFlow(CloudEvent event) throws Exception {
        JsonNode body = JSON.readTree(event.getData().toBytes());
        if (body.has("requestId")) {
            assertThat(body.path("requestId").asText()).isEqualTo(event.getExtension("causationid"));
            return event.getSubject(); // the id of what another request has made
        }
        return body.path(body.has("orderId") ? "orderId" : "userId").asText();
    }

    /** What is added to a message is released first, so that all consumers know it, and sent a release later. */
    private static void assertFitsTheLastRelease(CloudEvent event) throws Exception {
        String schema = "released-schemas/" + event.getType() + ".json";
        if (CloudEventsIT.class.getClassLoader().getResource(schema) != null) {
            assertThat(RELEASED.getSchema(SchemaLocation.of("https://order-choreography.example/schemas/"
                    + event.getType() + ".json"))
                    .validate(JSON.readTree(event.getData().toBytes())))
                    .as("A consumer of the last release would park this %s: release its schema first, send it a "
                            + "release later "
                            + "(docs/messages.md, How to evolve a message)", event.getType())
                    .isEmpty();
        }
    }
}
