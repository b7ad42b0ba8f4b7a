package choreography.http;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

import org.apache.camel.Exchange;
import org.apache.camel.Message;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What a route does that shows documents: reads which are asked for, and answers with what a statement found. */
public final class Documents {

    private static final String ID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
    /** As many as fit into a request line. */
    private static final Pattern IDS = Pattern.compile("ids=%1$s(,%1$s)*".formatted(ID));

    private Documents() { }

    /** Reads the id in the path into the body, where the statement finds it; what is no id is not found. */
    public static void readId(Exchange exchange) {
        readIds(exchange, List.of("id"));
    }

    /** Reads the ids in the path into the body, as UUIDs by their names; what is no id is not found. */
    public static void readIds(Exchange exchange, List<String> names) {
        Map<String, UUID> ids = new HashMap<>();
        try {
            for (String name : names) {
                ids.put(name, uuid(exchange.getMessage().getHeader(name, String.class)));
            }
            exchange.getMessage().setBody(ids);
        } catch (IllegalArgumentException e) {
            Problem.notFound().answer(exchange);
            exchange.setRouteStop(true);
        }
    }

    /** UUID.fromString takes more than UUIDs: 0-0-0-0-0. */
    private static UUID uuid(String text) {
        UUID uuid = UUID.fromString(text);
        if (!uuid.toString().equalsIgnoreCase(text)) {
            throw new IllegalArgumentException();
        }
        return uuid;
    }

    /**
     * Reads the query {@code ids=<id>,<id>...} into the body, where the statement finds it; what are no ids is
     * refused.
     */
    public static void readListedIds(Exchange exchange) {
        // Camel sends the commas as %2C
        String query = URLDecoder.decode(exchange.getMessage().getHeader(Exchange.HTTP_QUERY, "", String.class), UTF_8);
        if (IDS.matcher(query).matches()) {
            exchange.getMessage().setBody(Map.of("ids", query.substring("ids=".length())));
        } else {
            Problem.unreadable().answer(exchange);
            exchange.setRouteStop(true);
        }
    }

    /** Answers with the JSON document that a statement found. */
    public static void answerFound(Exchange exchange) {
        Message answer = exchange.getMessage();
        byte[] document = answer.getBody(String.class).getBytes(UTF_8);
        answer.removeHeaders("*");
        answer.setHeader(Exchange.CONTENT_TYPE, "application/json");
        answer.setBody(ByteBuffer.wrap(document)); // of known length: not sent in chunks
    }

    /**
     * Answers with the JSON document about somebody that a statement found, or that there is none. Not for any cache.
     *
     * @param resource what was asked for, in the singular, for example {@code user}
     */
    public static void answerFound(Exchange exchange, String resource) {
        if (exchange.getMessage().getBody() == null) {
            UUID id = UUID.fromString(exchange.getMessage().getHeader("id", String.class));
            Problem.noSuch(resource, id.toString()).answer(exchange);
        } else {
            answerFound(exchange);
            exchange.getMessage().setHeader("Cache-Control", Problem.NO_STORE);
        }
    }
}
