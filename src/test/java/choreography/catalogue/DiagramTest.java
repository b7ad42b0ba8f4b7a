package choreography.catalogue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The diagram is what the routes do. */
class DiagramTest {

    @Test
    void shouldDrawWhatTheRoutesDo() throws Exception {
        assertThat(Diagram.read(RouteModel.load()))
                .as("steps of the routes, against the arrows of docs/choreography.mmd")
                .containsExactlyInAnyOrderElementsOf(Diagram.read(Diagram.OURS));
    }

    @Test
    void shouldKeepEveryArrowOfTheSpecificationInItsOrder() throws Exception {
        assertThat(Diagram.statements(Diagram.OURS)).containsSubsequence(Diagram.statements(Diagram.SEED));
    }

    @Test
    void shouldPrintADiagramThatSaysTheSame() throws Exception {
        List<Diagram.Step> steps = Diagram.read(RouteModel.load());
        Path printed = Files.createTempFile("choreography", ".mmd");
        Files.writeString(printed, Diagram.print(steps));
        assertThat(Diagram.read(printed)).containsExactlyInAnyOrderElementsOf(steps);
        Files.delete(printed);
    }
}
