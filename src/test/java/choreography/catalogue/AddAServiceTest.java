package choreography.catalogue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** docs/add-a-service.md counts right. What it says is done by .ci/try-tutorial. */
class AddAServiceTest {

    private static final Pattern FILE = Pattern.compile("(?s)```(diff|yaml|sql|json|java)\n(.*?)```");

    @Test
    void shouldCountTheFilesAndLinesThatAServiceTakes() throws Exception {
        String page = Files.readString(Path.of("docs/add-a-service.md"));
        List<MatchResult> files = FILE.matcher(page).results().toList();

        assertThat(page).contains("\n%d files, %d lines.\n".formatted(files.size(),
                files.stream().mapToLong(AddAServiceTest::linesWritten).sum()));
    }

    private static long linesWritten(MatchResult file) {
        boolean difference = file.group(1).equals("diff");
        return file.group(2).lines().filter(line -> !difference || line.matches("\\+(?!\\+\\+).*")).count();
    }
}
