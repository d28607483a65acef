package dev.wsss.core.train;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Loads batches ahead of their use in background threads and hands them out in order. At most {@code 2 * threads} are
 * loaded or loading at any time.
 */
final class Prefetcher<B extends AutoCloseable> implements AutoCloseable {
    private static final int AHEAD_PER_THREAD = 2;

    private final BatchSource<B> source;
    private final long seed;
    private final long end;
    private final ExecutorService pool;
    private final ArrayDeque<Future<B>> ahead = new ArrayDeque<>();
    private long next;
    private long taken;

    /** Batches {@code first} to {@code end - 1}, counted over all epochs. */
    Prefetcher(BatchSource<B> source, long seed, long first, long end, int threads) {
        this.source = source;
        this.seed = seed;
        this.end = end;
        next = first;
        taken = first;
        pool = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "wsss-batches");
            thread.setDaemon(true);
            return thread;
        });
        for (int i = 0; i < AHEAD_PER_THREAD * threads; i++) {
            submit();
        }
    }

    private void submit() {
        if (next < end) {
            long number = next++;
            ahead.add(pool.submit(() -> {
                try (Scope scope = Scope.open();
                        Torch.Mode noGrad = Torch.noGrad()) {
                    return source.load(seed, epoch(number), index(number));
                }
            }));
        }
    }

    private int epoch(long number) {
        return Math.toIntExact(number / source.batchesPerEpoch());
    }

    private int index(long number) {
        return (int) (number % source.batchesPerEpoch());
    }

    /** The next batch, which the caller closes. */
    B take() {
        Future<B> head = ahead.poll();
        if (head == null) {
            throw new IllegalStateException("no batch left after " + end);
        }
        submit();
        try {
            B batch = head.get();
            taken++;
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ahead.addFirst(head);
            throw new WsssException("interrupted while waiting for a batch", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String message = "batch " + index(taken) + " of epoch " + epoch(taken) + ": " + cause.getMessage();
            throw cause instanceof InvalidDataException
                    ? new InvalidDataException(message, cause)
                    : new WsssException(message, cause);
        }
    }

    /** Stops the threads and frees the batches that nobody took. */
    @Override
    public void close() {
        pool.shutdownNow();
        try {
            if (!pool.awaitTermination(1, TimeUnit.MINUTES)) {
                throw new WsssException("a batch is still loading a minute after the end of training");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        for (Future<B> batch : ahead) {
            if (batch.isDone()) {
                try {
                    close(batch.get());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (ExecutionException e) {
                    continue; // never delivered, so nobody can miss it
                }
            }
        }
    }

    static void close(AutoCloseable batch) {
        try {
            batch.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new WsssException("a batch cannot be closed: " + e.getMessage(), e);
        }
    }
}
