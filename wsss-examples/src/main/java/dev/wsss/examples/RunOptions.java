package dev.wsss.examples;

import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.systems.SystemBuilder;
import java.io.PrintStream;
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

    @Option(names = "--overwrite", description = "make everything again, though nothing has changed")
    boolean overwrite;

    @Option(
            names = "--allow-left-out",
            paramLabel = "SHARE",
            description = "images that may lack what they should have, such as 10%% or 0.1; default ${DEFAULT-VALUE}")
    private String leftOut = "5%";

    @Option(
            names = "--allow-failures",
            paramLabel = "N",
            description = "samples that may fail before the exit status is 3; default ${DEFAULT-VALUE}")
    private int failures;

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

    /** The share of images that may be left out, in [0, 1]. */
    double maxLeftOut() {
        return share("--allow-left-out", leftOut);
    }

    /** An option's share, such as 10% or 0.1, in [0, 1]. */
    static double share(String option, String value) {
        String text = value.strip();
        boolean percent = text.endsWith("%");
        try {
            double number = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
            double share = percent ? number / 100 : number;
            if (share >= 0 && share <= 1) {
                return share;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(
                option + " is '" + value + "'; expected a share of the images such as 10% or 0.1");
    }

    /** The exit status of a run in which so many samples failed. */
    int status(int failed) {
        return failed > failures ? Wsss.SOME_FAILED : 0;
    }

    /** An option's number, which must be positive. */
    static long requirePositive(String option, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " is " + value + "; expected at least 1");
        }
        return value;
    }

    /** The device, once the threads are set. */
    ComputeDevice start() {
        Torch.setThreads(threads);
        return ComputeDevice.parse(device);
    }

    /**
     * Tells a system what these options and the data say, and the console what there is to know of the data.
     *
     * @param device as {@link #start} gave it
     * @param policy what files of weights may hold beside what is wanted
     */
    <B extends SystemBuilder<B>> B tell(
            B system,
            ComputeDevice device,
            DatasetSplits splits,
            LoadPolicy policy,
            PrintStream console,
            RunListener listener) {
        splits.notes().forEach(console::println);
        splits.val().ifPresent(system::optUnseen);
        if (tensorboard != null) {
            system.optTensorBoard(tensorboard);
        }
        return system.setData(splits.train())
                .optDevice(device)
                .optSeed(seed)
                .optRemake(remake)
                .optOverwrite(overwrite)
                .optMaxLeftOut(maxLeftOut())
                .optAutocastBf16(bf16)
                .optLoadPolicy(policy)
                .optProgress(new TerminalProgress(console))
                .optListener(listener);
    }
}
