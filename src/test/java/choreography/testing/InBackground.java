package choreography.testing;

import java.io.IOException;

/** What a server of the tests does beside them, until its socket is closed. */
public final class InBackground {

    /** Ends, without a word, with an IOException: the other side hung up, or the test has ended. */
    @FunctionalInterface
    public interface Work {
        void run() throws IOException;
    }

    private InBackground() { }

    public static void run(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException closed) {
                // nothing is left to do
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
    }
}
