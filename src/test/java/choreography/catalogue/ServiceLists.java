package choreography.catalogue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import choreography.contract.Services;

/**
 * The places that name each service for people who run the system. What they say follows from the files of
 * {@code camel/} and of {@code db/}; the order is that of the diagram.
 */
final class ServiceLists {

    static final Path SETTINGS = Path.of("src/main/resources/application.properties");
    static final Path ROLES = Path.of("src/main/resources/db/create-roles.sql");
    static final Path PAGE = Path.of("docs/configuration.md");

    private static final Pattern PARTICIPANT = Pattern.compile("(?m)^participant (Gateway|\\w+(?= Service$))");
    private static final String URL = "http://localhost:{{http.port}}";

    private final List<String> all;
    private final List<String> asked;
    private final List<String> withTables;

    ServiceLists() throws IOException {
        Set<String> ordered = new LinkedHashSet<>();
        PARTICIPANT.matcher(Files.readString(Diagram.OURS)).results()
                .map(participant -> participant.group(1).toLowerCase(Locale.ROOT))
                .filter(Services.all()::contains).forEach(ordered::add);
        ordered.addAll(Services.all());
        all = List.copyOf(ordered);
        asked = all.stream().filter(service -> !service.equals("gateway")).toList();
        withTables = all.stream().filter(service -> Files.isDirectory(ROLES.resolveSibling(service))).toList();
    }

    String settings(String file) {
        String services = replace(file, "(?m)^services = .*\n", "services = %s\n".formatted(parts()));
        String passwords = replace(services, "(?m)(^\\w+\\.database-password *= .*\n)+",
                lines(withTables, service -> "%s.database-password = %s_service\n".formatted(service, service)));
        return replace(passwords, "(?m)(^\\w+\\.url += \\Q" + URL + "\\E\n)+",
                lines(asked, service -> "%s.url = %s\n".formatted(service, URL)));
    }

    String roles(String file) {
        return replace(file, "array\\['.*?']", "array[%s]".formatted(
                withTables.stream().map("'%s_service'"::formatted).collect(Collectors.joining(", "))));
    }

    String page(String file) {
        String services = replace(file, "(?m)^\\| `services` \\| [^|]*", "| `services` | `%s` ".formatted(parts()));
        String passwords = replace(services, "(?m)^\\| `\\w+\\.database-password`[^|]*\\|[^|]*",
                "| %s | %s ".formatted(codes(withTables, "%s.database-password"::formatted),
                        codes(withTables, "%s_service"::formatted)));
        return replace(passwords, "(?m)^\\| `\\w+\\.url`[^|]*\\| `\\Q" + URL + "\\E` ",
                "| %s | `%s` ".formatted(codes(asked, "%s.url"::formatted), URL));
    }

    private String parts() {
        return "sandbox," + String.join(",", all);
    }

    private static String replace(String file, String what, String with) {
        Matcher found = Pattern.compile(what).matcher(file);
        if (!found.find()) {
            throw new IllegalStateException("There is no place for " + with);
        }
        return found.replaceFirst(Matcher.quoteReplacement(with));
    }

    private static String lines(List<String> services, UnaryOperator<String> line) {
        return services.stream().map(line).collect(Collectors.joining());
    }

    private static String codes(List<String> services, UnaryOperator<String> code) {
        return services.stream().map(code.andThen("`%s`"::formatted)).collect(Collectors.joining(", "));
    }
}
