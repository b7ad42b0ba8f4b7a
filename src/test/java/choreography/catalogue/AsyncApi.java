package choreography.catalogue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import choreography.catalogue.MessageCatalogue.Message;
import choreography.catalogue.MessageCatalogue.Receiver;
import choreography.catalogue.RouteModel.Publishes;
import choreography.messaging.CloudEvents;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;

/** Writes the message catalogue as an AsyncAPI document. */
final class AsyncApi {

    private static final String ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    private static final String EXAMPLE_CAUSE = "5b2c9a1e-5a6d-3f0e-8c53-0f6a2e7d4b10";
    private static final YAMLMapper YAML = new YAMLMapper(YAMLFactory.builder().stringQuotingChecker(new QuotedTimes())
            .enable(Feature.MINIMIZE_QUOTES).enable(Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .disable(Feature.WRITE_DOC_START_MARKER).disable(Feature.SPLIT_LINES).build());

    /** A time is a string here and must not become a timestamp of YAML. */
    private static final class QuotedTimes extends StringQuotingChecker.Default {
        @Override
        public boolean needToQuoteValue(String value) {
            return value.matches("\\d{4}-.*Z") || super.needToQuoteValue(value);
        }
    }

    private final ObjectNode document = YAML.createObjectNode();
    private final MessageCatalogue catalogue;

    private AsyncApi(MessageCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** @return the document, YAML; its schemas are in the folder {@code schemas} beside it */
    static String of(MessageCatalogue catalogue) throws Exception {
        AsyncApi api = new AsyncApi(catalogue);
        api.addHead();
        for (Message message : catalogue.messages()) {
            api.addMessage(message);
        }
        catalogue.deadLetterQueues().forEach((queue, messages) -> api.addChannel(queue, "queue", messages)
                .put("description",
                "What its consumer cannot read, with the reason, or could not process after its last attempt"));
        return "# Generated from the routes and the schemas: mvn -q test -Dtest=MessageCatalogueTest -Dupdate-docs\n"
                + YAML.writeValueAsString(api.document);
    }

    private void addHead() {
        document.put("asyncapi", "3.0.0");
        ObjectNode info = document.putObject("info");
        info.put("title", "Order choreography").put("version", "1.0");
        info.put("description", """
                Five services that settle registrations and orders by messages. Every message is JSON and a CloudEvent \
                1.0, whose attributes are JMS properties. Each operation has the service as its tag, the Camel route \
                that does it as x-route and, if it receives, the queue it receives from (x-queue; without one: a \
                subscription of its own, as long as the service runs) \
                and the queue for what fails (x-dead-letter-queue).""");
        info.putObject("license").put("name", "Apache-2.0").put("url", "https://www.apache.org/licenses/LICENSE-2.0");
        document.put("defaultContentType", "application/json");
        ObjectNode broker = document.putObject("servers").putObject("broker");
        broker.put("host", "localhost:61616").put("protocol", "jms").put("protocolVersion", "3.1");
        broker.put("description", "ActiveMQ Artemis; a Jakarta Messaging client of it (CORE protocol)");
        broker.putArray("security").addObject().put("type", "userPassword");
        document.putObject("channels");
        document.putObject("operations");
        ObjectNode components = document.putObject("components");
        components.putObject("messages");
        ObjectNode trait = components.putObject("messageTraits").putObject("CloudEvent");
        trait.put("contentType", "application/json");
        trait.set("headers", properties());
        trait.putObject("correlationId")
                .put("description", "Id of the registration or order: the same in all messages of one flow")
                .put("location", "$message.header#/JMSCorrelationID");
        ObjectNode jms = trait.putObject("bindings").putObject("jms").put("bindingVersion", "0.0.1");
        text(jms.putObject("headers").put("type", "object").putObject("properties"), "JMSCorrelationID",
                "Equals cloudEvents_subject");
    }

    /** The schema of the JMS properties of every message. */
    static ObjectNode properties() {
        ObjectNode schema = YAML.createObjectNode();
        schema.put("type", "object").put("description", "JMS properties of every message");
        schema.set("required",
                YAML.valueToTree(List.of("cloudEvents_specversion", "cloudEvents_id", "cloudEvents_type",
                "cloudEvents_source",
                "cloudEvents_subject", "cloudEvents_time", "cloudEvents_datacontenttype", "cloudEvents_causationid")));
        ObjectNode properties = schema.putObject("properties");
        text(properties, "cloudEvents_specversion", "Version of CloudEvents").put("const", "1.0");
        text(properties, "cloudEvents_id", "Derived from the message or request that caused it and the type: "
                + "who sees the same id again sees a repeat").put("format", "uuid").put("pattern", "^" + ID + "$");
        text(properties, "cloudEvents_type", "Name of the message");
        text(properties, "cloudEvents_source", "The service that sent it").put("format", "uri-reference");
        text(properties, "cloudEvents_subject", "Id of the user or order that it is about").put("format", "uuid")
                .put("pattern", "^" + ID + "$");
        text(properties, "cloudEvents_time", "When it was sent (UTC); a repeat has its own").put("format", "date-time");
        text(properties, "cloudEvents_datacontenttype", "Media type of the body").put("const", "application/json");
        text(properties, "cloudEvents_causationid", "Id of the message or request that caused it")
                .put("format", "uuid").put("pattern", "^" + ID + "$");
        text(properties, "gateway",
                "The gateway replica whose caller waits for the outcome: copied from message to message");
        text(properties, "traceparent", "W3C trace context, if the services are traced; none of a caller")
                .put("pattern", "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$");
        text(properties, "reason", "Only in a dead-letter queue, if it could not be read: what is wrong with it");
        return schema;
    }

    private static ObjectNode text(ObjectNode properties, String name, String description) {
        return properties.putObject(name).put("type", "string").put("description", description);
    }

    private void addMessage(Message message) throws Exception {
        String name = message.name();
        addChannel(name, message.kind(), List.of(name))
                .put("description", message.schema().path("description").asText());

        ObjectNode node = ((ObjectNode) document.at("/components/messages")).putObject(name);
        node.put("name", name).put("title", name).put("summary", message.schema().path("description").asText());
        node.putObject("payload").put("$ref", "schemas/" + name + ".json");
        ObjectNode properties = node.putObject("headers").put("type", "object").putObject("properties");
        properties.putObject("cloudEvents_type").put("const", name);
        List<String> sources = message.senders().stream().map(sender -> "/" + sender.service()).distinct().toList();
        if (!sources.isEmpty()) {
            properties.putObject("cloudEvents_source").set("enum", YAML.valueToTree(sources));
        }
        node.putArray("traits").addObject().put("$ref", "#/components/messageTraits/CloudEvent");
        ArrayNode examples = node.putArray("examples");
        for (JsonNode body : message.schema().path("examples")) {
            ObjectNode example = examples.addObject().put("name", name);
            example.set("headers", exampleProperties(name, sources.isEmpty() ? "/" : sources.get(0), body));
            example.set("payload", body);
        }

        Map<String, List<Publishes>> senders = message.senders().stream()
                .collect(Collectors.groupingBy(Publishes::service, TreeMap::new, Collectors.toList()));
        senders.forEach((service, steps) -> addOperation(service, "send", name, steps.get(0).routeId()));
        for (Receiver receiver : message.receivers()) {
            ObjectNode operation = addOperation(receiver.service(), "receive", name, receiver.routeId());
            if (receiver.queue() != null) {
                operation.put("x-queue", receiver.queue());
            }
            operation.put("x-dead-letter-queue", receiver.deadLetterQueue());
        }
    }

    private static JsonNode exampleProperties(String name, String source, JsonNode body) {
        return YAML.createObjectNode().put("cloudEvents_specversion", "1.0")
                .put("cloudEvents_id", CloudEvents.id(EXAMPLE_CAUSE, name))
                .put("cloudEvents_type", name).put("cloudEvents_source", source)
                .put("cloudEvents_subject", body.path(body.has("orderId") ? "orderId" : "userId")
                .asText("0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33"))
                .put("cloudEvents_time", "2026-11-22T10:00:00.000Z")
                .put("cloudEvents_datacontenttype", "application/json")
                .put("cloudEvents_causationid", EXAMPLE_CAUSE);
    }

    private ObjectNode addChannel(String address, String kind, Iterable<String> messages) {
        ObjectNode channel = ((ObjectNode) document.get("channels")).putObject(address);
        channel.put("address", address).put("x-destination-type", kind);
        if (kind.equals("queue")) {
            channel.putObject("bindings").putObject("jms").put("destinationType", "queue")
                    .put("bindingVersion", "0.0.1");
        }
        ObjectNode refs = channel.putObject("messages");
        messages.forEach(message -> refs.putObject(message).put("$ref", "#/components/messages/" + message));
        return channel;
    }

    private ObjectNode addOperation(String service, String action, String message, String routeId) {
        ObjectNode operation = ((ObjectNode) document.get("operations"))
                .putObject(service + "-" + action + "s-" + message);
        operation.put("action", action).put("summary", catalogue.description(routeId));
        operation.putObject("channel").put("$ref", "#/channels/" + message);
        operation.putArray("messages").addObject().put("$ref", "#/channels/" + message + "/messages/" + message);
        operation.putArray("tags").addObject().put("name", service);
        operation.put("x-route", routeId);
        return operation;
    }
}
