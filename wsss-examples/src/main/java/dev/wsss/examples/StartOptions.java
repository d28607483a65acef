package dev.wsss.examples;

import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the backbone of a training starts from. */
final class StartOptions {
    /** The options, for the steps that read them. */
    static final Set<String> NAMES = Set.of("--weights", "--pretrain");

    @Option(names = "--weights", paramLabel = "FILE", description = "the backbone's weights, such as ImageNet's")
    private @Nullable Path weights;

    @Option(
            names = "--pretrain",
            paramLabel = "N",
            description = "steps in which the backbone first learns the images' tags, where there are no --weights")
    private @Nullable Long pretrain;

    /**
     * Tells a system's builder what was given.
     *
     * @throws IllegalArgumentException if both were, or there are no steps
     */
    void tell(Consumer<Path> weights, LongConsumer pretraining) {
        if (this.weights != null) {
            if (pretrain != null) {
                throw new IllegalArgumentException(
                        "--pretrain is for a backbone without --weights; expected one of the two");
            }
            weights.accept(this.weights);
        }
        if (pretrain != null) {
            pretraining.accept(RunOptions.requirePositive("--pretrain", pretrain));
        }
    }
}
