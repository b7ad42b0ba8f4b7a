package choreography;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.springframework.beans.BeanUtils;
import org.springframework.util.ClassUtils;

/** Whether the URLs of broker and database are such as their clients take: these pass over what they do not know. */
final class ServerUrls {

    private static final String NUMBER = "-?\\d{1,18}";
    private static final String BOOL = "true|false";

    private ServerUrls() { }

    static boolean isBroker(String value) {
        boolean several = value.startsWith("(") && value.contains(")");
        String servers = several ? value.substring(1, value.lastIndexOf(')')) : value;
        String common = several ? value.substring(value.lastIndexOf(')') + 1) : "";
        try {
            new ActiveMQConnectionFactory(value).close();
            return Arrays.stream(servers.split(",", several ? -1 : 1)).allMatch(ServerUrls::isBrokersServer)
                    && parameters(common).allMatch(ServerUrls::isOfBrokersClient);
        } catch (RuntimeException e) {
            return false;
        }
    }

    private static boolean isBrokersServer(String url) {
        URI uri = URI.create(url);
        return "tcp".equals(uri.getScheme()) && Settings.isServer(uri) && uri.getPort() != -1
                && parameters(url).allMatch(ServerUrls::isOfBrokersClient);
    }

    private static Stream<String> parameters(String url) {
        return url.contains("?") ? Arrays.stream(url.substring(url.indexOf('?') + 1).split("&")) : Stream.empty();
    }

    private static boolean isOfBrokersClient(String parameter) {
        String name = parameter.replaceFirst("=.*", "");
        String value = parameter.substring(Math.min(name.length() + 1, parameter.length()));
        if (name.equals("ha")) {
            return value.matches(BOOL);
        }
        var property = BeanUtils.getPropertyDescriptor(ActiveMQConnectionFactory.class, name);
        if (property == null || property.getWriteMethod() == null) {
            return TransportConstants.ALLOWABLE_CONNECTOR_KEYS.contains(name);
        }
        Class<?> type = ClassUtils.resolvePrimitiveIfNecessary(property.getPropertyType());
        return value.matches(type == Boolean.class ? BOOL : type == Double.class ? NUMBER + "(\\.\\d+)?"
                : Number.class.isAssignableFrom(type) ? NUMBER : ".*");
    }

    static boolean isDatabase(String value) {
        Properties given = value.startsWith("jdbc:postgresql:") ? Driver.parseURL(value, null) : null;
        return given != null && given.stringPropertyNames().stream()
                .allMatch(name -> isOfDriver(PGProperty.forName(name), given.getProperty(name)));
    }

    private static boolean isOfDriver(PGProperty property, String value) {
        if (property == null) {
            return false;
        }
        if (property == PGProperty.PG_PORT) { // one for each server
            return true;
        }
        String usual = String.valueOf(property.getDefaultValue());
        return property.getChoices() != null ? List.of(property.getChoices()).contains(value)
                : value.matches(usual.matches(NUMBER) ? NUMBER : usual.matches(BOOL) ? BOOL : "(?s).*");
    }
}
