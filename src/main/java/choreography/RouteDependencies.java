package choreography;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import choreography.http.LookUp;
import choreography.messaging.Dependencies;
import choreography.messaging.Dependency.Probe;
import choreography.notification.KeepAliveMailSender;
import choreography.sql.ServiceDatabase;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Producer;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;

/**
 * Reads from the steps of a route what it depends on, and knows how to ask each whether it is there: a sibling by the
 * very lookup, of an id that cannot exist; the mail server by all that comes before a recipient; a database by a
 * connection.
 */
public class RouteDependencies extends Dependencies {

    /** The sibling, what is looked up there. */
    private static final Pattern LOOK_UP = Pattern.compile("^\\{\\{(\\w+)\\.url}}/(\\w+)s/\\$\\{.*");
    private static final Pattern STATEMENT = Pattern.compile("^sql:.*[?&]dataSource=#(\\w+).*");
    private static final Pattern SUB_ROUTE = Pattern.compile("^direct:([\\w-]+).*");
    private static final int VALID_S = 5;

    @Override
    protected Map<String, Probe> find(Route consumer) {
        Map<String, Probe> found = new LinkedHashMap<>();
        find(consumer.getRouteId(), found);
        return found;
    }

    private void find(String routeId, Map<String, Probe> found) {
        RouteDefinition route = ((ModelCamelContext) getCamelContext()).getRouteDefinition(routeId);
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).stream()
                .map(Siblings::uri).filter(Objects::nonNull).forEach(uri -> findOf(uri, found));
    }

    private void findOf(String uri, Map<String, Probe> found) {
        Matcher lookUp = LOOK_UP.matcher(uri);
        Matcher statement = STATEMENT.matcher(uri);
        Matcher subRoute = SUB_ROUTE.matcher(uri);
        if (lookUp.matches()) {
            found.put(lookUp.group(1) + " service", () -> lookUp(lookUp.group(1), lookUp.group(2)));
        } else if (statement.matches()) {
            ServiceDatabase database = bean(statement.group(1), ServiceDatabase.class);
            found.put("database of " + database.getPoolName(), () -> connect(database));
        } else if (uri.startsWith("smtp:")) {
            KeepAliveMailSender sender = bean("mailSender", KeepAliveMailSender.class);
            found.put("mail server", () -> sender.probe(property("notification.mail-from")));
        } else if (subRoute.matches()) {
            find(subRoute.group(1), found);
        }
    }

    private void lookUp(String sibling, String thing) throws Exception {
        String id = UUID.randomUUID().toString();
        Endpoint endpoint = getCamelContext().getEndpoint(
                property(sibling + ".url") + "?httpMethod=GET&throwExceptionOnFailure=false");
        Exchange lookUp = endpoint.createExchange();
        lookUp.getMessage().setHeader(Exchange.HTTP_PATH, "/%ss/%s/".formatted(thing, id));
        try (Producer producer = endpoint.createProducer()) {
            producer.start();
            producer.process(lookUp);
        }
        if (lookUp.getException() != null) {
            throw lookUp.getException();
        }
        Message answer = lookUp.getMessage();
        int status = answer.getHeader(Exchange.HTTP_RESPONSE_CODE, int.class);
        if (status != 404) {
            throw new IOException("It answers " + status + " when asked for something that is not there");
        }
        bean("read" + thing.substring(0, 1).toUpperCase(Locale.ROOT) + thing.substring(1), LookUp.class)
                .readThatThereIsNone(answer.getBody(byte[].class), id);
    }

    private static void connect(ServiceDatabase database) throws SQLException {
        try (Connection connection = database.getConnection()) {
            if (!connection.isValid(VALID_S)) {
                throw new SQLException("It does not answer");
            }
        }
    }

    private <T> T bean(String name, Class<T> type) {
        return getCamelContext().getRegistry().lookupByNameAndType(name, type);
    }

    private String property(String name) {
        return getCamelContext().resolvePropertyPlaceholders("{{" + name + "}}");
    }
}
