package choreography.http;

import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What a route does that shows documents: reads which are asked for, and answers with what a statement found. */
public final class Documents {

    private static final String ID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";
    /** As many as fit into a request line. */
    private static final Pattern IDS = Pattern.compile("ids=%1$s(,%1$s)*".formatted(ID));

    private static final Pattern NAME = Pattern.compile("\\{(\\w+)}");
    /** Of the ids in a path. */
    private static final Map<String, List<String>> NAMES = new ConcurrentHashMap<>();

    private Documents() { }

    /** Step {@code readIds}: reads the ids in the path into the body, where the statement finds them by their names. */
    public static Processor idReader() {
        return exchange -> readIds(exchange, NAMES.computeIfAbsent(path(exchange), Documents::names));
    }

    /** Step {@code readListedIds}: reads the query {@code ids=<id>,<id>...}; siblings alone ask so. */
    public static Processor listedIdReader() {
        return Documents::readListedIds;
    }

    /** Step {@code answerFound}: answers with the document that a statement found, or that there is none. */
    public static Processor finder() {
        return exchange -> {
            if (NAMES.computeIfAbsent(path(exchange), Documents::names).isEmpty()) {
                answerFound(exchange);
            } else {
                answerFound(exchange, resource(exchange));
            }
        };
    }

    private static String path(Exchange exchange) {
        return ((PlatformHttpEndpoint) exchange.getFromEndpoint()).getPath();
    }

    /** @return the names in braces of a path */
    public static List<String> names(String path) {
        return NAME.matcher(path).results().map(name -> name.group(1)).toList();
    }

    /** @return what is asked for, in the singular: {@code user} at /users/{id} */
    static String resource(Exchange exchange) {
        return path(exchange).split("/")[1].replaceFirst("s$", "");
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
    private static void readListedIds(Exchange exchange) {
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
    private static void answerFound(Exchange exchange) {
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
    static void answerFound(Exchange exchange, String resource) {
        if (exchange.getMessage().getBody() == null) {
            UUID id = UUID.fromString(exchange.getMessage().getHeader("id", String.class));
            Problem.noSuch(resource, id.toString()).answer(exchange);
        } else {
            answerFound(exchange);
            exchange.getMessage().setHeader("Cache-Control", Problem.NO_STORE);
        }
    }
}
