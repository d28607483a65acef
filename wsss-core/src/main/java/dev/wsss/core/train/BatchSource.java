package dev.wsss.core.train;

import dev.wsss.api.Described;
import dev.wsss.core.input.InputCheck;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Training batches as a pure function of (seed, epoch, index): which samples, which augmentation. All randomness must
 * come from {@link #mix} of these three, never from a shared generator; then any number of threads may load, and a
 * resumed run sees what the first one would have seen.
 *
 * @param <B> a batch; closed by the trainer after its step
 */
public interface BatchSource<B extends AutoCloseable> extends Described {
    /** Batches in an epoch; at least 1. */
    int batchesPerEpoch();

    /**
     * Loads one batch. Called from several threads at once, each within a {@link dev.wsss.core.runtime.Scope} of its own
     * and without gradients: tensors that the batch keeps must be taken out by {@link
     * dev.wsss.core.runtime.Scope#own} and freed by its {@code close}.
     *
     * @param epoch from 0
     * @param index of the batch in the epoch, from 0
     */
    B load(long seed, int epoch, int index) throws Exception;

    /** Number of images in a batch, for the throughput. */
    int images(B batch);

    /** Number of samples that batches are made of; 0 if that is not known. */
    default int samples() {
        return 0;
    }

    /**
     * What can be told in seconds of the samples that would be left out, before any training; null if nothing. Reads a few
     * samples.
     */
    default @Nullable InputCheck check() {
        return null;
    }

    /** Samples that could not be loaded so far, by id, with the reason. */
    default Map<String, String> failures() {
        return Map.of();
    }

    /** The numbers 0..n-1 in the random order of an epoch. */
    static int[] shuffled(int n, long seed, int epoch) {
        int[] order = new int[n];
        SplittableRandom random = new SplittableRandom(mix(seed, epoch));
        for (int i = 0; i < n; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** A seed made of several numbers; a change of any changes all of its bits. */
    static long mix(long... parts) {
        long h = 0;
        for (long part : parts) {
            h += part + 0x9E3779B97F4A7C15L;
            h = (h ^ h >>> 30) * 0xBF58476D1CE4E5B9L;
            h = (h ^ h >>> 27) * 0x94D049BB133111EBL;
            h ^= h >>> 31;
        }
        return h;
    }
}
