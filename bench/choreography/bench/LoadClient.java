package choreography.bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import org.HdrHistogram.Histogram;

/**
 * Posts over keep-alive connections from one thread: it shares the processors with what it measures, so it must be
 * cheap.
 */
final class LoadClient {

    private static final int PATIENCE_SECONDS = 60;

    private final EventLoopGroup thread = Epoll.isAvailable() ? new EpollEventLoopGroup(1) : new NioEventLoopGroup(1);

    /** What became of the requests of one run; points in time and durations in microseconds. */
    static final class Outcome {
        /** When each accepted request was due, by the id of what it made. */
        final Map<UUID, Long> dueAt = new LinkedHashMap<>();
        /** From when a request was due until its answer was complete. */
        final Histogram answered = new Histogram(3);
        final Map<String, Integer> errors = new TreeMap<>();
        int late;
        long start;
        long end;

        int failed() {
            return errors.values().stream().mapToInt(Integer::intValue).sum();
        }
    }

    /**
     * Posts until {@code requests} are sent or the time is over, and waits for the answers.
     *
     * @param rate requests a second, each due at its time whether or not earlier ones are answered; 0: each connection
     *             sends its next request when it has the answer to the last
     */
    Outcome post(int port, String path, Supplier<String> bodies, int connections, int rate, int requests, int seconds)
            throws Exception {
        Run run = new Run(path, bodies, rate, requests);
        Bootstrap bootstrap = new Bootstrap().group(thread)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new HttpResponseDecoder(), run.new Connection());
                    }
                });
        List<Channel> channels = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            channels.add(bootstrap.connect("localhost", port).sync().channel());
        }
        thread.execute(() -> run.start(channels, seconds));
        Outcome outcome = run.done.get();
        channels.forEach(Channel::close);
        return outcome;
    }

    /** Everything here happens on the one thread. */
    private final class Run {
        final String head;
        final Supplier<String> bodies;
        final int rate;
        final int requests;
        final Outcome outcome = new Outcome();
        final Promise<Outcome> done = thread.next().newPromise();
        final Deque<Connection> idle = new ArrayDeque<>();
        int sent;
        int inFlight;
        long start;
        long end;

        Run(String path, Supplier<String> bodies, int rate, int requests) {
            this.head = "POST " + path
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ";
            this.bodies = bodies;
            this.rate = rate;
            this.requests = requests;
        }

        void start(List<Channel> channels, int seconds) {
            channels.forEach(channel -> idle.push(channel.pipeline().get(Connection.class)));
            outcome.start = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            start = System.nanoTime();
            end = start + TimeUnit.SECONDS.toNanos(seconds);
            long interval = rate > 0 ? TimeUnit.SECONDS.toNanos(1) / rate : TimeUnit.MILLISECONDS.toNanos(100);
            var timer = thread.scheduleAtFixedRate(this::sendWhatIsDue, 0, interval, TimeUnit.NANOSECONDS);
            var alarm = thread.schedule(() -> finish("no answer"), seconds + PATIENCE_SECONDS, TimeUnit.SECONDS);
            done.addListener(finished -> {
                timer.cancel(false);
                alarm.cancel(false);
            });
        }

        void sendWhatIsDue() {
            long now = System.nanoTime();
            long due = due(now);
            for (; due <= now && due < end && sent < requests && !idle.isEmpty(); due = due(now)) {
                sent++;
                inFlight++;
                idle.pop().send(due);
            }
            if (inFlight == 0 && (due >= end || sent == requests || idle.isEmpty())) {
                finish("no connection");
            }
        }

        long due(long now) {
            return rate > 0 ? start + sent * TimeUnit.SECONDS.toNanos(1) / rate : now;
        }

        long micros(long nanoTime) {
            return outcome.start + (nanoTime - start) / 1000;
        }

        void finish(String problem) {
            if (done.isDone()) {
                return;
            }
            long missing = due(end) < end
                    ? Math.min(requests, (end - start) * rate / TimeUnit.SECONDS.toNanos(1)) - sent + inFlight
                    : inFlight;
            if (missing > 0) {
                outcome.errors.merge(problem, (int) missing, Integer::sum);
            }
            outcome.end = micros(System.nanoTime());
            done.setSuccess(outcome);
        }

        final class Connection extends ChannelInboundHandlerAdapter {
            ChannelHandlerContext context;
            long due;
            boolean waiting;
            int status;
            String location;

            @Override
            public void handlerAdded(ChannelHandlerContext added) {
                context = added;
            }

            void send(long dueAt) {
                due = dueAt;
                waiting = true;
                String body = bodies.get();
                context.writeAndFlush(Unpooled.copiedBuffer(head + body.length() + "\r\n\r\n" + body,
                        StandardCharsets.US_ASCII));
            }

            @Override
            public void channelRead(ChannelHandlerContext channel, Object part) {
                if (part instanceof HttpResponse response) {
                    status = response.status().code();
                    location = response.headers().get("Location");
                }
                if (part instanceof LastHttpContent) {
                    answered();
                }
                ReferenceCountUtil.release(part);
            }

            void answered() {
                waiting = false;
                inFlight--;
                if (status == 201 || status == 202) {
                    outcome.answered.recordValue((System.nanoTime() - due) / 1000);
                    outcome.dueAt.put(UUID.fromString(location.split("/")[2]), micros(due));
                    outcome.late += status == 202 ? 1 : 0;
                } else {
                    outcome.errors.merge("status " + status, 1, Integer::sum);
                }
                idle.push(this);
                sendWhatIsDue();
            }

            @Override
            public void channelInactive(ChannelHandlerContext channel) {
                idle.remove(this);
                if (waiting) {
                    waiting = false;
                    inFlight--;
                    outcome.errors.merge("connection lost", 1, Integer::sum);
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext channel, Throwable problem) {
                channel.close();
            }
        }
    }
}
