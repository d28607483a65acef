package dev.wsss.core.crf;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinTask;

/** Runs a loop over an index range in contiguous parts. */
final class Parallel {
    /** Below this many iterations a part is not worth handing over. */
    private static final int SMALLEST_PART = 512;

    private Parallel() {}

    /** A part of a loop. */
    @FunctionalInterface
    interface Range {
        void run(int from, int to);
    }

    /** Runs {@code body} over {@code 0..n-1} in up to {@code threads} parts and waits for all of them. */
    static void forRange(int threads, int n, Range body) {
        int parts = Math.min(threads, n / SMALLEST_PART);
        if (parts <= 1) {
            body.run(0, n);
            return;
        }
        List<ForkJoinTask<?>> tasks = new ArrayList<>(parts);
        for (int i = 0; i < parts; i++) {
            int from = (int) ((long) n * i / parts);
            int to = (int) ((long) n * (i + 1) / parts);
            tasks.add(ForkJoinTask.adapt(() -> body.run(from, to)));
        }
        ForkJoinTask.invokeAll(tasks);
    }
}
