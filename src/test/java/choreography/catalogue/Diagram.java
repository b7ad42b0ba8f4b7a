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

    /**
     * What one participant does, because of something.
     *
     * @param cause the message it consumed or the request it got; null for an input
     */
    public record Step(String participant, String cause, String act) {
        @Override
        public String toString() {
            return participant + (cause == null ? "" : ", on " + cause + ",") + " " + act;
        }
    }

    static final String BROKER = "Message Broker";
    public static final Path OURS = Path.of("docs/choreography.mmd");
    public static final Path SEED = Path.of("src/test/resources/seed-choreography.mmd");

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
                steps.add(new Step(publisher, cause.get(publisher), "publishes " + message));
            } else if (arrow.matches()) {
                String from = arrow.group(1);
                String to = arrow.group(2);
                String text = arrow.group(3);
                if (to.equals(BROKER)) {
                    publisher = from;
                } else if (from.equals(BROKER)) {
                    steps.add(new Step(to, null, "consumes " + message));
                    cause.put(to, message);
                } else if (from.equals("User")) {
                    steps.add(new Step(to, null, "answers " + text));
                    cause.put(to, text);
                } else if (to.equals("User")) {
                    steps.add(new Step(from, cause.get(from), "responds"));
                } else if (from.equals(to)) {
                    steps.add(new Step(from, cause.get(from), "is " + text));
                } else if (text.startsWith("GET ")) {
                    steps.add(new Step(from, cause.get(from), "asks " + to + " " + text));
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
            String participant = participant(act.service());
            String cause = causeOf.get(act.routeId());
            if (act instanceof RouteModel.Consumes consumes) {
                steps.add(new Step(participant, null, "consumes " + consumes.message()));
                causeOf.put(act.routeId(), consumes.message());
            } else if (act instanceof RouteModel.Answers answers && answers.method().equals("POST")) {
                steps.add(new Step(participant, null, "answers POST " + answers.path()));
                causeOf.put(act.routeId(), "POST " + answers.path());
            } else if (act instanceof RouteModel.Publishes publishes) {
                steps.add(new Step(participant, cause, "publishes " + publishes.message()));
            } else if (act instanceof RouteModel.LooksUp looksUp && !act.service().equals("gateway")) {
                steps.add(new Step(participant, cause, lookUp(looksUp.targetService(), looksUp.path())));
            } else if (act instanceof RouteModel.SendsMail) {
                steps.add(new Step(participant, cause, "is sending email"));
            }
        }
        for (RouteDefinition route : model.routes()) {
            ProcessorDefinition<?> last = route.getOutputs().get(route.getOutputs().size() - 1);
            if (route.getInput().getEndpointUri().startsWith("platform-http:")
                    && last instanceof ChoiceDefinition answers) {
                answers.getWhenClauses().forEach(when -> steps.addAll(answersOn(when)));
            } else if (causeOf.containsKey(route.getRouteId()) && last instanceof SendDefinition<?> to
                    && to.getEndpointUri().startsWith("sql:")) {
                steps.add(new Step(participant(service(route)), causeOf.get(route.getRouteId()),
                        "is " + to.getDescriptionText()));
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
            if (step instanceof ToDynamicDefinition to) {
                Matcher uri = Pattern.compile("\\{\\{(\\w+)\\.url}}([^?]*).*").matcher(to.getUri());
                if (uri.matches()) {
                    steps.add(new Step("Gateway", outcome.group(1),
                            lookUp(uri.group(1), uri.group(2).replaceAll("\\$\\{[^}]*}", "{id}"))));
                }
            }
        }
        steps.add(new Step("Gateway", outcome.group(1), "responds"));
        return steps;
    }

    static String lookUp(String service, String path) {
        return "asks " + participant(service) + " GET " + path;
    }

    static String participant(String service) {
        return service.equals("gateway") ? "Gateway" : Character.toUpperCase(service.charAt(0)) + service.substring(1)
                + " Service";
    }

    private static String service(RouteDefinition route) {
        return route.getRouteId().substring(0, route.getRouteId().indexOf('-'));
    }

    /**
     * Prints steps as a sequence diagram. Unlike the one in docs/ it has a block for what each message brings about.
     */
    static String print(List<Step> steps) {
        StringBuilder mermaid = new StringBuilder("sequenceDiagram\n\n");
        List.of("User", "Gateway", BROKER).forEach(one -> mermaid.append("participant ").append(one).append('\n'));
        RouteModel.SERVICES.stream().skip(1)
                .forEach(service -> mermaid.append("participant ").append(participant(service)).append('\n'));
        for (Step input : steps) {
            if (input.act().startsWith("answers ")) {
                String request = input.act().substring("answers ".length());
                mermaid.append("\nUser->>").append(input.participant()).append(": ").append(request).append('\n');
                printCausedBy(request, input.participant(), steps, mermaid);
            }
        }
        return mermaid.toString();
    }

    private static void printCausedBy(String cause, String participant, List<Step> steps, StringBuilder mermaid) {
        for (Step step : steps) {
            if (!cause.equals(step.cause()) || !participant.equals(step.participant())) {
                continue;
            }
            String act = step.act();
            if (act.startsWith("publishes ")) {
                String message = act.substring("publishes ".length());
                mermaid.append(participant).append("->>" + BROKER + ": publish\nNote right of " + BROKER + ": ")
                        .append(message).append('\n');
                mermaid.append("opt ").append(message).append('\n');
                List<Step> consumers = steps.stream().filter(other -> other.act().equals("consumes " + message))
                        .toList();
                consumers.forEach(consumer -> mermaid.append(BROKER + "-->>").append(consumer.participant())
                        .append(": consume\n"));
                consumers.forEach(consumer -> printCausedBy(message, consumer.participant(), steps, mermaid));
                mermaid.append("end\n");
            } else if (act.startsWith("asks ")) {
                String asked = act.substring("asks ".length(), act.indexOf(" GET "));
                mermaid.append(participant).append("->>").append(asked).append(": ")
                        .append(act.substring(act.indexOf("GET "))).append('\n');
                mermaid.append(asked).append("-->>").append(participant).append(": ")
                        .append(asked.substring(0, asked.indexOf(' ')).toLowerCase()).append(" info\n");
            } else if (act.equals("responds")) {
                mermaid.append(participant).append("-->>User: response\n");
            } else {
                mermaid.append(participant).append(" ->> ").append(participant).append(": ")
                        .append(act.substring("is ".length())).append('\n');
            }
        }
    }

    /** Prints the diagram of the routes or, with the argument {@code run}, of a run. */
    public static void main(String... arguments) throws Exception {
        if (List.of(arguments).contains("run")) {
            System.out.println(print(RecordedRun.ofBothFlows().stream().distinct().toList()));
            System.exit(0);
        }
        System.out.println(print(read(RouteModel.load())));
    }
}
