package dev.wsss.examples;

import dev.wsss.systems.ppc.Ppc;
import java.util.function.BiConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss ppc}: the steps of PPC, one by one or all. */
@Command(
        name = "ppc",
        mixinStandardHelpOptions = true,
        description = "SEAM, EPS and pixel-to-prototype contrast: from tags to a trained segmenter.")
final class PpcCommand implements Runnable {
    private final long start = System.nanoTime();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "name a step: train-cam, infer-cam, affinity, walk, segment, eval, all");
    }

    @Command(name = "train-cam", mixinStandardHelpOptions = true, description = "Trains the CAM network.")
    int trainCam(@Mixin PpcOptions options) {
        return step(PpcStep.TRAIN_CAM, options, (ppc, console) -> ppc.trainCam());
    }

    @Command(
            name = "infer-cam",
            mixinStandardHelpOptions = true,
            description = "Writes CAM dicts (cam/*.npy) and their masks (raw/, cam_crf/).")
    int inferCam(@Mixin PpcOptions options) {
        return step(PpcStep.INFER_CAM, options, (ppc, console) -> ppc.cams());
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Writes confident probabilities (crf_la/, crf_ha/) and trains AffinityNet on them.",
                "With --affinity IRN: sure labels (ir_label/), and IRN's network on them."
            })
    int affinity(@Mixin PpcOptions options) {
        return step(PpcStep.AFFINITY, options, (ppc, console) -> ppc.trainAffinity());
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Writes the walk's scores (walk/) and pseudo masks (walked/; pseudo/ after a CRF).")
    int walk(@Mixin PpcOptions options) {
        return step(PpcStep.WALK, options, (ppc, console) -> ppc.pseudoLabels());
    }

    @Command(mixinStandardHelpOptions = true, description = "Trains DeepLab on the pseudo masks.")
    int segment(@Mixin PpcOptions options) {
        return step(PpcStep.SEGMENT, options, (ppc, console) -> ppc.trainSegmenter());
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Measures what there is, with the curve of 100 thresholds, and writes report.html.")
    int eval(@Mixin PpcOptions options) {
        return step(PpcStep.EVAL, options, (ppc, console) -> evaluate(ppc, options, console));
    }

    @Command(mixinStandardHelpOptions = true, description = "Does all of it.")
    int all(@Mixin PpcOptions options) {
        return step(PpcStep.ALL, options, (ppc, console) -> {
            ppc.trainSegmenter();
            evaluate(ppc, options, console);
        });
    }

    private void evaluate(Ppc ppc, PpcOptions options, ConsoleListener console) {
        Reports.show(ppc.evaluate(), options.out(), (System.nanoTime() - start) / 1e9, console);
    }

    private static int step(PpcStep step, PpcOptions options, BiConsumer<Ppc, ConsoleListener> what) {
        ConsoleListener console = new ConsoleListener(System.out);
        try (Ppc ppc = options.open(step, System.out, console)) {
            what.accept(ppc, console);
        }
        return options.status(console);
    }
}
