package choreography.health;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.apache.camel.CamelContext;
import org.apache.camel.support.LifecycleStrategySupport;

/** Has something done when the process has started, and then again and again until it ends. */
final class Clock extends LifecycleStrategySupport {

    private static final int PERIOD_S = 10;

    private final String name;
    private final Runnable work;
    private ScheduledExecutorService timer;

    /** @param name of the thread; @param work throws nothing, and may wait for a broker that does not answer */
    Clock(String name, Runnable work) {
        this.name = name;
        this.work = work;
    }

    @Override
    public void onContextStarted(CamelContext context) {
        timer = Executors.newSingleThreadScheduledExecutor(each -> {
            Thread thread = new Thread(each, name);
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(work, 0, PERIOD_S, TimeUnit.SECONDS);
    }

    @Override
    public void onContextStopping(CamelContext context) {
        if (timer != null) { // it was started
            timer.shutdownNow();
        }
    }
}
