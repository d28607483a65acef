package dev.wsss.core.crf;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Memory that is done with and waits for its next use. At most as much is kept as there are cores, whatever number of
 * threads once came at the same time; the rest is freed when it comes back, and after {@link #close} all of it.
 */
final class Spares<T> implements AutoCloseable {
    private final int most = Runtime.getRuntime().availableProcessors();
    private final Supplier<T> maker;
    private final Consumer<T> freeing;
    private final Deque<T> spares = new ArrayDeque<>();
    private boolean closed;

    Spares(Supplier<T> maker, Consumer<T> freeing) {
        this.maker = maker;
        this.freeing = freeing;
    }

    /** What was given back last, which is the likeliest to be in a cache, or something new. */
    T take() {
        synchronized (spares) {
            if (!spares.isEmpty()) {
                return spares.pop();
            }
        }
        return maker.get();
    }

    void giveBack(T spare) {
        synchronized (spares) {
            if (!closed && spares.size() < most) {
                spares.push(spare);
                return;
            }
        }
        freeing.accept(spare);
    }

    boolean isClosed() {
        synchronized (spares) {
            return closed;
        }
    }

    /** Frees what waits; what is in use is freed when it is given back. Idempotent. */
    @Override
    public void close() {
        synchronized (spares) {
            closed = true;
            spares.forEach(freeing);
            spares.clear();
        }
    }
}
