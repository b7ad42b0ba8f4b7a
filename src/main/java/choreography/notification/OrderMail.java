package choreography.notification;

import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.mustachejava.DefaultMustacheFactory;
import com.github.mustachejava.MustacheFactory;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.mail.MailConstants;

/**
 * Writes the mail that tells a customer how an order ended. Templates: {@code classpath:mail/<event>.txt} and {@code
 * .html}.
 */
public class OrderMail {

    private static final Map<String, String> SUBJECTS = Map.of(
            "OrderPayed", "Your order %s is paid",
            "OrderCancelled", "Your order %s is cancelled");

    private final MustacheFactory templates = new DefaultMustacheFactory();
    private final String from;

    /** @param from address of the sender */
    public OrderMail(String from) {
        this.from = from;
    }

    /**
     * Makes the message a mail: HTML body, plain text alternative, and headers.
     * Reads the variables {@code kind} (OrderPayed or OrderCancelled), {@code order} (as GET /orders/{id} shows it) and
     * {@code messageId}.
     */
    public void compose(Exchange exchange) {
        JsonNode order = exchange.getVariable("order", JsonNode.class);
        String event = exchange.getVariable("kind", String.class);
        Map<String, Object> content = content(order);

        Message mail = exchange.getMessage();
        mail.setHeader("From", from);
        mail.setHeader("To", order.at("/customer/email").asText());
        mail.setHeader("Subject", SUBJECTS.get(event).formatted(order.path("orderId").asText()));
        mail.setHeader("Message-ID", exchange.getVariable("messageId"));
        mail.setHeader("Auto-Submitted", "auto-generated");
        mail.setHeader(Exchange.CONTENT_TYPE, "text/html; charset=UTF-8");
        mail.setHeader(MailConstants.MAIL_ALTERNATIVE_BODY, render(event + ".txt", content));
        mail.setBody(render(event + ".html", content));
    }

    private static Map<String, Object> content(JsonNode order) {
        String currency = order.path("currency").asText();
        List<Map<String, Object>> lines = StreamSupport.stream(order.path("lines").spliterator(), false)
                .map(line -> Map.<String, Object>of(
                        "quantity", line.path("quantity").asInt(),
                        "name", line.path("name").asText(),
                        "amount", money(line.path("amount"), currency)))
                .toList();
        return Map.of(
                "orderId", order.path("orderId").asText(),
                "name", order.at("/customer/name").asText(),
                "lines", lines,
                "total", money(order.path("total"), currency));
    }

    private static String money(JsonNode minorUnits, String currency) {
        return new BigDecimal(minorUnits.bigIntegerValue(), 2) + " " + currency;
    }

    private String render(String template, Map<String, Object> content) {
        StringWriter out = new StringWriter();
        templates.compile("mail/" + template).execute(out, content);
        return out.toString();
    }
}
