package choreography.http;

/** The request is answered with this problem. */
public class ProblemException extends Exception {

    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.title());
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
