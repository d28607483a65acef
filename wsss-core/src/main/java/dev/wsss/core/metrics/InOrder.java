package dev.wsss.core.metrics;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work on several threads whose results are taken in the order in which it was submitted, by the submitting thread. Few results
 * wait at a time. With one thread the work is done by the submitting thread, at once.
 */
final class InOrder<R> implements AutoCloseable {
    private static final int WAITING_PER_THREAD = 4;

    private final int most;
    private final Taker<R> taker;
    private final @Nullable ExecutorService pool;
    private final Deque<Pending<R>> pending = new ArrayDeque<>();

    private record Pending<R>(int index, Future<@Nullable R> result) {}

    /** Takes the outcome of one piece of work. */
    @FunctionalInterface
    interface Taker<R> {
        /** @param outcome gives the result, or throws what the work has thrown */
        void take(int index, Supplier<@Nullable R> outcome);
    }

    InOrder(int threads, Taker<R> taker) {
        this.taker = taker;
        most = WAITING_PER_THREAD * threads;
        AtomicInteger number = new AtomicInteger();
        pool = threads == 1
                ? null
                : Executors.newFixedThreadPool(threads, work -> {
                    Thread thread = new Thread(work, "evaluation-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Submits work; if too many results wait, takes the first. */
    void submit(int index, Supplier<@Nullable R> work) {
        if (pool == null) {
            taker.take(index, work);
            return;
        }
        if (pending.size() == most) {
            takeFirst();
        }
        pending.add(new Pending<>(index, pool.submit(work::get)));
    }

    /** Takes all results that wait. */
    void finish() {
        while (!pending.isEmpty()) {
            takeFirst();
        }
    }

    private void takeFirst() {
        Pending<R> first = pending.remove();
        taker.take(first.index, () -> result(first.result));
    }

    private static <R> @Nullable R result(Future<@Nullable R> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            CancellationException cancelled = new CancellationException("the evaluation was interrupted");
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    /** Ends the threads; work that has not begun is not done, and that which has begun is waited for. */
    @Override
    public void close() {
        if (pool == null) {
            return;
        }
        pool.shutdownNow();
        boolean interrupted = false;
        while (true) {
            try {
                if (pool.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
