package choreography.sandbox;

/** Says in one sentence, meant for the person at the terminal, why the sandbox cannot run and what to change. */
public class SandboxException extends RuntimeException {

    SandboxException(String message) {
        super(message);
    }

    SandboxException(String message, Throwable cause) {
        super(message, cause);
    }
}
