package choreography.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.TimeUnit;

import choreography.contract.LookUpFailedException;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.TimeValue;

/**
 * Bounds what a sibling may cost: the whole of its answer, connecting included, is there in time and in size, else the
 * request fails. The timeouts of an HTTP client are between packets: a sibling that sends a byte now and then would
 * hold a step, and its transaction, without end.
 */
public class BoundedClient implements HttpClientConfigurer {

    /** Coarse, because a timer that is set and cancelled for each request would cost more than the request's check. */
    private static final HashedWheelTimer DEADLINES = new HashedWheelTimer(
            new DefaultThreadFactory("http-deadline", true), 100, TimeUnit.MILLISECONDS);

    private final long mostMs;
    private final int mostBytes;

    /**
     * @param mostMs    how long a request may take, in milliseconds
     * @param mostBytes how many bytes the body of an answer may have
     */
    public BoundedClient(long mostMs, int mostBytes) {
        this.mostMs = mostMs;
        this.mostBytes = mostBytes;
    }

    @Override
    public void configureHttpClient(HttpClientBuilder client) {
        client.addExecInterceptorFirst("bounds", this::execute);
        // sooner than a sibling closes it (Connections): a request on its way there would be lost
        client.setKeepAliveStrategy((answer, context) -> TimeValue.ofSeconds(10));
    }

    private ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Cancellable call = (Cancellable) scope.originalRequest;
        Timeout deadline = DEADLINES.newTimeout(late -> call.cancel(), mostMs, TimeUnit.MILLISECONDS);
        try {
            ClassicHttpResponse answer = chain.proceed(request, scope);
            HttpEntity entity = answer.getEntity();
            if (entity != null) {
                ContentType type = ContentType.parseLenient(entity.getContentType());
                answer.setEntity(new ByteArrayEntity(read(entity, call), type));
            }
            return answer;
        } catch (IOException e) {
            throw new LookUpFailedException(
                    deadline.isExpired() ? "No whole answer within %s ms".formatted(mostMs) : e.getMessage(), e);
        } finally {
            deadline.cancel();
        }
    }

    private byte[] read(HttpEntity entity, Cancellable call) throws IOException {
        if (entity.getContentEncoding() != null) { // nobody asked for one: a few bytes of it can become very many
            call.cancel();
            throw new IOException("The answer is encoded as %s, unasked".formatted(entity.getContentEncoding()));
        }
        InputStream body = entity.getContent();
        byte[] bytes = body.readNBytes(mostBytes + 1);
        if (bytes.length > mostBytes) {
            // closes the connection; to close the stream would be to read to its end, which may never come
            call.cancel();
            throw new IOException("The answer has more than %s bytes".formatted(mostBytes));
        }
        body.close();
        return bytes;
    }
}
