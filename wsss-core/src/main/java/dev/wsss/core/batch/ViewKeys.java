package dev.wsss.core.batch;

import dev.wsss.api.SplitMix;

/** What a view's random numbers are drawn from. */
record ViewKeys(long seed, int epoch, int sample, int batch) {
    /** Tells the numbers of a batch from those of a sample of the same number. */
    private static final long SHARED = -1;

    /**
     * The generator of a view.
     *
     * @param view its place among the views; the main one is 0
     */
    SplitMix generator(int view, boolean shared) {
        if (shared) {
            return new SplitMix(seed, epoch, batch, view, SHARED);
        }
        return view == 0 ? new SplitMix(seed, epoch, sample) : new SplitMix(seed, epoch, sample, view);
    }
}
