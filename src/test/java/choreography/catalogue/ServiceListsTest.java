package choreography.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

import choreography.contract.Services;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The services are the files of {@code camel/}. These places have to name them for people who run the system; all
 * others ask {@link Services}. ({@code SettingsTest} compares docs/configuration.md with application.properties.)
 */
class ServiceListsTest {

    private static final Path RESOURCES = Path.of("src/main/resources");
    private static final Properties SETTINGS = new Properties();

    @BeforeAll
    static void read() throws IOException {
        try (var file = Files.newBufferedReader(RESOURCES.resolve("application.properties"))) {
            SETTINGS.load(file);
        }
    }

    @Test
    void shouldRunEachServiceByDefault() {
        Set<String> all = new TreeSet<>(Services.all());
        all.add("sandbox");
        assertThat(new TreeSet<>(Set.of(SETTINGS.getProperty("services").split(","))))
                .as("the default of services in application.properties: a file of camel/ each, and the sandbox")
                .isEqualTo(all);
    }

    @Test
    void shouldSayWhereEachServiceIsAsked() {
        for (String service : Topology.allBut("gateway").split(",")) {
            assertThat(SETTINGS).as("Add to application.properties: %s.url = http://localhost:{{http.port}}", service)
                    .containsEntry(service + ".url", "http://localhost:{{http.port}}");
        }
    }

    @Test
    void shouldGiveEachServiceThatHasTablesARoleAndItsPassword() throws IOException {
        String roles = Files.readString(RESOURCES.resolve("db/create-roles.sql"));
        for (String service : Services.all()) {
            if (Files.isDirectory(RESOURCES.resolve("db/" + service))) {
                assertThat(roles).as("Add to the roles of db/create-roles.sql: '%s_service'", service)
                        .contains("'" + service + "_service'");
                assertThat(SETTINGS).as("Add to application.properties: %1$s.database-password = %1$s_service", service)
                        .containsEntry(service + ".database-password", service + "_service");
            }
        }
    }
}
