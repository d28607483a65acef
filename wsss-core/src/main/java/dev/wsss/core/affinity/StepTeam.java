package dev.wsss.core.affinity;

import java.util.Arrays;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Works off the parts of one step after the other on several threads. Steps take microseconds, so whoever waits for the
 * end of a step spins.
 *
 * <p>Each thread has a share of neighbouring parts, the same in every step, so that what it wrote is in its own cache
 * when it reads it again. But nothing depends on a thread that has not begun or does not get on: the others take over
 * its share of the step. A pool without a free thread only means fewer threads.
 */
final class StepTeam {
    /** Looks at a counter before a thread does something else; some ten microseconds. */
    private static final int SPINS = 1000;

    /** One part of one step; may read whatever the steps before have written. */
    @FunctionalInterface
    interface Work {
        void run(int step, int part);
    }

    private final int steps;
    private final int parts;
    private final int shares;
    private final Work work;
    /** Of each share, the first step that nobody has taken. */
    private final AtomicIntegerArray taken;
    /** Of each share, whether its thread has begun. */
    private final AtomicIntegerArray begun;
    /** Shares of steps that are finished. */
    private final AtomicLong finished = new AtomicLong();

    private volatile @Nullable Throwable failure;

    private StepTeam(int steps, int parts, int shares, Work work) {
        this.steps = steps;
        this.parts = parts;
        this.shares = shares;
        this.work = work;
        taken = new AtomicIntegerArray(shares);
        begun = new AtomicIntegerArray(shares);
    }

    /**
     * Runs all steps.
     *
     * @param threads at most so many, the caller's included; the others are of the caller's pool or the common one
     */
    static void run(int steps, int parts, int threads, Work work) {
        int shares = Math.max(1, Math.min(threads, parts));
        StepTeam team = new StepTeam(steps, parts, shares, work);
        ForkJoinTask<?>[] others = new ForkJoinTask<?>[shares - 1];
        Arrays.setAll(others, i -> ForkJoinTask.adapt(() -> team.workOff(i + 1)).fork());
        try {
            team.workOff(0);
        } finally {
            for (int i = others.length - 1; i >= 0; i--) {
                others[i].tryUnfork(); // what no thread had time for must not stay in the queue, and the scores with it
            }
        }
        if (team.failure != null) {
            throw new IllegalStateException("another thread that computed a part of this failed", team.failure);
        }
    }

    private void workOff(int own) {
        begun.set(own, 1);
        for (int step = current(); step < steps && failure == null; step = Math.max(step + 1, current())) {
            take(own, step);
            for (int share = 0; share < shares; share++) {
                if (share != own) {
                    await(share, step);
                    take(share, step);
                }
            }
            awaitEnd(step);
        }
    }

    /** The step that is being worked on. */
    private int current() {
        return (int) (finished.get() / shares);
    }

    private void take(int share, int step) {
        if (!taken.compareAndSet(share, step, step + 1)) {
            return;
        }
        try {
            int end = (int) ((share + 1L) * parts / shares);
            for (int part = (int) ((long) share * parts / shares); part < end; part++) {
                work.run(step, part);
            }
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        } finally {
            finished.incrementAndGet();
        }
    }

    /** Gives a share's own thread the time to take it. */
    private void await(int share, int step) {
        for (int spins = 0; spins < SPINS && begun.get(share) != 0 && taken.get(share) == step; spins++) {
            Thread.onSpinWait();
        }
    }

    /** Waits for a step's shares, all of which somebody works on. */
    private void awaitEnd(int step) {
        for (int spins = 0; current() == step && failure == null; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }
}
