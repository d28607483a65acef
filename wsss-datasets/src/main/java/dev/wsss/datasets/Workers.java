package dev.wsss.datasets;

import ai.djl.util.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Does one thing for many samples on some threads; no more samples are in memory than there are threads. */
final class Workers {
    private final int threads;
    private final @Nullable Progress progress;

    Workers(int threads, @Nullable Progress progress) {
        this.threads = threads;
        this.progress = progress;
    }

    /**
     * A number of threads as given.
     *
     * @throws IllegalArgumentException unless it is positive
     */
    static int requireThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
        }
        return threads;
    }

    /**
     * Calls {@code work} once for each number from 0 to {@code n - 1}, and returns when all calls have. The first failure
     * ends the rest and is thrown here; so does an interrupt, after which the thread is interrupted still.
     *
     * @param title for the progress
     * @throws CancellationException if the calling thread is interrupted
     */
    void forEach(String title, int n, IntConsumer work) {
        if (progress != null) {
            progress.reset(title, n);
        }
        AtomicInteger next = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Math.min(threads, n)), task -> {
            Thread thread = new Thread(task, "wsss-datasets");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < Math.min(threads, n); t++) {
                running.add(pool.submit(() -> {
                    try {
                        for (int i = next.getAndIncrement(); i < n; i = next.getAndIncrement()) {
                            work.accept(i);
                            step();
                        }
                    } finally {
                        next.set(n); // after a failure nobody begins another
                    }
                }));
            }
            for (Future<?> worker : running) {
                worker.get();
            }
            if (Thread.interrupted()) {
                throw new InterruptedException(); // those that had ended did not wait, and so did not tell
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException(title + ": interrupted");
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } finally {
            next.set(n);
            close(pool);
            if (progress != null) {
                progress.end();
            }
        }
    }

    /** Waits for what has begun, so that nothing is written and no progress told once the caller goes on. */
    private static void close(ExecutorService pool) {
        pool.shutdown();
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

    /** A progress is not told from several threads at once. */
    private synchronized void step() {
        if (progress != null) {
            progress.increment(1);
        }
    }

    private static RuntimeException unwrapped(ExecutionException e) {
        if (e.getCause() instanceof Error error) {
            throw error;
        }
        return e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
    }
}
