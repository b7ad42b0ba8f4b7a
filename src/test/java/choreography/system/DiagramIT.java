package choreography.system;

import java.util.List;

import choreography.catalogue.Diagram;
import choreography.catalogue.RecordedRun;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The diagram is what really happens. */
class DiagramIT {

    @Test
    void shouldDoWhatTheDiagramsSayAndNothingElse() throws Exception {
        try (RecordedRun run = new RecordedRun()) {
            String userId = run.register("ada@example.com");
            run.order(userId, "BOOK-1", "PAYED");
            List<Diagram.Step> bothFlows = run.steps();
            assertThat(bothFlows).containsAll(Diagram.read(Diagram.SEED)).doesNotHaveDuplicates();
            assertInOrder(bothFlows);

            run.register("ada@example.com");
            run.order(userId, "NO-SUCH-SKU", null);
            run.order(userId, "SADDLE-1", "CANCELLED");
            run.reuseKeys(userId);
            assertThat(run.steps().stream().distinct())
                    .as("steps of the run, against the arrows of docs/choreography.mmd")
                    .containsExactlyInAnyOrderElementsOf(Diagram.read(Diagram.OURS));
        }
    }

    /** Where the diagram fixes an order: what one participant does for one cause, and consuming after publishing. */
    private static void assertInOrder(List<Diagram.Step> run) throws Exception {
        List<Diagram.Step> drawn = Diagram.read(Diagram.OURS).stream().filter(run::contains).toList();
        for (Diagram.Step step : drawn) {
            assertThat(run.stream().filter(other -> sameActivity(step, other)))
                    .as("what %s does on %s", step.service(), step.cause())
                    .containsExactlyElementsOf(drawn.stream().filter(other -> sameActivity(step, other)).toList());
            if (step.act() instanceof Diagram.Consumes consumes) {
                String message = consumes.message();
                assertThat(run.stream().map(Diagram.Step::act))
                        .containsSubsequence(new Diagram.Publishes(message), consumes);
                assertThat(run.stream().filter(other -> other.equals(step)
                        || other.service().equals(step.service()) && message.equals(other.cause()))).first()
                        .isEqualTo(step);
            }
        }
    }

    private static boolean sameActivity(Diagram.Step step, Diagram.Step other) {
        return step.cause() != null && step.service().equals(other.service()) && step.cause()
                .equals(other.cause());
    }
}
