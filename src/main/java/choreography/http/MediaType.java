package choreography.http;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads Content-Type (RFC 9110 8.3.1): case, white space, quotes and unknown parameters make no other type. */
final class MediaType {

    static final String JSON = "application/json";

    private static final Pattern TYPE = Pattern.compile("[ \\t]*application/json(?=[ \\t]*(;|$))",
            Pattern.CASE_INSENSITIVE);
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    // one at a time: a group that is repeated a thousand times by a pattern overflows the stack
    private static final Pattern PARAMETER = Pattern.compile(
            "\\G[ \\t]*;[ \\t]*(?:(" + TOKEN + ")=(?:(" + TOKEN + ")|\"((?:[^\"\\\\]|\\\\.){0,100}+)\"))?");

    private MediaType() { }

    /** @param values of the header Content-Type */
    static boolean isJsonOrNone(List<String> values) {
        return values.isEmpty() || values.size() == 1 && isJson(values.get(0));
    }

    private static boolean isJson(String value) {
        Matcher type = TYPE.matcher(value);
        if (!type.lookingAt()) {
            return false;
        }
        String rest = value.substring(type.end());
        Matcher parameter = PARAMETER.matcher(rest);
        int end = 0;
        while (parameter.find()) {
            end = parameter.end();
            String charset = parameter.group(2) != null ? parameter.group(2)
                    : parameter.group(3) == null ? "" : parameter.group(3).replaceAll("\\\\(.)", "$1");
            if ("charset".equalsIgnoreCase(parameter.group(1)) && !"utf-8".equalsIgnoreCase(charset)) {
                return false;
            }
        }
        return rest.substring(end).isBlank();
    }
}
