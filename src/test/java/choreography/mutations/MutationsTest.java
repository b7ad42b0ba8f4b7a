package choreography.mutations;

import java.util.List;

import choreography.catalogue.ProjectFiles;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** The list of protections that {@link Mutations} takes away fits the files, and the document tells of no others. */
class MutationsTest {

    private static final List<Mutation> ALL = Mutation.all();

    @Test
    void shouldFindWhatIsTakenAway() {
        assertThat(ALL.stream().filter(each -> !each.isApplicable())
                .map(each -> "%s: the text to replace must be in %s once".formatted(each.taken(), each.file())))
                .isEmpty();
        assertThat(ALL).extracting(Mutation::taken).doesNotHaveDuplicates();
    }

    @Test
    void shouldNameTestsThatAreThere() {
        List<String> classes = ProjectFiles.all().stream().map(file -> file.getFileName().toString()).toList();
        assertThat(ALL).allSatisfy(each -> assertThat(classes).contains(each.testClass() + ".java"));
    }

    @Test
    void shouldHaveNoOtherRowsInTheDocument() {
        String document = ProjectFiles.read(Mutations.DOCUMENT);
        String table = document.substring(document.indexOf(Mutations.HEAD) + Mutations.HEAD.length()).split("\n\n")[0];
        List<String> begins = ALL.stream().map(Mutations::begin).toList();
        assertThat(table.lines()).as("Write the table anew: mvn -q test-compile exec:java@mutations -Dupdate-docs")
                .isNotEmpty()
                .allMatch(row -> begins.stream().anyMatch(row::startsWith) && !row.contains("NOTHING"));
    }
}
