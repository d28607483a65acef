package dev.wsss.core.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;

/**
 * The threads of a run's stages. Stages of one worker share one thread: they compute with networks, whose operations have
 * threads of their own, and two at a time would take each other's processors. A stage of several workers has its own.
 */
final class Lanes {
    private final List<ExecutorService> byStage = new ArrayList<>();
    private final List<ExecutorService> inOrder = new ArrayList<>();

    /** Makes threads. */
    interface Threads {
        ExecutorService start(String name, int count);
    }

    Lanes(List<Stage<?>> stages, int[] workers, Threads threads) {
        ExecutorService single = threads.start("network", 1);
        inOrder.add(single);
        for (int s = 0; s < workers.length; s++) {
            ExecutorService lane =
                    workers[s] == 1 ? single : threads.start(stages.get(s).name(), workers[s]);
            byStage.add(lane);
            if (lane != single) {
                inOrder.add(lane);
            }
        }
    }

    ExecutorService of(int stage) {
        return byStage.get(stage);
    }

    /** All threads. */
    List<ExecutorService> inOrder() {
        return inOrder;
    }
}
