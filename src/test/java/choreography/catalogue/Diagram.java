package choreography.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import choreography.contract.Services;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.WhenDefinition;

/**
 * The choreography as a list of steps, from wherever it is told: a Mermaid sequence diagram, the routes, or a run
 * ({@link RecordedRun}). So they can be compared, and each can be printed as a diagram.
 */
public final class Diagram {

    /** What is seen of a step. */
    public sealed interface Act { }

    /** @param request of a caller: {@code POST /order} */
    public record Answers(String request) implements Act { }

    public record Consumes(String message) implements Act { }

    public record Publishes(String message) implements Act { }

    /** @param path each id in it written {id} */
    public record Asks(String service, String path) implements Act { }

    /** @param what is being done: {@code sending email} */
    public record Does(String what) implements Act { }

    /** To the caller. */
    public record Responds() implements Act { }

    /**
     * What one service does, because of something.
     *
     * @param cause the message it consumed or the request it got; null for an input
     */
    public record Step(String service, String cause, Act act) { }

    static final String BROKER = "Message Broker";
    public static final Path OURS = Path.of("docs/choreography.mmd");
    public static final Path SEED = Path.of("src/test/resources/seed-choreography.mmd");

    private static final String USER = "User";
    private static final String SERVICE = " Service";
    private static final Pattern ARROW = Pattern.compile("(.+?)\\s*--?>>\\s*(.+?): (.+)");
    private static final Pattern NOTE = Pattern.compile("Note (?:left|right) of " + BROKER + ": (\\w+)");
    private static final Pattern OUTCOME = Pattern.compile("\\$\\{variable.outcome} == '(\\w+)'");

    private Diagram() { }

    /** The lines that say something: arrows and the names of messages. */
    static List<String> statements(Path mermaid) throws IOException {
        return Files.readAllLines(mermaid).stream().map(String::strip)
                .filter(line -> ARROW.matcher(line).matches() || NOTE.matcher(line).matches()).toList();
    }

    /** Reads a sequence diagram: the name of a message stands in the note after its publish arrow. */
    public static List<Step> read(Path mermaid) throws IOException {
        List<Step> steps = new ArrayList<>();
        Map<String, String> cause = new HashMap<>();
        Deque<Map<String, String>> beforeBlock = new ArrayDeque<>();
        String publisher = null;
        String message = null;
        for (String line : Files.readAllLines(mermaid).stream().map(String::strip).toList()) {
            Matcher arrow = ARROW.matcher(line);
            Matcher note = NOTE.matcher(line);
            if (line.startsWith("alt ") || line.startsWith("opt ")) {
                beforeBlock.push(Map.copyOf(cause));
            } else if (line.startsWith("else ")) {
                cause = new HashMap<>(beforeBlock.element());
            } else if (line.equals("end")) {
                cause = new HashMap<>(beforeBlock.pop());
            } else if (note.matches()) {
                message = note.group(1);
                steps.add(new Step(publisher, cause.get(publisher), new Publishes(message)));
            } else if (arrow.matches()) {
                String from = arrow.group(1);
                String to = arrow.group(2);
                String text = arrow.group(3);
                if (to.equals(BROKER)) {
                    publisher = service(from);
                } else if (from.equals(BROKER)) {
                    steps.add(new Step(service(to), null, new Consumes(message)));
                    cause.put(service(to), message);
                } else if (from.equals(USER)) {
                    steps.add(new Step(service(to), null, new Answers(text)));
                    cause.put(service(to), text);
                } else if (to.equals(USER)) {
                    steps.add(new Step(service(from), cause.get(service(from)), new Responds()));
                } else if (from.equals(to)) {
                    steps.add(new Step(service(from), cause.get(service(from)), new Does(text)));
                } else if (text.startsWith("GET ")) {
                    Act asks = new Asks(service(to), text.substring("GET ".length()));
                    steps.add(new Step(service(from), cause.get(service(from)), asks));
                } // else the answer to it
            }
        }
        return distinct(steps);
    }

    /** Reads the routes of all services. */
    public static List<Step> read(RouteModel model) {
        List<Step> steps = new ArrayList<>();
        Map<String, String> causeOf = new HashMap<>();
        for (RouteModel.Act act : model.acts()) {
            String service = act.service();
            String cause = causeOf.get(act.routeId());
            if (act instanceof RouteModel.Consumes consumes) {
                steps.add(new Step(service, null, new Consumes(consumes.message())));
                causeOf.put(act.routeId(), consumes.message());
            } else if (act instanceof RouteModel.Answers answers && answers.method().equals("POST")) {
                String request = "POST " + answers.path();
                steps.add(new Step(service, null, new Answers(request)));
                causeOf.put(act.routeId(), request);
            } else if (act instanceof RouteModel.Publishes publishes) {
                steps.add(new Step(service, cause, new Publishes(publishes.message())));
            } else if (act instanceof RouteModel.LooksUp looksUp && !service.equals("gateway")) {
                steps.add(new Step(service, cause, new Asks(looksUp.targetService(), looksUp.path())));
            } else if (act instanceof RouteModel.SendsMail) {
                steps.add(new Step(service, cause, new Does("sending email")));
            }
        }
        for (RouteDefinition route : model.routes()) {
            ProcessorDefinition<?> last = route.getOutputs().get(route.getOutputs().size() - 1);
            if (route.getInput().getEndpointUri().startsWith("platform-http:")
                    && last instanceof ChoiceDefinition answers) {
                answers.getWhenClauses().forEach(when -> steps.addAll(answersOn(when)));
            } else if (causeOf.containsKey(route.getRouteId()) && last instanceof SendDefinition<?> to
                    && to.getEndpointUri().startsWith("sql:")) {
                steps.add(new Step(Services.of(route.getRouteId()), causeOf.get(route.getRouteId()),
                        new Does(to.getDescriptionText())));
            }
        }
        return distinct(steps);
    }

    /** RequestRefused has one consumer, but is drawn in both flows. */
    private static List<Step> distinct(List<Step> steps) {
        return steps.stream().distinct().toList();
    }

    /** What the gateway does on an outcome, until it has answered. */
    private static List<Step> answersOn(WhenDefinition when) {
        Matcher outcome = OUTCOME.matcher(when.getExpression().getExpression());
        if (!outcome.matches()) {
            throw new IllegalStateException("The gateway decides by something else than the outcome: "
                    + when.getExpression());
        }
        List<Step> steps = new ArrayList<>();
        for (ProcessorDefinition<?> step : when.getOutputs()) {
            if (step instanceof ToDynamicDefinition to && RouteModel.askedService(to.getUri()) != null) {
                steps.add(new Step("gateway", outcome.group(1),
                        new Asks(RouteModel.askedService(to.getUri()), RouteModel.askedPath(to.getUri()))));
            }
        }
        steps.add(new Step("gateway", outcome.group(1), new Responds()));
        return steps;
    }

    private static String participant(String service) {
        String name = Character.toUpperCase(service.charAt(0)) + service.substring(1);
        return service.equals("gateway") ? name : name + SERVICE;
    }

    private static String service(String participant) {
        return participant.replace(SERVICE, "").toLowerCase();
    }

    /**
     * Prints steps as a sequence diagram. Unlike the one in docs/ it has a block for what each message brings about.
     */
    static String print(List<Step> steps) {
        StringBuilder mermaid = new StringBuilder("sequenceDiagram\n\nparticipant " + USER + "\n");
        List<String> services = steps.stream().map(Step::service).distinct().map(Diagram::participant)
                .collect(Collectors.toCollection(ArrayList::new));
        services.add(1, BROKER);
        services.forEach(service -> mermaid.append("participant ").append(service).append('\n'));
        for (Step input : steps) {
            if (input.act() instanceof Answers answers) {
                mermaid.append('\n').append(arrow(USER, "->>", participant(input.service()), answers.request()));
                printCausedBy(answers.request(), input.service(), steps, mermaid);
            }
        }
        return mermaid.toString();
    }

    private static void printCausedBy(String cause, String service, List<Step> steps, StringBuilder mermaid) {
        String self = participant(service);
        for (Step step : steps) {
            if (!cause.equals(step.cause()) || !service.equals(step.service())) {
                continue;
            }
            if (step.act() instanceof Publishes publishes) {
                String message = publishes.message();
                mermaid.append(arrow(self, "->>", BROKER, "publish"));
                mermaid.append("Note right of ").append(BROKER).append(": ").append(message).append('\n');
                mermaid.append("opt ").append(message).append('\n');
                List<String> consumers = steps.stream().filter(other -> other.act().equals(new Consumes(message)))
                        .map(Step::service).toList();
                consumers.forEach(to -> mermaid.append(arrow(BROKER, "-->>", participant(to), "consume")));
                consumers.forEach(to -> printCausedBy(message, to, steps, mermaid));
                mermaid.append("end\n");
            } else if (step.act() instanceof Asks asks) {
                mermaid.append(arrow(self, "->>", participant(asks.service()), "GET " + asks.path()));
                mermaid.append(arrow(participant(asks.service()), "-->>", self, asks.service() + " info"));
            } else if (step.act() instanceof Responds) {
                mermaid.append(arrow(self, "-->>", USER, "response"));
            } else if (step.act() instanceof Does does) {
                mermaid.append(arrow(self, " ->> ", self, does.what()));
            }
        }
    }

    private static String arrow(String from, String line, String to, String text) {
        return from + line + to + ": " + text + "\n";
    }

    /** Prints the diagram of the routes or, with the argument {@code run}, of a run. */
    public static void main(String... arguments) throws Exception {
        if (List.of(arguments).contains("run")) {
            System.out.println(print(RecordedRun.ofBothFlows().stream().distinct().toList()));
            System.exit(0);
        }
        System.out.println(print(read(RouteModel.load())));
        System.exit(0);
    }
}
