package choreography.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import choreography.contract.Schemas;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What a machine reads is the same whatever language the JVM speaks. */
class LocaleTest {

    /** Formats that write digits of the language; %s does not. */
    private static final Pattern LOCAL = Pattern.compile("%[-#+ 0,(]*\\d*(\\.\\d+)?[defgtT]"
            + "|\\.to(Lower|Upper)Case\\(\\)|DecimalFormat|NumberFormat\\b|SimpleDateFormat|MessageFormat");

    private final Locale before = Locale.getDefault();

    @AfterEach
    void restore() {
        Locale.setDefault(before);
    }

    @Test
    void shouldFormatNoNumberWithoutSayingHow() throws IOException {
        List<String> found = new ArrayList<>();
        for (String folder : List.of("src/main/java", "routes", "bench")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    Files.readAllLines(file).stream()
                            .filter(line -> LOCAL.matcher(line).find() && !line.contains("Locale.ROOT"))
                            .forEach(line -> found.add(file + ": " + line.strip()));
                }
            }
        }
        assertThat(found).as("Write numbers by %s or with Locale.ROOT").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar-EG", "th-TH-u-nu-thai", "hi-u-nu-deva", "tr"})
    void shouldSayWhatIsWrongInTheSameWords(String language) {
        Locale.setDefault(Locale.forLanguageTag(language));

        assertThatThrownBy(() -> new Schemas().read("PlaceOrderRequest", "{\n nonsense"))
                .hasMessage("is not JSON (line 2, column 2)");
        assertThatThrownBy(() -> new Schemas().read("PlaceOrderRequest",
                "{\"userId\":\"0c5f8a52-7b0e-4a6e-9d9b-5a3a4f1f2c33\",\"lines\":[{\"sku\":\"A\",\"quantity\":1001}]}"))
                .hasMessage("/lines/0/quantity: must have a maximum value of 1000");
    }
}
