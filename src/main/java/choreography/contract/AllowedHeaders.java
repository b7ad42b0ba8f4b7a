package choreography.contract;

import java.util.Set;
import java.util.TreeSet;

import org.apache.camel.Exchange;
import org.apache.camel.spi.HeaderFilterStrategy;

/**
 * Lets only named headers cross a boundary, in whatever case they are written; all others are dropped.
 * So nothing that a caller sends becomes a message property, a mail header or an instruction to a Camel component.
 */
public class AllowedHeaders implements HeaderFilterStrategy {

    private final Set<String> in;
    private final Set<String> out;

    /**
     * @param in  names that may come in, separated by commas; empty: none
     * @param out names that may go out, separated by commas; empty: none
     */
    public AllowedHeaders(String in, String out) {
        this.in = names(in);
        this.out = names(out);
    }

    private static Set<String> names(String list) {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(Set.of(list.trim().split("\\s*,\\s*")));
        return names;
    }

    @Override
    public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
        return !in.contains(name);
    }

    @Override
    public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
        return !out.contains(name);
    }
}
