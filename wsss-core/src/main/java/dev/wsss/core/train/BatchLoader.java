package dev.wsss.core.train;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.WsssException;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Loads batches ahead of their use in background threads, and hands them out in order. {@link Trainer} has one of its own;
 * this is for loops that are not a training, and for trainings of one's own.
 *
 * <pre>{@code
 * try (BatchLoader<Batch> loader = BatchLoader.builder(batches)
 *         .optSeed(1)
 *         .optThreads(2)
 *         .optFrom(3, 100) // goes on in epoch 3 where another loader has ended
 *         .optEpochs(10)
 *         .build()) {
 *     while (loader.hasNext()) {
 *         try (Batch batch = loader.next()) {
 *             System.out.println(batch.ids() + " " + batch.view().images());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>What is loaded is a function of the {@link BatchSource}, the seed and the place alone: any number of threads gives the
 * same batches in the same order, and a loader that begins at a place gives what one from the start would have given from
 * there on. At most two batches for each thread are loaded or being loaded beside the one handed out, so that memory is
 * bounded however slow the taker is.
 *
 * <p>To be used from one thread; each batch is closed by the taker. Closing ends the threads and frees the batches that
 * nobody took.
 *
 * @param <B> a batch
 */
public final class BatchLoader<B extends AutoCloseable> implements Iterator<B>, AutoCloseable {
    private static final int AHEAD_PER_THREAD = 2;

    private final BatchSource<B> source;
    private final long seed;
    private final long end;
    private final ExecutorService pool;
    private final ArrayDeque<Future<B>> ahead = new ArrayDeque<>();
    private long next;
    private long taken;

    /** Batches {@code first} to {@code end - 1}, counted over all epochs. */
    BatchLoader(BatchSource<B> source, long seed, long first, long end, int threads) {
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

    /** A builder of a loader of this source's batches: by default one epoch from its start, with seed 0, on one thread. */
    public static <B extends AutoCloseable> Builder<B> builder(BatchSource<B> source) {
        return new Builder<>(source);
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

    /** The epoch of the next batch, from 0; with {@link #index} the place at which another loader would go on. */
    public int epoch() {
        return epoch(taken);
    }

    /** The next batch's number in its epoch, from 0. */
    public int index() {
        return index(taken);
    }

    @Override
    public boolean hasNext() {
        return taken < end;
    }

    /**
     * The next batch, which the caller closes; waits until it is loaded. After an exception the next call gives the batch
     * behind the one that failed.
     *
     * @throws NoSuchElementException if there is none left
     * @throws InvalidDataException if it cannot be read; names the batch
     * @throws WsssException if loading fails otherwise, or the thread is interrupted
     */
    @Override
    public B next() {
        Future<B> head = ahead.poll();
        if (head == null) {
            throw new NoSuchElementException("all " + end + " batches were taken");
        }
        submit();
        try {
            if (Thread.interrupted()) {
                throw new InterruptedException(); // a batch that is there already would not tell
            }
            B batch = head.get();
            taken++;
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ahead.addFirst(head);
            throw new WsssException("interrupted while waiting for a batch", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String message = "batch " + index() + " of epoch " + epoch() + ": " + cause.getMessage();
            taken++;
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
                throw new WsssException("a batch is still loading a minute after the loader was closed");
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
        ahead.clear();
        taken = end;
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

    /**
     * Says which batches are loaded, and how.
     *
     * @param <B> a batch
     */
    public static final class Builder<B extends AutoCloseable> {
        private final BatchSource<B> source;
        private long seed;
        private int threads = 1;
        private int epoch;
        private int index;
        private @Nullable Integer epochs;

        private Builder(BatchSource<B> source) {
            this.source = source;
        }

        /** The seed of order and augmentation; default 0. */
        public Builder<B> optSeed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Threads that load, at least 1, which is the default. */
        public Builder<B> optThreads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be at least 1, got " + threads);
            }
            this.threads = threads;
            return this;
        }

        /**
         * Where to begin: a batch by its epoch and its number in it, both from 0.
         *
         * @throws IllegalArgumentException if there is no such batch
         */
        public Builder<B> optFrom(int epoch, int index) {
            if (epoch < 0 || index < 0 || index >= source.batchesPerEpoch()) {
                throw new IllegalArgumentException("there is no batch " + index + " of epoch " + epoch
                        + "; an epoch has batches 0.." + (source.batchesPerEpoch() - 1));
            }
            this.epoch = epoch;
            this.index = index;
            return this;
        }

        /** The epoch at which to end, which is not loaded any more; default the one behind that of {@link #optFrom}. */
        public Builder<B> optEpochs(int epochs) {
            this.epochs = epochs;
            return this;
        }

        /**
         * Starts loading.
         *
         * @throws IllegalArgumentException if the end is not behind the beginning
         */
        public BatchLoader<B> build() {
            int last = epochs == null ? epoch + 1 : epochs;
            if (last <= epoch) {
                throw new IllegalArgumentException(
                        "epochs is " + last + ", but loading begins in epoch " + epoch + "; expected more");
            }
            long perEpoch = source.batchesPerEpoch();
            return new BatchLoader<>(source, seed, epoch * perEpoch + index, last * perEpoch, threads);
        }
    }
}
