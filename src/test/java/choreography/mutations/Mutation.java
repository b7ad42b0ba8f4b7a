package choreography.mutations;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import choreography.catalogue.ProjectFiles;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/**
 * A protection that is taken away by a change of one text.
 *
 * @param taken   what is taken away, in words
 * @param replace stands in the file exactly once
 * @param test    class (or class#method) that must fail then, and options of the run if it needs some
 */
public record Mutation(@JsonProperty("taken away") String taken, Path file, String replace, String with, String test) {

    static final Path LIST = Path.of("src/test/resources/mutations.yaml");

    static List<Mutation> all() {
        try {
            return new YAMLMapper().readValue(LIST.toFile(), new TypeReference<>() { });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String testClass() {
        return test.split("[ #]")[0];
    }

    boolean isApplicable() {
        return ProjectFiles.read(file).split(Pattern.quote(replace), -1).length == 2 && !replace.equals(with);
    }

    /** @return the text of the file before */
    String applyIn(Path checkout) throws IOException {
        String before = Files.readString(checkout.resolve(file));
        Files.writeString(checkout.resolve(file), before.replace(replace, with));
        return before;
    }
}
