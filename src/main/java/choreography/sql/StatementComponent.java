package choreography.sql;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import choreography.contract.Json;
import com.fasterxml.jackson.databind.JsonNode;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeExchangeException;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.component.sql.SqlPrepareStatementStrategy;

/**
 * Camel's {@code sql:} for statements with named parameters, which are found once a statement instead of at every
 * execution. Left to itself, camel-sql also asks the database for their number at every execution, and then PostgreSQL
 * parses and plans the statement anew each time.
 * <p>
 * A parameter says where it is from: {@code :#name} is of the body, {@code :#${header.name}} and
 * {@code :#${variable.name}} are what they say. Camel looks for a mere name in all three; here a message that one day
 * gets a field of that name cannot take the place of what was meant. Maps, lists and documents go in as JSON.
 */
public class StatementComponent extends SqlComponent {

    private final NamedParameters parameters = new NamedParameters();

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> options) throws Exception {
        SqlEndpoint endpoint = (SqlEndpoint) super.createEndpoint(uri, remaining, options);
        String query = SqlHelper.resolveQuery(getCamelContext(), endpoint.getQuery(), endpoint.getPlaceholder());
        endpoint.setParametersCount(parameters.statement(query).parameters().size());
        endpoint.setPrepareStatementStrategy(parameters);
        return endpoint;
    }

    private static final class NamedParameters implements SqlPrepareStatementStrategy {

        private enum Place { BODY, HEADER, VARIABLE }

        private record Parameter(Place place, String name) { }

        /** @param text with a question mark for every parameter */
        private record Statement(String text, List<Parameter> parameters) { }

        private static final Pattern PARAMETER = Pattern.compile(":\\?(?:(\\w+)|\\$\\{(header|variable)\\.(\\w+)})");

        private final Map<String, Statement> statements = new ConcurrentHashMap<>();

        Statement statement(String query) {
            return statements.computeIfAbsent(query, NamedParameters::parse);
        }

        private static Statement parse(String query) {
            List<Parameter> parameters = new ArrayList<>();
            String text = PARAMETER.matcher(query).replaceAll(found -> {
                parameters.add(found.group(1) != null ? new Parameter(Place.BODY, found.group(1))
                        : new Parameter(Place.valueOf(found.group(2).toUpperCase(Locale.ROOT)), found.group(3)));
                return "?";
            });
            if (text.contains(":?")) {
                throw new IllegalArgumentException(
                        "Write a parameter as :#name (of the body), :#${header.name} or :#${variable.name}: " + text);
            }
            return new Statement(text, parameters);
        }

        @Override
        public String prepareQuery(String query, boolean allowNamedParameters, Exchange exchange) {
            return statement(query).text();
        }

        @Override
        public Iterator<?> createPopulateIterator(String query, String prepared, int expected, Exchange exchange,
                Object body) {
            return statement(query).parameters().stream().map(parameter -> value(parameter, exchange)).iterator();
        }

        @Override
        public void populateStatement(PreparedStatement statement, Iterator<?> values, int expected)
                throws SQLException {
            for (int i = 1; values.hasNext(); i++) {
                Object value = values.next();
                boolean json = value instanceof JsonNode || value instanceof Map || value instanceof List;
                statement.setObject(i, json ? Json.write(value) : value);
            }
        }

        private static Object value(Parameter parameter, Exchange exchange) {
            Map<?, ?> place = switch (parameter.place()) {
                case BODY -> exchange.getMessage().getBody() instanceof Map<?, ?> fields ? fields : Map.of();
                case HEADER -> exchange.getMessage().getHeaders();
                case VARIABLE -> exchange.getVariables();
            };
            Object value = place.get(parameter.name());
            if (value == null && !place.containsKey(parameter.name())) {
                throw new RuntimeExchangeException("There is no %s of the name %s"
                        .formatted(parameter.place().name().toLowerCase(Locale.ROOT), parameter.name()), exchange);
            }
            return value;
        }
    }
}
