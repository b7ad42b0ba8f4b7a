package choreography.system;

import choreography.notification.KeepAliveMailSender;
import choreography.sql.ServiceDatabase;
import choreography.testing.TestedService;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.camel.CamelContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Passwords are taken as they are, though some of their characters mean something to Camel. */
class PasswordsTest {

    @ParameterizedTest
    @ValueSource(strings = {"a\"b", "a'b,c(d)", "\"quoted\"", "'quoted'", "#hash", "RAW(x)", "RAW{x}", "  blanks  ",
            "%41+?x=y&z;", "${exchange}", "ä€\uD83D\uDE00", "$a$1", "null", "true"})
    void shouldTakeAnyPassword(String password) throws Exception {
        try (TestedService loaded = TestedService.load("notification", "smtp.user", password, "smtp.password", password,
                "broker.user", password, "broker.password", password, "notification.database-password", password)) {
            CamelContext camel = loaded.camel();
            var broker = camel.getRegistry().lookupByNameAndType("broker", ActiveMQConnectionFactory.class);
            var mail = camel.getRegistry().lookupByNameAndType("mailSender", KeepAliveMailSender.class);
            var database = camel.getRegistry().lookupByNameAndType("notificationDatabase", ServiceDatabase.class);
            assertThat(new String[] {broker.getUser(), broker.getPassword(), mail.getUsername(), mail.getPassword(),
                database.getPassword()}).containsOnly(password);
        }
    }
}
