package dev.wsss.examples;

import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where and how a program computes, the same for all systems. */
final class RunOptions {
    @Option(names = "--out", paramLabel = "DIR", description = "where products, weights and the report go")
    @Nullable
    private Path out;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            description = "cpu, cuda, cuda:N or auto; default ${DEFAULT-VALUE}")
    private String device = "auto";

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "fixes everything that is random; default ${DEFAULT-VALUE}")
    long seed = 1;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "threads of one operation; one core is left to decoding by default: ${DEFAULT-VALUE}")
    private int threads = Math.max(1, Math.min(4, Runtime.getRuntime().availableProcessors() - 1));

    @Option(names = "--bf16", description = "train in mixed precision")
    boolean bf16;

    @Option(names = "--remake", description = "make again what was made of other data, settings or weights")
    boolean remake;

    @Option(
            names = "--tensorboard",
            paramLabel = "DIR",
            description = "write the curves of training for TensorBoard too")
    @Nullable
    Path tensorboard;

    @Option(names = "--quick", hidden = true, description = "a few small steps: everything runs, nothing is learnt")
    boolean quick;

    /** The output folder, of this name unless another was given. */
    Path out(String name) {
        return out == null ? Path.of(name) : out;
    }

    /** The device, once the threads are set. */
    ComputeDevice start() {
        Torch.setThreads(threads);
        return ComputeDevice.parse(device);
    }
}
