package choreography.http;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The open connections of an HTTP server. A request must be whole in time, however slowly its bytes come; Vert.x only
 * knows connections without any. One whose request is being answered is never cut off. If there are too many, the one
 * that has been waited for the longest makes room for the newest.
 */
final class Connections {

    static final int MOST = 1000;
    static final long FIRST_BYTE_S = 15;
    static final long REQUEST_S = 12;
    static final long TAKING_ANSWER_S = 60;

    private static final long NONE = Long.MAX_VALUE;
    private static final int VALID = -1;
    private static final Problem NO_CODING = Problem.of(501, "not-implemented", "The transfer coding is not supported",
            "Send the body as it is, or in chunks");
    private static final Problem TOO_SLOW = Problem.of(408, "request-timeout", "The request did not come in time",
            "Nothing was done: send the whole request within " + REQUEST_S + " s");

    private final Set<Connection> open = ConcurrentHashMap.newKeySet();
    private final long start = System.nanoTime();

    /** To be called for each new connection. */
    void add(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        Connection added = new Connection();
        if (open.size() >= MOST && !makeRoom()) {
            channel.close();
            return;
        }
        open.add(added);
        channel.pipeline().addBefore("handler", "connections", added);
        channel.closeFuture().addListener(closed -> open.remove(added));
    }

    private boolean makeRoom() {
        Connection eldest = open.stream().filter(connection -> connection.deadline != NONE)
                .min(Comparator.comparingLong(connection -> connection.deadline)).orElse(null);
        return eldest != null && open.remove(eldest) && eldest.close();
    }

    /** To be called each second. */
    void closeLate() {
        long now = now();
        for (Connection connection : open) {
            if (connection.deadline < now) {
                connection.context.executor().execute(connection::closeIfLate);
            }
        }
    }

    private long now() {
        return System.nanoTime() - start;
    }

    private long in(long seconds) {
        return now() + TimeUnit.SECONDS.toNanos(seconds);
    }

    /** Runs on the connection's event loop; only the deadline is read by others. */
    private final class Connection extends ChannelDuplexHandler {

        private volatile long deadline = in(FIRST_BYTE_S);
        private ChannelHandlerContext context;
        /** Some of a request came, not yet all. */
        private boolean begun;
        private boolean decoded;
        /** What will be answered when all that came before it is answered; null: nothing is refused yet. */
        private Problem refusal;
        private long received;
        private long answered;

        @Override
        public void handlerAdded(ChannelHandlerContext added) {
            context = added;
        }

        @Override
        public void channelRead(ChannelHandlerContext added, Object message) throws Exception {
            decoded = true;
            if (message instanceof HttpRequest request) {
                begin();
                if (request.protocolVersion().majorVersion() == 1 && request.protocolVersion().minorVersion() > 1) {
                    request.setProtocolVersion(HttpVersion.HTTP_1_1); // the highest that is known (RFC 9110 2.5)
                }
            }
            if (refusal == null) {
                refusal = refusal(message);
                if (refusal != null && isIdle()) {
                    answerAndClose(refusal);
                }
            }
            if (refusal != null) { // whatever else comes: nobody knows where it begins
                ReferenceCountUtil.release(message);
                return;
            }
            if (message instanceof LastHttpContent) {
                begun = false;
                received++;
                deadline = isIdle() ? in(FIRST_BYTE_S) : NONE;
            }
            super.channelRead(added, message);
        }

        /**
         * What two readers of the same bytes could read otherwise (RFC 9112), and what Vert.x answers without a
         * problem, or not at all.
         *
         * @return null: it can be read
         */
        private static Problem refusal(Object message) {
            if (message instanceof HttpRequest request) {
                List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
                boolean chunked = codings.size() == 1 && "chunked".equalsIgnoreCase(codings.get(0));
                return request.decoderResult().isFailure() ? null // Vert.x hands it over (ServerErrors)
                        : !hasKnownVersionAndOneHost(request) || !hasOnlyNames(request) ? Problem.unreadable()
                        : codings.isEmpty() || chunked ? null : NO_CODING;
            }
            return message instanceof HttpObject part && part.decoderResult().isFailure() ? Problem.unreadable() : null;
        }

        /** Vert.x knows a version by its object: {@code HTTP/1.01} is another one. */
        private static boolean hasKnownVersionAndOneHost(HttpRequest request) {
            int hosts = request.headers().getAll(HttpHeaderNames.HOST).size();
            return request.protocolVersion() == HttpVersion.HTTP_1_1 && hosts == 1
                    || request.protocolVersion() == HttpVersion.HTTP_1_0 && hosts <= 1;
        }

        /** Of headers; netty reads {@code : value} too. */
        private static boolean hasOnlyNames(HttpRequest request) {
            Iterator<Map.Entry<CharSequence, CharSequence>> headers = request.headers().iteratorCharSequence();
            while (headers.hasNext()) {
                CharSequence name = headers.next().getKey();
                if (name.length() == 0 || HttpHeaderValidationUtil.validateToken(name) != VALID) {
                    return false;
                }
            }
            return true;
        }

        /** Called for each packet, also if it completes nothing. */
        @Override
        public void channelReadComplete(ChannelHandlerContext added) throws Exception {
            if (!decoded && isIdle()) {
                begin();
            }
            decoded = false;
            super.channelReadComplete(added);
        }

        @Override
        public void write(ChannelHandlerContext added, Object message, ChannelPromise promise) throws Exception {
            boolean interim = message instanceof HttpResponse answer
                    && answer.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            if (message instanceof LastHttpContent && !interim) {
                answered++;
                if (!begun && isIdle()) {
                    deadline = in(TAKING_ANSWER_S);
                }
                ChannelPromise taken = promise.unvoid();
                taken.addListener(done -> {
                    if (refusal != null && isIdle()) {
                        answerAndClose(refusal);
                    } else if (!begun && isIdle()) {
                        deadline = in(FIRST_BYTE_S);
                    }
                });
                super.write(added, message, taken);
            } else {
                super.write(added, message, promise);
            }
        }

        private boolean isIdle() {
            return received <= answered;
        }

        private void begin() {
            if (!begun) {
                begun = true;
                deadline = in(REQUEST_S);
            }
        }

        private void closeIfLate() {
            if (deadline < now()) {
                if (begun && isIdle() && received == answered) {
                    answerAndClose(TOO_SLOW);
                } else {
                    context.close();
                }
            }
        }

        private void answerAndClose(Problem problem) {
            deadline = NONE;
            if (received < answered) { // it has its answer already
                context.close();
                return;
            }
            FullHttpResponse answer = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1,
                    HttpResponseStatus.valueOf(problem.status()),
                    Unpooled.copiedBuffer(problem.toJson(), UTF_8));
            answer.headers().set(HttpHeaderNames.CONTENT_TYPE, Problem.CONTENT_TYPE)
                    .set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes())
                    .set(HttpHeaderNames.CACHE_CONTROL, Problem.NO_STORE)
                    .set(HttpHeaderNames.DATE, HttpDate.now())
                    .set(HttpHeaderNames.CONNECTION, "close");
            context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
        }

        private boolean close() {
            context.channel().close();
            return true;
        }
    }
}
