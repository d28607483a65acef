package dev.wsss.core.crf;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Runs tasks on the common fork-join pool. */
final class Parallel {
    private Parallel() {}

    /** Runs {@code task} with the numbers {@code 0..count-1} on at most so many threads, the caller's included, and waits. */
    static void run(int threads, int count, IntConsumer task) {
        if (threads == 1 || count == 1) {
            for (int i = 0; i < count; i++) {
                task.accept(i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        List<ForkJoinTask<?>> tasks = new ArrayList<>();
        for (int i = 0; i < Math.min(threads, count); i++) {
            tasks.add(ForkJoinTask.adapt(() -> {
                for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                    task.accept(number);
                }
            }));
        }
        ForkJoinTask.invokeAll(tasks);
    }
}
