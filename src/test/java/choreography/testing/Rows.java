package choreography.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import choreography.sandbox.Sandbox;

/** Reads what the services have written. */
public final class Rows {

    private Rows() { }

    /** @return each row as text, its columns separated by {@code " | "} */
    public static List<String> of(String query, String... ids) {
        try (Connection connection = connect();
             PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < ids.length; i++) {
                statement.setObject(i + 1, UUID.fromString(ids[i]));
            }
            try (ResultSet result = statement.executeQuery()) {
                List<String> rows = new ArrayList<>();
                while (result.next()) {
                    List<String> columns = new ArrayList<>();
                    for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                        columns.add(result.getString(i));
                    }
                    rows.add(String.join(" | ", columns));
                }
                return rows;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Executes a statement that returns nothing, as the administrator. */
    public static void change(String statement) {
        try (Connection connection = connect()) {
            connection.createStatement().execute(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Connection connect() throws SQLException {
        Sandbox sandbox = Servers.sandbox();
        return DriverManager.getConnection(sandbox.databaseUrl(), "postgres", sandbox.databasePassword());
    }
}
