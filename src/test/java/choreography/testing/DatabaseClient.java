package choreography.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import choreography.sandbox.Sandbox;

/** Reads and changes a database, as its administrator. */
public record DatabaseClient(String url, String password) {

    public static DatabaseClient of(Sandbox sandbox) {
        return new DatabaseClient(sandbox.databaseUrl(), sandbox.databasePassword());
    }

    public Connection connect() throws SQLException {
        return DriverManager.getConnection(url, "postgres", password);
    }

    /** @return the columns of each row, as text */
    public List<List<String>> rows(String query, String... ids) {
        try (Connection connection = connect()) {
            return rows(connection, query, ids);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @return the columns of each row, as text */
    public static List<List<String>> rows(Connection connection, String query, String... ids) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < ids.length; i++) {
                statement.setObject(i + 1, UUID.fromString(ids[i]));
            }
            try (ResultSet found = statement.executeQuery()) {
                List<List<String>> rows = new ArrayList<>();
                while (found.next()) {
                    List<String> columns = new ArrayList<>();
                    for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
                        columns.add(found.getString(i));
                    }
                    rows.add(columns);
                }
                return rows;
            }
        }
    }

    /** The first column of the first row. */
    public String text(String query) {
        return rows(query).get(0).get(0);
    }

    public void execute(String... statements) {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
