package choreography.catalogue;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import choreography.catalogue.MessageCatalogue.Message;
import choreography.catalogue.MessageCatalogue.Receiver;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;

/** Writes the message catalogue as Markdown. */
final class MessagesPage {

    private static final ObjectWriter JSON = new ObjectMapper().writer(new DefaultPrettyPrinter(
            Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER)));

    private final StringBuilder page = new StringBuilder();
    private final Map<String, JsonNode> schemas;

    private MessagesPage(Map<String, JsonNode> schemas) {
        this.schemas = schemas;
    }

    static String of(MessageCatalogue catalogue) throws Exception {
        MessagesPage page = new MessagesPage(catalogue.schemas());
        page.line("## All messages").line("").line("| message | kind | from | to (queue) | meaning |")
                .line("|---|---|---|---|---|");
        for (Message message : catalogue.messages()) {
            page.line("| [%s](#%s) | %s | %s | %s | %s |", message.name(), message.name().toLowerCase(), message.kind(),
                    message.senders().stream().map(sender -> sender.service()).distinct()
                            .collect(Collectors.joining(", ")),
                    message.receivers().stream().map(MessagesPage::inShort).collect(Collectors.joining("; ")),
                    message.schema().path("description").asText());
        }
        page.line("").line("## Properties of every message").line("").line("| JMS property | type | meaning |")
                .line("|---|---|---|");
        page.addFields("", AsyncApi.properties());
        page.line("| `JMSCorrelationID` | string | The same as `cloudEvents_subject` |");
        for (Message message : catalogue.messages()) {
            page.add(message);
        }
        return page.page.toString();
    }

    private static String inShort(Receiver receiver) {
        return receiver.service() + (receiver.queue() == null ? "" : " (`" + receiver.queue() + "`)");
    }

    private void add(Message message) throws Exception {
        line("").line("## %s", message.name()).line("").line("%s.", message.schema().path("description").asText());
        line("").line("| | service | route | queue | dead-letter queue |").line("|---|---|---|---|---|");
        message.senders()
                .forEach(s -> line("| sent to the %s by | %s | `%s` | | |", message.kind(), s.service(), s.routeId()));
        message.receivers().forEach(r -> line("| received by | %s | `%s` | %s | `%s` |", r.service(), r.routeId(),
                r.queue() == null ? "its own, while it runs" : "`" + r.queue() + "`", r.deadLetterQueue()));
        line("").line("| field | type | meaning |").line("|---|---|---|");
        addFields("", message.schema());
        line("").line("```json");
        line(JSON.writeValueAsString(message.schema().at("/examples/0")).replace("%", "%%"));
        line("```");
    }

    private void addFields(String prefix, JsonNode schema) {
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            JsonNode field = MessageCatalogue.resolve(property.getValue(), schemas);
            boolean required = StreamSupport.stream(schema.path("required").spliterator(), false)
                    .anyMatch(name -> name.asText().equals(property.getKey()));
            String name = prefix + property.getKey();
            line("| `%s` | %s%s | %s |", name, type(field), required ? "" : ", optional", field.path("description")
                    .asText());
            addFields(name + ".", field);
            if (field.has("items")) {
                addFields(name + "[].", MessageCatalogue.resolve(field.get("items"), schemas));
            }
        }
    }

    private static String type(JsonNode field) {
        String values = StreamSupport.stream(field.path("enum").spliterator(), false)
                .map(value -> "`" + value.asText() + "`")
                .collect(Collectors.joining(", "));
        return values + switch (field.path("type").asText()) {
            case "string" -> field.has("const") ? "`" + field.get("const").asText() + "`"
                    : field.has("enum") ? ""
                    : field.has("format") ? field.get("format").asText()
                    : "string" + range(field, "minLength", "maxLength", " characters");
            case "array" -> "array" + range(field, "minItems", "maxItems", " items");
            case "integer" -> "integer" + range(field, "minimum", "maximum", "");
            default -> field.path("type").asText();
        };
    }

    private static String range(JsonNode field, String least, String most, String unit) {
        String from = field.path(least).asText();
        String to = field.path(most).asText();
        return from.isEmpty() && to.isEmpty() ? ""
                : from.equals(to) ? ", exactly " + from
                : to.isEmpty() ? ", at least " + from + unit
                : from.isEmpty() ? ", at most " + to + unit
                : ", " + from + " to " + to + unit;
    }

    private MessagesPage line(String format, Object... values) {
        page.append(format.formatted(values)).append('\n');
        return this;
    }
}
