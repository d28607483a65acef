package dev.wsss.benchmarks;

import dev.wsss.core.runtime.ComputeDevice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the benchmarks have in common: how they are run, and the device they name. JMH's score is what a call takes by the
 * host's clock; on a CUDA device {@link DeviceEvents} gives what it takes by the device's, too. A device that is not there
 * is an error: nothing that was asked of a device runs on the CPU in its place.
 *
 * <p>Every benchmark has the parameter here, also one for the CPU alone, as JMH passes over parameters that a class does
 * not have.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        // not appended: -jvmArgsAppend of the command line would replace them
        jvmArgsPrepend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public abstract class DeviceBenchmark {
    @Param({"cpu"})
    public String device = "cpu";

    /**
     * The device named.
     *
     * @throws IllegalArgumentException if it is not cpu, cuda or cuda:N; auto would leave open what was measured
     * @throws dev.wsss.api.DeviceUnavailableException if it is not there
     */
    final ComputeDevice computeDevice() {
        if (device.trim().equalsIgnoreCase("auto")) {
            throw new IllegalArgumentException(
                    "device must be cpu, cuda or cuda:N for a benchmark; got '" + device + "'");
        }
        return ComputeDevice.parse(device);
    }

    /**
     * Checks the device of a benchmark of code that no other device has.
     *
     * @throws IllegalArgumentException if it is not the CPU
     */
    final void requireCpu() {
        if (!device.equals("cpu")) {
            throw new IllegalArgumentException(
                    "device must be cpu, as what is measured here runs on the CPU alone; got '" + device + "'");
        }
    }
}
