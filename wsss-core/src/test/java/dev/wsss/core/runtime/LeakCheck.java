package dev.wsss.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;

/**
 * Whether work that is done again and again leaves memory behind: native objects, as JavaCPP counts those that have not
 * been freed, and what is in use on the heap after a collection. Resident memory would tell less: allocators, compilers
 * and the pages of the heap move it by hundreds of megabytes, and by more on machines with more cores.
 */
public final class LeakCheck {
    /** What caches may take up after the warm-up. */
    private static final int SPARE_OBJECTS = 10;

    private static final long SPARE_HEAP = 64L << 20;

    private LeakCheck() {}

    /** Does the work some times to fill its caches, then {@code rounds} times, after which as much must be in use. */
    public static void assertFlat(int rounds, Runnable work) {
        for (int i = 0; i <= rounds / 10; i++) {
            work.run();
        }
        long heap = heapInUse();
        assertThat(growth(rounds, work))
                .as("native objects left behind in %d rounds", rounds)
                .isLessThanOrEqualTo(SPARE_OBJECTS);
        assertThat(heapInUse() - heap)
                .as("heap left behind in %d rounds", rounds)
                .isLessThan(SPARE_HEAP);
    }

    /**
     * By how many objects the number of live native ones grew at most. The greatest growth and not the last: the
     * collector frees what is lost as well, at some time.
     */
    public static long growth(int rounds, Runnable work) {
        long before = settledCount();
        long most = before;
        for (int i = 0; i < rounds; i++) {
            work.run();
            most = Math.max(most, Pointer.totalCount());
        }
        return most - before;
    }

    /** The number of live native objects when the collector has freed all that were lost before. */
    private static long settledCount() {
        long before;
        long now = Pointer.totalCount();
        do {
            before = now;
            System.gc();
            try {
                // lost objects are freed by a thread of JavaCPP's own
                Thread.sleep(100);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted while the collector was waited for", e);
            }
            now = Pointer.totalCount();
        } while (now < before);
        return now;
    }

    private static long heapInUse() {
        System.gc();
        return NativeMemory.now().heapBytes();
    }
}
