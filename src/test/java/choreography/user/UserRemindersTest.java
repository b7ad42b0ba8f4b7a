package choreography.user;

import java.time.Duration;
import java.util.List;

import choreography.health.StuckCheck;
import choreography.messaging.CloudEvents;
import choreography.testing.TestedService;
import choreography.testing.TestedService.Published;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static choreography.testing.TestDatabase.execute;
import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/** The user service's check for users without an account. They are stuck after a minute here. */
class UserRemindersTest {

    static TestedService users;

    final String user = newId();
    final String event = newId();

    @BeforeAll
    static void start() throws Exception {
        users = TestedService.start("user", "user.stuck-after-ms", "60000", "user.check-interval-ms", "50");
    }

    @AfterAll
    static void stop() {
        users.close();
    }

    @BeforeEach
    void register() throws Exception {
        users.siblings.answer("/accounts/", "{\"ids\":[]}");
        users.consume("RegistrationRequested", event, """
                {"userId":"%1$s","name":"Ada","email":"%1$s@example.com"}""".formatted(user));
        users.forget();
    }

    @Test
    void shouldAnnounceAUserAgainWithTheEventOfTheFirstTime() throws Exception {
        announcedAgo(61);

        // comes again in two minutes
        awaitRow("reminders = 1 and look_at > now() and look_at < now() + interval '1 minute'");
        assertThat(published()).singleElement().satisfies(again -> {
            assertThat(again.toString()).isEqualTo("UserCreated {\"userId\":\"%s\"}".formatted(user));
            assertThat(again.correlationId()).isEqualTo(user);
            assertThat(again.properties())
                    .containsEntry("cloudEvents_id", CloudEvents.id(event, "UserCreated"))
                    .containsEntry("cloudEvents_causationid", event)
                    .containsEntry("cloudEvents_source", "/user");
        });
        await().atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(health().getDetails().get("oldest")).contains(user));
        assertThat(health().getState()).hasToString("UP");
        assertThat(health().getMessage().orElseThrow()).startsWith("Accounts that were not opened in time: ");
        assertThat(meter("accounts.stuck")).isGreaterThanOrEqualTo(1);
        assertThat(meter("accounts.reminded")).isGreaterThanOrEqualTo(1);
    }

    @Test
    void shouldLeaveAUserAloneWhoHasAnAccount() throws Exception {
        users.siblings.answer("/accounts/", "{\"ids\":[\"%s\"]}".formatted(user));

        announcedAgo(61);

        awaitRow("look_at is null and reminders = 0");
        assertThat(published()).isEmpty();
    }

    @Test
    void shouldAnnounceNobodyAgainWhoWasRefused() throws Exception {
        String refused = newId();
        users.consume("RegistrationRequested", newId(), """
                {"userId":"%s","name":"Ada","email":"%s@example.com"}""".formatted(refused, user));
        execute(
                "update user_service.registration set look_at = now() - interval '2 hours' where user_id = '%s'"
                        .formatted(refused));
        announcedAgo(61);

        awaitRow("reminders = 1");
        assertThat(publishedFor(refused)).extracting(Published::address).containsOnly("RegistrationRejected");
    }

    @Test
    void shouldTakeNoAccountForOpenedBecauseTheBillingServiceFails() throws Exception {
        users.siblings.fail("/accounts/", 404);
        announcedAgo(3_600);

        await().atMost(Duration.ofSeconds(20))
                .until(() -> String.valueOf(health().getDetails().get("oldest")).contains(user));
        assertThat(published()).isEmpty();
        awaitRow("look_at is not null and reminders = 0");
    }

    private String register(String name) throws Exception {
        String id = newId();
        users.consume("RegistrationRequested", newId(), """
                {"userId":"%1$s","name":"%2$s","email":"%1$s@example.com"}""".formatted(id, name));
        users.forget();
        return id;
    }

    private void announcedAgo(int seconds) {
        execute("update user_service.registration set look_at = now() - interval '%d s' where user_id = '%s'".formatted(
                seconds, user));
    }

    private void awaitRow(String condition) {
        await().atMost(Duration.ofSeconds(20)).until(() ->
                !rows("select user_id from user_service.registration where user_id = '%s' and %s".formatted(user,
                        condition)).isEmpty());
    }

    private List<Published> published() throws Exception {
        return publishedFor(user);
    }

    private static List<Published> publishedFor(String id) throws Exception {
        return users.published().stream().filter(message -> message.text().contains(id)).toList();
    }

    private static HealthCheck.Result health() {
        return users.camel().getRegistry().lookupByNameAndType("stuckAccounts", StuckCheck.class).call();
    }

    private static double meter(String name) {
        return users.camel().getRegistry().findSingleByType(MeterRegistry.class).get(name).meter().measure().iterator()
                .next().getValue();
    }
}
