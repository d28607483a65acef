package dev.wsss.core.crf;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinTask;
import java.util.function.IntConsumer;

/** Runs tasks on the common fork-join pool. */
final class Parallel {
    private Parallel() {}

    /** Runs {@code task} with the numbers {@code 0..count-1}, in parallel if {@code threads} is above 1, and waits. */
    static void run(int threads, int count, IntConsumer task) {
        if (threads == 1 || count == 1) {
            for (int i = 0; i < count; i++) {
                task.accept(i);
            }
            return;
        }
        List<ForkJoinTask<?>> tasks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int number = i;
            tasks.add(ForkJoinTask.adapt(() -> task.accept(number)));
        }
        ForkJoinTask.invokeAll(tasks);
    }
}
