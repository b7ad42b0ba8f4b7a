package choreography.sandbox;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import choreography.contract.Json;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;

/**
 * Shows mail over HTTP: {@code GET /mails?to=<address>&limit=<number>}, the newest first, 50 unless told otherwise.
 */
final class MailList implements HttpHandler {

    private static final Pattern THIS_MACHINE =
            Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?", Pattern.CASE_INSENSITIVE);

    private record Answer(int status, String type, String body) {

        static Answer text(int status, String sentence) {
            return new Answer(status, "text/plain; charset=utf-8", sentence + "\n");
        }
    }

    private final MailFolder folder;

    MailList(MailFolder folder) {
        this.folder = folder;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer = answerOrFailure(exchange);
            // Half a character, which a mail can have, becomes a question mark. Jackson, asked for bytes, would throw.
            byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", answer.type);
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(answer.status, -1);
                return;
            }
            exchange.sendResponseHeaders(answer.status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private Answer answerOrFailure(HttpExchange exchange) {
        try {
            return answer(exchange);
        } catch (IOException | RuntimeException e) {
            return Answer.text(500, "The mails cannot be read: " + e);
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        if (!isForThisMachine(exchange.getRequestHeaders().get("Host"))) {
            return Answer.text(421, "This is localhost, under no other name.");
        }
        if (!exchange.getRequestURI().getPath().equals("/mails")) {
            return Answer.text(404, "There is /mails only.");
        }
        if (!exchange.getRequestMethod().matches("GET|HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            return Answer.text(405, "Mails can be read only.");
        }
        Map<String, String> query;
        try {
            query = parse(exchange.getRequestURI().getRawQuery());
        } catch (IllegalArgumentException e) {
            return Answer.text(400, "The query cannot be read: " + e.getMessage());
        }
        String limit = query.getOrDefault("limit", "50");
        if (!limit.matches("\\d{1,4}")) {
            return Answer.text(400, "limit must be a number up to 9999.");
        }
        String mails = Json.mapper().writeValueAsString(folder.newest(Integer.parseInt(limit), query.get("to")));
        return new Answer(200, "application/json", mails);
    }

    /** A page whose name was made to point to this machine (DNS rebinding) sends that name and could read all mail. */
    private static boolean isForThisMachine(List<String> hosts) {
        return hosts != null && hosts.size() == 1 && THIS_MACHINE.matcher(hosts.get(0)).matches();
    }

    private static Map<String, String> parse(String query) {
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            String[] nameAndValue = pair.split("=", 2);
            if (nameAndValue.length == 2) {
                parameters.put(nameAndValue[0], URLDecoder.decode(nameAndValue[1], StandardCharsets.UTF_8));
            }
        }
        return parameters;
    }
}
