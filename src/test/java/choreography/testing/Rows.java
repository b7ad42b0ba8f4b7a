package choreography.testing;

import java.util.List;

/** Reads what the services have written into the database of {@link Servers}. */
public final class Rows {

    private Rows() { }

    /** @return each row as text, its columns separated by {@code " | "} */
    public static List<String> of(String query, String... ids) {
        return DatabaseClient.of(Servers.sandbox()).rows(query, ids).stream().map(row -> String.join(" | ", row))
                .toList();
    }

    /** Executes a statement that returns nothing, as the administrator. */
    public static void change(String statement) {
        DatabaseClient.of(Servers.sandbox()).execute(statement);
    }
}
