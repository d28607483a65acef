package dev.wsss.models.zoo;

import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a response's body with a bound on how long the server may be silent, which the JDK's client has not: its timeout
 * ends with the headers. One piece is asked for ahead of the one being written.
 */
final class BodyReader implements Flow.Subscriber<List<ByteBuffer>>, AutoCloseable {
    /** A piece of the body, or its end, by an error or without. */
    private record Signal(@Nullable List<ByteBuffer> piece, @Nullable Throwable error) {}

    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;

    BodyReader(Flow.Publisher<List<ByteBuffer>> body) {
        body.subscribe(this);
    }

    /**
     * The next piece; null at the end.
     *
     * @throws IOException if the connection broke, or nothing came for so long
     */
    @Nullable
    List<ByteBuffer> next(Duration stall) throws IOException, InterruptedException {
        Signal signal = signals.poll(stall.toMillis(), TimeUnit.MILLISECONDS);
        if (signal == null) {
            throw new HttpTimeoutException("no data for " + stall.toMillis() + " ms");
        }
        if (signal.error() != null) {
            throw new IOException("the connection broke: " + signal.error().getMessage(), signal.error());
        }
        Flow.Subscription source = subscription;
        if (signal.piece() != null && source != null) {
            source.request(1);
        }
        return signal.piece();
    }

    @Override
    public void onSubscribe(Flow.Subscription source) {
        subscription = source;
        if (closed) {
            source.cancel();
        } else {
            source.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> piece) {
        signals.add(new Signal(piece, null));
    }

    @Override
    public void onError(Throwable error) {
        signals.add(new Signal(null, error));
    }

    @Override
    public void onComplete() {
        signals.add(new Signal(null, null));
    }

    /** Drops what has not come yet, and with it the connection. */
    @Override
    public void close() {
        closed = true;
        Flow.Subscription source = subscription;
        if (source != null) {
            source.cancel();
        }
    }
}
