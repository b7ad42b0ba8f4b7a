package choreography.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Code that a page shows as the whole of a file is that file. */
class ShownCodeTest {

    @Test
    void shouldShowHowToTestARouteByATestThatRuns() throws IOException {
        String test = Files.readString(Path.of("src/test/java/choreography/billing/ChargeOrderTest.java"));

        assertThat(Path.of("docs/test-a-route.md")).content().contains("```java\n" + test + "```");
    }
}
