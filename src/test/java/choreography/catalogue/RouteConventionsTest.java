package choreography.catalogue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import choreography.contract.Services;
import choreography.http.Documents;
import choreography.messaging.Addresses;
import choreography.messaging.Consumers;
import choreography.messaging.GroupCommit;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.camel.component.jms.JmsEndpoint;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.OnExceptionDefinition;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RemoveHeadersDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.UnmarshalDefinition;
import org.apache.camel.model.dataformat.CustomDataFormat;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;
import org.apache.camel.util.StringHelper;
import org.junit.jupiter.api.Test;

import static choreography.catalogue.ServiceRoutes.configurations;
import static choreography.catalogue.ServiceRoutes.consumed;
import static choreography.catalogue.ServiceRoutes.input;
import static choreography.catalogue.ServiceRoutes.routes;
import static choreography.catalogue.ServiceRoutes.routesFrom;
import static choreography.catalogue.ServiceRoutes.service;
import static choreography.catalogue.ServiceRoutes.steps;
import static choreography.catalogue.ServiceRoutes.stepsAfter;
import static choreography.catalogue.ServiceRoutes.uri;
import static choreography.catalogue.ServiceRoutes.where;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What all routes have in common (docs/decisions says why). A failure is a list of sentences that say what to change.
 */
class RouteConventionsTest {

    private static final Path RESOURCES = Path.of("src/main/resources");
    private static final Pattern LOOK_UP = Pattern.compile("\\{\\{(\\w+)\\.url}}.*");

    /** Steps that stay on the thread, and so in the transaction, of the consumer, and leave errors alone. */
    private static final Set<String> PLAIN_STEPS = Set.of("to", "toD", "choice", "when", "otherwise", "filter",
            "setBody", "setHeader", "setVariable", "unmarshal", "marshal",
            "convertBodyTo", "convertVariableTo", "bean", "process", "throwException", "removeHeaders");

    /** A route that a timer starts has no consumer's transaction and no message whose headers it passes on. */
    private static final Set<String> STEPS_OF_A_TIMER = Set.of("split", "loop", "setHeader");

    private static final String KNOWN_TARGETS = "(jms|sql|direct):.*|smtp:\\{\\{.*|" + LOOK_UP.pattern();
    private static final String TIME_OF_THE_GROUP = "(?is).*\\b(now\\(\\)|current_timestamp|transaction_timestamp).*";

    private final List<String> complaints = new ArrayList<>();

    // names

    @Test
    void shouldNameEveryRouteByItsServiceAndWhatItDoes() {
        for (RouteDefinition route : routes()) {
            check(route.getRouteId().matches("(" + String.join("|", Services.all()) + ")(-[a-z]+){1,4}"),
                    "Name the route %s <service>-<verb>-<noun>; the services are %s.", route.getRouteId(),
                    Services.all());
            check(service(route).equals("gateway") || route.getRouteId().matches("\\w+(-[a-z]+){2,4}"),
                    "Name the route %s <service>-<verb>-<noun>: verb and noun.", route.getRouteId());
        }
        assertNoComplaints();
    }

    @Test
    void shouldDescribeEveryRoute() {
        for (RouteDefinition route : routes()) {
            check(isSentenceWithoutStop(route.getDescriptionText()),
                    "Describe the route %s in one sentence, without a full stop: it is shown in diagrams.",
                    route.getRouteId());
        }
        assertNoComplaints();
    }

    private static boolean isSentenceWithoutStop(String description) {
        return description != null && !description.isBlank() && !description.endsWith(".");
    }

    @Test
    void shouldKeepTheRoutesOfAServiceInItsOwnFile() {
        for (RouteDefinition route : routes()) {
            String file = String.valueOf(route.getResource() == null ? "" : route.getResource().getLocation());
            check(!file.endsWith(".yaml") || file.endsWith("camel/" + service(route) + ".camel.yaml"),
                    "Move the route %s from %s to camel/%s.camel.yaml.", route.getRouteId(), file, service(route));
        }
        assertNoComplaints();
    }

    @Test
    void shouldSayInTheHeadOfAFileWhatTheServiceDoes() throws IOException {
        for (String service : Services.all()) {
            String head = Files.readString(RESOURCES.resolve("camel/" + service + ".camel.yaml"));
            checkHead(service, "consumes", words("[A-Z]\\w+", headLine(head, "consumes")), consumedBy(service));
            checkHead(service, "publishes", words("[A-Z]\\w+", headLine(head, "publishes")), publishedBy(service));
            checkHead(service, "looks up", words("/\\w+/", headLine(head, "looks up")), lookedUpBy(service));
            checkHead(service, "answers", words("[A-Z]+ /[^,; ?\n]*", headLine(head, "answers")), answeredBy(service));
            checkHead(service, "owns", words("\\w+", headLine(head, "owns").replaceFirst("(?s).*(:|nothing)", "")),
                    tables(service));
            check(headLine(head, "watches").isEmpty() != watches(service),
                    "Say in the head of the %s service's file what it watches, if a timer starts a route of it.",
                    service);
        }
        assertNoComplaints();
    }

    private static Stream<RouteDefinition> routesOf(String service, String scheme) {
        return routesFrom(scheme).filter(route -> service(route).equals(service));
    }

    private static Stream<RouteDefinition> routesOf(String service) {
        return routes().stream().filter(route -> service(route).equals(service));
    }

    private static List<String> consumedBy(String service) {
        return routesOf(service, "jms").map(route -> Addresses.message(consumed(route))).toList();
    }

    private static List<String> publishedBy(String service) {
        return routesOf(service).flatMap(ServiceRoutes::published).map(JmsEndpoint::getDestinationName).toList();
    }

    private static List<String> lookedUpBy(String service) {
        Stream<RouteDefinition> asking = routesOf(service).filter(route -> !passesOn(route));
        Stream<String> uris = asking.flatMap(route -> steps(route).stream())
                .filter(ToDynamicDefinition.class::isInstance).map(ServiceRoutes::uri);
        return uris.flatMap(uri -> words("/\\w+/", uri).stream()).toList();
    }

    private static List<String> answeredBy(String service) {
        return routesOf(service, "platform-http").filter(route -> !passesOn(route)).map(ServiceRoutes::answered)
                .toList();
    }

    private static boolean watches(String service) {
        return routesOf(service, "timer").findAny().isPresent();
    }

    private void checkHead(String service, String what, Set<String> said, List<String> done) {
        check(said.equals(Set.copyOf(done)), "Correct what the head of the %s service's file says it %s: it is %s.",
                service, what, new TreeSet<>(done));
    }

    private static List<String> tables(String service) throws IOException {
        Path migrations = RESOURCES.resolve("db/" + service);
        List<String> tables = new ArrayList<>();
        if (Files.exists(migrations)) {
            try (Stream<Path> files = Files.list(migrations)) {
                for (Path file : files.toList()) {
                    Pattern.compile("(?m)^create table (\\w+)").matcher(Files.readString(file)).results()
                            .forEach(table -> tables.add(table.group(1)));
                }
            }
        }
        return tables;
    }

    private static boolean passesOn(RouteDefinition route) {
        return route.getRouteId().startsWith("gateway-pass-on-");
    }

    private static String path(RouteDefinition route) {
        return input(route).replaceFirst("platform-http:", "").replaceFirst("\\?.*", "");
    }

    /** Else the gateway passes on what it has not looked at. */
    @Test
    void shouldCallTheIdInAPathId() {
        routesFrom("platform-http").map(RouteConventionsTest::path).filter(path -> path.contains("{"))
                .filter(path -> !path.startsWith("/docs/") && !path.startsWith("/schemas/"))
                .forEach(path -> check(Documents.names(path).get(0).equals("id"),
                        "Call the first parameter of the path %s {id}: the gateway reads it by that name.", path));
        assertNoComplaints();
    }

    // errors

    @Test
    void shouldHandleErrorsInTheSharedRouteConfigurationsOnly() {
        Map<String, String> configurations = Map.of("jms", "event-consumer", "platform-http", "http-edge", "direct",
                "event-step", "timer", "periodic-check");
        for (RouteDefinition route : routes()) {
            String expected = configurations.get(input(route).replaceFirst(":.*", ""));
            check(expected != null && expected.equals(route.getRouteConfigurationId()),
                    "Give the route %s, which is from %s, the routeConfigurationId %s.", route.getRouteId(),
                    input(route), expected);
        }
        assertNoComplaints();
    }

    @Test
    void shouldLeaveRetriesToTheBroker() {
        for (RouteDefinition route : routes()) {
            check(route.getErrorHandlerRef() == null
                            && route.getOutputs().stream().noneMatch(RouteConventionsTest::triesAgain),
                    "Remove the redelivery from the route %s: broker/etc/broker.xml says how often and when.",
                    route.getRouteId());
        }
        for (RouteConfigurationDefinition shared : configurations()) {
            check(shared.getErrorHandler() == null
                            || !(shared.getErrorHandler().getErrorHandlerType() instanceof
                            DefaultErrorHandlerDefinition own)
                            || own.getRedeliveryPolicy() == null
                            || "0".equals(own.getRedeliveryPolicy().getMaximumRedeliveries()),
                    "Set maximumRedeliveries: \"0\" in the route configuration %s: attempts here times those of the "
                            + "broker are too many.", shared.getId());
        }
        assertNoComplaints();
    }

    private static boolean triesAgain(ProcessorDefinition<?> step) {
        return step instanceof OnExceptionDefinition own && (own.getRedeliveryPolicyRef() != null
                || own.getRetryWhile() != null || own.getRedeliveryPolicyType() != null
                && own.getRedeliveryPolicyType().getMaximumRedeliveries() != null);
    }

    @Test
    void shouldUseOnlyStepsThatStayInTheTransactionOfTheConsumer() {
        forEachStep((route, step) -> {
            check(isPlain(step) || startsByItself(route) && STEPS_OF_A_TIMER.contains(step.getShortName()),
                    "Do without %s in %s: plain steps are %s. Others catch errors, retry, or leave the thread of the "
                            + "JMS session; see docs/decisions.",
                    step.getShortName(), route.getRouteId(), new TreeSet<>(PLAIN_STEPS));
            check(uri(step).isEmpty() || uri(step).matches(KNOWN_TARGETS),
                    "Do not send to %s in %s: a route sends to jms, sql, direct, smtp and the services it looks things "
                            + "up at.",
                    uri(step), where(route, step));
        });
        assertNoComplaints();
    }

    private static boolean isPlain(ProcessorDefinition<?> step) {
        return PLAIN_STEPS.contains(step.getShortName());
    }

    private static boolean startsByItself(RouteDefinition route) {
        return input(route).startsWith("timer:");
    }

    private static boolean isAtGateway(RouteDefinition route) {
        return service(route).equals("gateway");
    }

    private static Stream<RouteDefinition> consumers() {
        return routesFrom("jms").filter(route -> !isAtGateway(route));
    }

    private static boolean isPublication(ProcessorDefinition<?> step) {
        return uri(step).startsWith("jms:");
    }

    // messages

    @Test
    void shouldNameDestinationsByLiterals() {
        forEachStep((route, step) -> {
            if (isPublication(step)) {
                String options = isAtGateway(route) ? "\\?transacted=false" : "";
                check(step instanceof ToDefinition && uri(step).matches("jms:(queue|topic):[A-Z][A-Za-z]+" + options),
                        "Write the destination of %s as jms:queue:<Message> or jms:topic:<Message>, without toD, "
                                + "properties and options"
                                + " (?transacted=false at the gateway, which has no session to join), not %s.",
                        where(route, step), uri(step));
            }
        });
        routesFrom("jms").forEach(route ->
                check(input(route).matches("jms:(queue:|topic:|topic:gateway\\.)[A-Z][A-Za-z]+(\\?.*)?"),
                "Write the source of %s as jms:queue:<Message> or jms:topic:<Message>, a gateway's as "
                        + "jms:topic:gateway.<Message>, not %s.",
                route.getRouteId(), input(route)));
        assertNoComplaints();
    }

    /** {@link Consumers} sees to it, in whatever way a route is loaded. */
    @Test
    void shouldCommitInGroupsAndSubscribeDurablyUnderTheNameOfServiceAndMessage() {
        consumers().forEach(route -> {
            JmsEndpoint from = consumed(route);
            check(from.getMessageListenerContainerFactory() instanceof GroupCommit,
                    "Let the consumer of %s commit in groups.", route.getRouteId());
            check(!from.isPubSubDomain() || isKeptFor(service(route), from),
                    "Let %s subscribe durably, shared with its replicas.", route.getRouteId());
        });
        assertNoComplaints();
    }

    private static boolean isKeptFor(String service, JmsEndpoint topic) {
        return topic.isSubscriptionDurable() && topic.isSubscriptionShared()
                && topic.getSubscriptionName().startsWith(service + "-");
    }

    @Test
    void shouldLetAGatewayHearOnlyOutcomesOfItsOwnRequests() {
        routesOf("gateway", "jms").forEach(route -> {
            JmsEndpoint from = consumed(route);
            check(from.isPubSubDomain() && from.getSubscriptionName() == null
                            && String.valueOf(from.getSelector()).matches("gateway='[0-9a-f-]{36}'"),
                    "Let %s subscribe without a name and with the selector gateway='<replica>': what nobody waits for "
                            + "is not kept.", route.getRouteId());
        });
        assertNoComplaints();
    }

    @Test
    void shouldBeginWithReadingTheMessage() {
        routesFrom("jms").forEach(route -> {
            ProcessorDefinition<?> first = steps(route).get(0);
            check(readsTheMessage(first),
                    "Let %s begin with unmarshal: custom: ref: messageReader, not %s.", route.getRouteId(),
                    first.getShortName());
        });
        assertNoComplaints();
    }

    private static boolean readsTheMessage(ProcessorDefinition<?> step) {
        return step instanceof UnmarshalDefinition read && read.getDataFormatType() instanceof CustomDataFormat own
                && own.getRef().equals("messageReader");
    }

    @Test
    void shouldReceiveWhatAStatementDecidesAsTheVerdict() {
        forEachStep((route, step) -> {
            if (isDecision(route, step)) {
                check("verdict".equals(((ToDefinition) step).getVariableReceive()),
                        "Let %s receive what its statement decides as variableReceive: verdict.", where(route, step));
                check(statement(step).matches("(?s).*\\b(select|as) verdict\\b.*"),
                        "Name the column verdict that says what %s decided.", statementFile(step));
            }
        });
        assertNoComplaints();
    }

    private static boolean isStatement(ProcessorDefinition<?> step) {
        return uri(step).startsWith("sql:");
    }

    private static String statementFile(ProcessorDefinition<?> step) {
        return uri(step).replaceFirst("sql:classpath:", "").replaceFirst("\\?.*", "");
    }

    private static String statement(ProcessorDefinition<?> step) {
        return ProjectFiles.read(RESOURCES.resolve(statementFile(step)));
    }

    private static boolean isDecision(RouteDefinition route, ProcessorDefinition<?> step) {
        return input(route).matches("(jms|direct):.*") && uri(step).matches("sql:.*[?&]outputType=SelectOne.*");
    }

    @Test
    void shouldNotQuoteJson() throws IOException {
        forEachStep((route, step) -> check(!quotesJson(step),
                "Do not write JSON as text in %s: it comes from the statement (column event), a bean or marshal.",
                where(route, step)));
        forEachSource((file, text) -> check(!text.matches("(?s).*[{,]\\s*\\\\\"\\w+\\\\\"\\s*:.*"),
                "Do not write JSON as text in %s: it comes from a statement or the one mapper (Json).", file));
        assertNoComplaints();
    }

    private static boolean quotesJson(ProcessorDefinition<?> step) {
        return step instanceof ExpressionNode asked
                && Objects.toString(asked.getExpression().getExpression()).contains("\":");
    }

    @Test
    void shouldHaveOneJsonMapper() throws IOException {
        forEachSource((file, text) -> check(file.endsWith("contract/Json.java")
                        || !text.matches("(?s).*\\b(ObjectMapper|JsonMapper)(\\(|\\.builder).*"),
                "Use Json.mapper() in %s.", file));
        assertNoComplaints();
    }

    private static void forEachSource(BiConsumer<Path, String> visit) throws IOException {
        for (Path sources : List.of(Path.of("routes"), Path.of("src/main/java"))) {
            try (Stream<Path> files = Files.walk(sources)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    visit.accept(file, Files.readString(file));
                }
            }
        }
    }

    @Test
    void shouldPublishLast() {
        forEachStep((route, step) -> {
            if (isPublication(step) && input(route).startsWith("jms:")) {
                stepsAfter(route, step).forEach(later -> check(!mayFail(later),
                        "Move %s after %s: what fails after a publish is repeated together with the publish.",
                        where(route, step), where(route, later)));
            }
        });
        assertNoComplaints();
    }

    /** A message whose lookup fails is put back, and what it has written is committed with the rest of its group. */
    @Test
    void shouldLookUpFirst() {
        forEachStep((route, step) -> {
            if (uri(step).matches("(sql|jms|smtp):.*") && input(route).matches("(jms|direct):.*")) {
                stepsAfter(route, step).forEach(later -> check(!LOOK_UP.matcher(uri(later)).matches(),
                        "Move %s before %s: a message whose lookup fails must not have written anything.",
                        where(route, later), where(route, step)));
            }
        });
        assertNoComplaints();
    }

    private static boolean mayFail(ProcessorDefinition<?> step) {
        return uri(step).matches("(sql|direct|smtp):.*|" + LOOK_UP.pattern());
    }

    // borders of a service

    @Test
    void shouldCallOnlyRoutesOfTheSameService() {
        Set<String> called = new HashSet<>();
        forEachStep((route, step) -> {
            if (uri(step).startsWith("direct:")) {
                String target = uri(step).replaceFirst("direct:", "");
                called.add(target);
                check(target.startsWith(service(route) + "-"),
                        "Do not call %s from %s: services talk by messages and HTTP only.", uri(step),
                        where(route, step));
                check(routes().stream().anyMatch(other -> other.getRouteId().equals(target)),
                        "Write the route %s, which %s calls.", target, where(route, step));
            }
        });
        routesFrom("direct").forEach(route -> {
            check(input(route).equals("direct:" + route.getRouteId()),
                    "Let the route %s start from direct:%1$s, not %s.", route.getRouteId(), input(route));
            check(called.contains(route.getRouteId()), "Remove the route %s: no route calls it.", route.getRouteId());
        });
        assertNoComplaints();
    }

    @Test
    void shouldLookThingsUpAtOtherServicesOnly() {
        forEachStep((route, step) -> {
            var lookUp = LOOK_UP.matcher(uri(step));
            if (lookUp.matches()) {
                check(Services.all().contains(lookUp.group(1)) && !lookUp.group(1).equals(service(route)),
                        "Let %s look up at another service ({{<service>.url}}), not at %s.", where(route, step),
                        lookUp.group(1));
                boolean atTimes = input(route).startsWith("timer:");
                String end = passesOn(route) || atTimes ? "" : "/";
                check(uri(step).matches(atTimes ? "\\{\\{\\w+\\.url}}/\\w+/\\?ids=\\$\\{[^}]+}&httpMethod=GET"
                                : "\\{\\{\\w+\\.url}}(/\\w+(/\\$\\{[^}]+})?)+" + end + "\\?.*httpMethod=GET.*"),
                        "Let %s look up {{<service>.url}}/<things>/${<id>}%s, or at times /<things>/?ids=${<ids>}, "
                                + "with httpMethod GET, not %s.",
                        where(route, step), end, uri(step));
            }
        });
        assertNoComplaints();
    }

    @Test
    void shouldReadWhatASiblingAnsweredInTheNextStep() {
        forEachStep((route, step) -> {
            if (step instanceof ToDynamicDefinition lookUp && LOOK_UP.matcher(uri(step)).matches()
                    && !passesOn(route)) {
                List<ProcessorDefinition<?>> next = stepsAfter(route, step);
                String document = String.valueOf(lookUp.getVariableReceive());
                check(!next.isEmpty() && next.get(0) instanceof ProcessDefinition read
                                && ("read" + StringHelper.capitalize(document)).equals(read.getRef()),
                        "Let %s receive the variable of a document, and the next step be process with ref: "
                                + "read<Document>; nobody believes an answer unread.",
                        where(route, step));
            }
        });
        assertNoComplaints();
    }

    /** Camel looks for placeholders in a URI that headers or expressions make, and a placeholder calls a method. */
    @Test
    void shouldLetNothingOfARequestDecideWhatIsLookedUp() {
        forEachStep((route, step) -> {
            if (input(route).startsWith("platform-http:") && LOOK_UP.matcher(uri(step)).matches()) {
                check(hasNoHeaders(step),
                        "Write .removeHeaders(\"*\") before %s: headers of the request change the URI that is asked "
                                + "for.",
                        where(route, step));
            }
            check(!input(route).startsWith("platform-http:") || !uri(step).startsWith("direct:"),
                    "Do without %s in %s: this test does not follow the headers of a request there.", uri(step),
                    where(route, step));
        });
        assertNoComplaints();
    }

    private static boolean hasNoHeaders(ProcessorDefinition<?> step) {
        List<ProcessorDefinition<?>> together = step.getParent().getOutputs();
        int before = together.indexOf(step) - 1;
        return before >= 0 && together.get(before) instanceof RemoveHeadersDefinition remove
                && "*".equals(remove.getPattern()) && remove.getExcludePattern() == null;
    }

    @Test
    void shouldPutNothingButCheckedUuidsIntoAUri() {
        check(schema("common").at("/$defs/id/pattern").asText().equals("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
                "Let common.json#/$defs/id be a UUID: it goes into URIs.");
        forEachStep((route, step) -> {
            for (String value : placedInUri(step)) {
                check(isCheckedUuid(route, value),
                        "Put nothing into the URI of %s that is not known to be a UUID, like %s: an id of the message"
                        + " (its schema says so), of the path (Documents.readIds) or the one that the gateway made.",
                        where(route, step), value);
            }
            check(placedInUri(step).isEmpty() || startsByItself(route)
                            || stepsAfter(route, step).containsAll(bodySetters(route)),
                    "Move what changes the body behind %s: the ids in its URI are those of the message.",
                    where(route, step));
        });
        assertNoComplaints();
    }

    private static Set<String> placedInUri(ProcessorDefinition<?> step) {
        return step instanceof ToDynamicDefinition ? words("\\$\\{[^}]+}", uri(step)) : Set.of();
    }

    private static boolean isCheckedUuid(RouteDefinition route, String value) {
        String name = value.replaceFirst("\\$\\{body\\[(\\w+)]}", "$1");
        if (input(route).startsWith("jms:")) {
            return isUuid(Addresses.message(consumed(route)), name);
        }
        if (input(route).startsWith("direct:")) {
            List<RouteDefinition> callers = callers(route);
            return !callers.isEmpty()
                    && callers.stream().allMatch(caller -> isUuid(Addresses.message(consumed(caller)), name));
        }
        if (startsByItself(route)) { // ids of its own rows
            return steps(route).stream().anyMatch(step -> isStatement(step) && step instanceof ToDefinition to
                    && value.equals("${variable." + to.getVariableReceive() + "}"));
        }
        return path(route).contains("{" + name + "}") || route.getRouteId().equals("gateway-register")
                && value.equals("${variable.id}");
    }

    private static List<RouteDefinition> callers(RouteDefinition called) {
        return routes().stream().filter(route -> steps(route).stream().map(ServiceRoutes::uri)
                .anyMatch(input(called)::equals)).toList();
    }

    private static boolean isUuid(String message, String field) {
        return schema(message).path("properties").path(field).path("$ref").asText().equals("common.json#/$defs/id");
    }

    private static List<ProcessorDefinition<?>> bodySetters(RouteDefinition route) {
        return input(route).startsWith("platform-http:") ? List.of() // Documents.readIds is one
                : steps(route).stream()
                .filter(step -> Set.of("setBody", "convertBodyTo", "bean").contains(step.getShortName())).toList();
    }

    private static JsonNode schema(String name) {
        try {
            return new ObjectMapper().readTree(RESOURCES.resolve("schemas/" + name + ".json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void shouldUseOnlyTheStatementsAndTheDatabaseOfTheService() {
        forEachStep((route, step) -> {
            if (isStatement(step)) {
                check(uri(step).matches("sql:classpath:sql/%1$s/[a-z-]+\\.sql\\?"
                                .concat("dataSource=#%1$sDatabase(&outputType=SelectOne)?").formatted(service(route))),
                        "Let %s use sql:classpath:sql/%2$s/<statement>.sql with the dataSource #%2$sDatabase, not "
                                + "%3$s.",
                        where(route, step), service(route), uri(step));
            }
        });
        assertNoComplaints();
    }

    @Test
    void shouldUseEveryStatement() throws IOException {
        Set<String> used = new TreeSet<>();
        forEachStep((route, step) -> {
            if (isStatement(step)) {
                used.add(statementFile(step));
            }
        });
        Set<String> written = new TreeSet<>();
        for (Path file : filesBelow("sql")) {
            written.add(RESOURCES.relativize(file).toString().replace('\\', '/'));
        }
        used.forEach(file ->
                check(written.contains(file), "Write the statement src/main/resources/%s: a route uses it.", file));
        written.forEach(file -> check(used.contains(file), "Remove src/main/resources/%s: no route uses it.", file));
        assertNoComplaints();
    }

    @Test
    void shouldNameNoSchemaInAStatement() throws IOException {
        List<Path> ofServices = new ArrayList<>(filesBelow("sql"));
        ofServices.addAll(filesBelow("db"));
        ofServices.remove(RESOURCES.resolve("db/create-roles.sql"));
        for (Path file : ofServices) {
            check(!ProjectFiles.read(file).matches("(?s).*\\w+_service\\..*"),
                    "Name no schema in %s: a service sees its own, which is its search path.", file);
        }
        assertNoComplaints();
    }

    private static List<Path> filesBelow(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(RESOURCES.resolve(folder))) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /** A transaction is that of a group of messages: its start is earlier than what a step tells the time of. */
    @Test
    void shouldTellTheTimeOfTheStepNotOfItsGroup() {
        forEachStep((route, step) -> check(startsByItself(route) || !isStatement(step)
                        || !statement(step).replaceAll("--.*", "").matches(TIME_OF_THE_GROUP),
                "Take clock_timestamp() in src/main/resources/%s.", statementFile(step)));
        assertNoComplaints();
    }

    private static void forEachStep(BiConsumer<RouteDefinition, ProcessorDefinition<?>> visit) {
        routes().forEach(route -> steps(route).forEach(step -> visit.accept(route, step)));
    }

    /** A long line goes on below, under what it says. */
    private static String headLine(String file, String word) {
        Matcher line = Pattern.compile("\n[# *]+" + word + "  .*(\n[# *]{1,2} {8,}.*)*").matcher(file);
        return line.find() ? line.group().replaceFirst(" \\(.*", "") : "";
    }

    private static Set<String> words(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(found -> found.group()).collect(Collectors.toSet());
    }

    private void check(boolean kept, String complaint, Object... about) {
        if (!kept) {
            complaints.add(complaint.formatted(about));
        }
    }

    private void assertNoComplaints() {
        assertThat(String.join("\n", complaints)).isEmpty();
    }
}
