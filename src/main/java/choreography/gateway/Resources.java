package choreography.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

import choreography.contract.Services;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.apache.camel.CamelContext;
import org.apache.camel.support.ResourceHelper;

/** What callers can read, and of whom: the files of the services say it. */
public final class Resources {

    /** @param path with the names of ids in braces; @param owner the service that knows */
    public record Resource(String path, String owner) { }

    private static final String HTTP = "platform-http:";
    /** The first step of what services ask each other. */
    private static final String FOR_SIBLINGS = "readListedIds";

    private Resources() { }

    public static List<Resource> all(CamelContext camel) throws IOException {
        List<Resource> all = new ArrayList<>();
        for (String service : Services.all()) {
            try (InputStream file = ResourceHelper.resolveMandatoryResourceAsInputStream(camel,
                    Services.file(service))) {
                for (JsonNode entry : new YAMLMapper().readTree(file)) {
                    JsonNode from = entry.path("route").path("from");
                    String uri = from.path("uri").asText();
                    if (uri.startsWith(HTTP)
                            && !from.at("/steps/0/process/ref").asText().equals(FOR_SIBLINGS)) {
                        all.add(new Resource(uri.substring(HTTP.length()), service));
                    }
                }
            }
        }
        return all;
    }
}
