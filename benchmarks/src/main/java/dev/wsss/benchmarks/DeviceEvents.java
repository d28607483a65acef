package dev.wsss.benchmarks;

import dev.wsss.core.cuda.CudaTimer;
import dev.wsss.core.runtime.ComputeDevice;
import java.util.List;
import java.util.function.Supplier;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Gives what a call takes by the events of a CUDA device, as the second result {@code device} in milliseconds. Benchmarks
 * run what they measure through {@link #time}. {@link Main} switches it on; there is no such result on the CPU.
 */
public final class DeviceEvents implements InternalProfiler {
    // of this JVM: JMH makes profilers itself, apart from the benchmarks
    private static double milliseconds;
    private static int calls;

    /** Runs code; on a CUDA device between two events, which waits for the device. */
    static <T> T time(ComputeDevice device, Supplier<T> code) {
        if (!device.isCuda()) {
            return code.get();
        }
        try (CudaTimer timer = CudaTimer.start(device)) {
            T result = code.get();
            add(timer.stop());
            return result;
        }
    }

    private static synchronized void add(double call) {
        milliseconds += call;
        calls++;
    }

    private static synchronized List<Result<?>> take() {
        List<Result<?>> result = calls == 0
                ? List.of()
                : List.of(new ScalarResult("device", milliseconds / calls, "ms/op", AggregationPolicy.AVG));
        milliseconds = 0;
        calls = 0;
        return result;
    }

    @Override
    public String getDescription() {
        return "What a call takes by the events of a CUDA device";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        take();
    }

    @Override
    public List<Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        return take();
    }
}
