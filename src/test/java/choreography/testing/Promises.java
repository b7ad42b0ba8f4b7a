package choreography.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What must be true in the databases when everything has come to its end: {@code promises.sql}. */
public final class Promises {

    /** @param title its words in docs/reliability.md; @param query finds what breaks it, a sentence each */
    public record Promise(String title, String query) { }

    private static final Pattern PROMISE = Pattern.compile("(?ms)^-- ([^\\n]+)\\n(select .*?);$");

    private Promises() { }

    public static List<Promise> all() {
        try (var file = Promises.class.getResourceAsStream("/promises.sql")) {
            return PROMISE.matcher(new String(file.readAllBytes(), UTF_8)).results()
                    .map(found -> new Promise(found.group(1), found.group(2))).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return a sentence for each violation */
    public static List<String> broken(Connection database) throws SQLException {
        return broken(database, all());
    }

    /** @param promises some of all */
    public static List<String> broken(Connection database, List<Promise> promises) throws SQLException {
        List<String> violations = new ArrayList<>();
        for (Promise promise : promises) {
            DatabaseClient.rows(database, promise.query()).forEach(row -> violations.add(row.get(0)));
        }
        return violations;
    }
}
