package choreography.user;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;

import choreography.messaging.CloudEvents;
import choreography.testing.TestDatabase;
import choreography.testing.TestedService;
import jakarta.jms.JMSException;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static choreography.testing.TestDatabase.rows;
import static choreography.testing.TestedService.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The user service without its neighbours: {@code camel/user.camel.yaml} and {@code UserRoutes}. */
class UserRoutesTest {

    static TestedService users;

    final String user = newId();
    final String event = newId();
    final String email = user + "@example.com";

    @BeforeAll
    static void start() throws Exception {
        users = TestedService.start("user");
    }

    @AfterAll
    static void stop() {
        users.close();
    }

    @BeforeEach
    void forget() {
        users.forget();
    }

    // an Error that a processor throws

    @Test
    void shouldAnswerARequestThatAnErrorEnds() throws Exception {
        users.camel().addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("platform-http:/overflow").routeId("user-overflow").routeConfigurationId("http-edge")
                        .process(request -> {
                    throw new StackOverflowError("in a pattern");
                });
            }
        });

        HttpResponse<String> answer = users.get("/overflow");

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("urn:problem-type:choreography:internal-error");
    }

    // RegistrationRequested

    @Test
    void shouldRegisterAPersonUnderAFreeAddress() throws Exception {
        users.consume("RegistrationRequested", event, registrationRequested(user, "O'Neil & Sons", email));

        assertThat(users.published()).singleElement().satisfies(created -> {
            assertThat(created).hasToString("UserCreated {\"userId\":\"%s\"}".formatted(user));
            assertThat(created.correlationId()).isEqualTo(TestedService.FLOW);
            assertThat(created.properties())
                    .containsEntry("gateway", "replica-1")
                    .containsEntry("cloudEvents_source", "/user")
                    .containsEntry("cloudEvents_causationid", event);
        });
        assertThat(user(user)).containsExactly("O'Neil & Sons " + email);
        assertThat(registration(user)).containsExactly("REGISTERED null");
    }

    @Test
    void shouldRejectAnAddressThatIsTakenInWhateverCase() throws Exception {
        users.consume("RegistrationRequested", newId(), registrationRequested(newId(), "Ada", email));
        users.forget();

        users.consume("RegistrationRequested", event,
                registrationRequested(user, "Eve", email.toUpperCase(Locale.ROOT)));

        assertThat(users.publishedTexts()).containsExactly(
                "RegistrationRejected {\"userId\":\"%s\",\"reason\":\"EMAIL_TAKEN\"}".formatted(user));
        assertThat(user(user)).isEmpty();
        assertThat(registration(user)).containsExactly("REJECTED EMAIL_TAKEN");
    }

    @Test
    void shouldRegisterOnceAndAnnounceTheSameEventAgainWhenARequestIsRedelivered() throws Exception {
        users.consume("RegistrationRequested", event, registrationRequested(user, "Ada", email));
        users.consume("RegistrationRequested", event, registrationRequested(user, "Ada", email));

        assertThat(users.publishedTexts()).hasSize(2).containsOnly("UserCreated {\"userId\":\"%s\"}".formatted(user));
        assertThat(users.published()).extracting(created -> created.properties().get("cloudEvents_id"))
                .containsOnly(CloudEvents.id(event, "UserCreated"));
        assertThat(user(user)).hasSize(1);
    }

    @Test
    void shouldNotReconsiderARejectedRegistration() throws Exception {
        String taken = newId();
        users.consume("RegistrationRequested", newId(), registrationRequested(taken, "Ada", email));
        users.consume("RegistrationRequested", event, registrationRequested(user, "Eve", email));
        TestDatabase.execute("delete from user_service.users where user_id = '%s'".formatted(taken));
        users.forget();

        users.consume("RegistrationRequested", event, registrationRequested(user, "Eve", email));

        assertThat(users.publishedTexts()).containsExactly(
                "RegistrationRejected {\"userId\":\"%s\",\"reason\":\"EMAIL_TAKEN\"}".formatted(user));
        assertThat(user(user)).isEmpty();
    }

    @Test
    void shouldRefuseAnotherRequestUnderTheSameKey() throws Exception {
        users.consume("RegistrationRequested", newId(), registrationRequested(user, "Ada", email));
        users.forget();

        users.consume("RegistrationRequested", event, registrationRequested(user, "Eve", "eve." + email));

        assertThat(users.publishedTexts()).containsExactly(
                "RequestRefused {\"requestId\":\"%s\",\"reason\":\"IDEMPOTENCY_KEY_REUSED\"}".formatted(event));
        assertThat(user(user)).containsExactly("Ada " + email);
        assertThat(registration(user)).containsExactly("REGISTERED null");
    }

    @Test
    void shouldKeepTheVerdictWhenItCouldNotBeAnnounced() throws Exception {
        users.mock("topic:UserCreated").whenExchangeReceived(1, sent -> {
            throw new JMSException("connection lost");
        });

        assertThatThrownBy(() -> users.consume("RegistrationRequested", event,
                registrationRequested(user, "Ada", email)))
                .hasMessageContaining("connection lost");
        users.forget();
        users.consume("RegistrationRequested", event, registrationRequested(user, "Ada", email));

        assertThat(users.publishedTexts()).containsExactly("UserCreated {\"userId\":\"%s\"}".formatted(user));
        assertThat(user(user)).hasSize(1);
    }

    @Test
    void shouldParkARegistrationRequestedThatItCannotRead() throws Exception {
        users.assertParksTheUnreadable("RegistrationRequested", "DLQ.RegistrationRequested",
                registrationRequested(user, "Ada", email));

        assertThat(user(user)).isEmpty();
        assertThat(registration(user)).isEmpty();
    }

    // GET /users/{id}, /registrations/{id}

    @Test
    void shouldShowAUserAndHowTheRegistrationEnded() throws Exception {
        users.consume("RegistrationRequested", event, registrationRequested(user, "O'Neil & Sons", email));

        for (String slash : List.of("", "/")) {
            assertThat(users.get("/users/" + user + slash).body()).startsWith(
                    "{\"userId\":\"%s\",\"name\":\"O'Neil & Sons\",\"email\":\"%s\",\"createdAt\":\"20".formatted(user,
                    email));
            assertThat(users.get("/registrations/" + user + slash).body()).startsWith(
                    "{\"userId\":\"%s\",\"status\":\"REGISTERED\",\"decidedAt\":\"20".formatted(user));
        }
    }

    @Test
    void shouldShowWhyARegistrationWasRejected() throws Exception {
        users.consume("RegistrationRequested", newId(), registrationRequested(newId(), "Ada", email));
        users.consume("RegistrationRequested", event, registrationRequested(user, "Eve", email));

        assertThat(users.get("/registrations/" + user).body())
                .contains("\"status\":\"REJECTED\",\"reason\":\"EMAIL_TAKEN\"");
        assertThat(users.get("/users/" + user).statusCode()).isEqualTo(404);
    }

    @Test
    void shouldShowTheOutcomeOfARequestToNoOtherRequest() throws Exception {
        String outcome = "/registrations/" + user + "/requests/" + event;
        assertThat(users.get(outcome).statusCode()).isEqualTo(404);

        users.consume("RegistrationRequested", event, registrationRequested(user, "Ada", email));

        var other = users.get("/registrations/" + user + "/requests/" + newId());
        assertThat(users.get(outcome).body()).isEqualTo(users.get("/registrations/" + user).body())
                .contains("REGISTERED");
        assertThat(other.statusCode()).isEqualTo(422);
        assertThat(other.body()).contains(":idempotency-key-reused\"");
        assertThat(users.get("/registrations/1/requests/" + event).statusCode()).isEqualTo(404);
    }

    @Test
    void shouldAnswerThatAStrangerIsNotFoundWithAProblem() throws Exception {
        for (String path : List.of("/users/" + user, "/registrations/" + user, "/users/1",
                "/users/1' or '1'='1".replace(" ", "%20"))) {
            var answer = users.get(path);
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.headers().firstValue("Content-Type")).as(path).hasValue("application/problem+json");
        }
    }

    private static String registrationRequested(String user, String name, String email) {
        return "{\"userId\":\"%s\",\"name\":\"%s\",\"email\":\"%s\"}".formatted(user, name, email);
    }

    private static List<String> user(String user) {
        return rows("select name, email from user_service.users where user_id = '%s'".formatted(user));
    }

    private static List<String> registration(String user) {
        return rows("select status, reason from user_service.registration where user_id = '%s'".formatted(user));
    }
}
