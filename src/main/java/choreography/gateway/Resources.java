package choreography.gateway;

import java.util.ArrayList;
import java.util.List;

import choreography.contract.Services;
import com.fasterxml.jackson.databind.JsonNode;

/** What callers can read, and of whom: the files of the services say it. */
public final class Resources {

    /** @param path with the names of ids in braces; @param owner the service that knows */
    public record Resource(String path, String owner) { }

    private static final String HTTP = "platform-http:";
    /** The first step of what services ask each other. */
    private static final String FOR_SIBLINGS = "readListedIds";

    private Resources() { }

    public static List<Resource> all() {
        List<Resource> all = new ArrayList<>();
        for (String service : Services.all()) {
            for (JsonNode from : Services.inputs(service)) {
                String uri = from.path("uri").asText();
                if (uri.startsWith(HTTP) && !from.at("/steps/0/process/ref").asText().equals(FOR_SIBLINGS)) {
                    all.add(new Resource(uri.substring(HTTP.length()), service));
                }
            }
        }
        return all;
    }
}
