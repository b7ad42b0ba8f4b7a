package choreography.sql;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeExchangeException;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.apache.camel.component.sql.SqlHelper;
import org.apache.camel.component.sql.SqlPrepareStatementStrategy;

/**
 * Camel's {@code sql:} for statements with named parameters ({@code :#name}), which are found once a statement instead
 * of at every execution. Left to itself, camel-sql also asks the database for their number at every execution, and then
 * PostgreSQL parses and plans the statement anew each time.
 */
public class StatementComponent extends SqlComponent {

    private final NamedParameters parameters = new NamedParameters();

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> options) throws Exception {
        SqlEndpoint endpoint = (SqlEndpoint) super.createEndpoint(uri, remaining, options);
        String query = SqlHelper.resolveQuery(getCamelContext(), endpoint.getQuery(), endpoint.getPlaceholder());
        endpoint.setParametersCount(parameters.statement(query).names().size());
        endpoint.setPrepareStatementStrategy(parameters);
        return endpoint;
    }

    private static final class NamedParameters implements SqlPrepareStatementStrategy {

        /** @param text with a question mark for every parameter, @param names of the parameters in their order */
        private record Statement(String text, List<String> names) { }

        private static final Pattern NAME = Pattern.compile(":\\?(\\w+)");

        private final Map<String, Statement> statements = new ConcurrentHashMap<>();

        Statement statement(String query) {
            return statements.computeIfAbsent(query, NamedParameters::parse);
        }

        private static Statement parse(String query) {
            List<String> names = new ArrayList<>();
            Matcher matcher = NAME.matcher(query);
            String text = matcher.replaceAll(found -> {
                names.add(found.group(1));
                return "?";
            });
            return new Statement(text, names);
        }

        @Override
        public String prepareQuery(String query, boolean allowNamedParameters, Exchange exchange) {
            return statement(query).text();
        }

        @Override
        public Iterator<?> createPopulateIterator(String query, String prepared, int expected, Exchange exchange,
                Object body) {
            return statement(query).names().stream().map(name -> value(name, exchange)).iterator();
        }

        @Override
        public void populateStatement(PreparedStatement statement, Iterator<?> values, int expected)
                throws SQLException {
            for (int i = 1; values.hasNext(); i++) {
                Object value = values.next();
                statement.setObject(i, value instanceof JsonNode document ? document.toString() : value);
            }
        }

        /** As Camel's own: of the body, which is a Map, else the header, else the variable. */
        private static Object value(String name, Exchange exchange) {
            if (exchange.getMessage().getBody() instanceof Map<?, ?> fields && fields.containsKey(name)) {
                return fields.get(name);
            }
            if (exchange.getMessage().getHeaders().containsKey(name)) {
                return exchange.getMessage().getHeader(name);
            }
            if (exchange.getVariables().containsKey(name)) {
                return exchange.getVariable(name);
            }
            throw new RuntimeExchangeException("Neither body, headers nor variables have the parameter " + name,
                    exchange);
        }
    }
}
