package dev.wsss.examples;

import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.report.RunReport;
import dev.wsss.systems.dhr.Dhr;
import dev.wsss.systems.dhr.DhrScores;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss dhr}: the steps of DHR. */
@Command(
        name = "dhr",
        mixinStandardHelpOptions = true,
        description = "Labels balanced between classes by features that were learnt without labels.")
final class DhrCommand implements Runnable {
    private final long start = System.nanoTime();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a step: features, train, labels, masks, eval");
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Writes dense features of the training images that a network gives which learnt without labels, in float16"
                        + " (features/<id>.safetensors).",
                "Exit status: 0 all images have features, 3 some do not."
            })
    int features(@Mixin DhrFeatureOptions options) {
        ConsoleListener console = new ConsoleListener(System.out);
        Path folder = options.make(System.out, console);
        console.console().println("features in " + folder);
        return options.status(console);
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Trains the segmenter on labels of any origin, balanced in each step (weights/segmenter.pth).")
    int train(@Mixin DhrOptions options) {
        return step(DhrStep.TRAIN, options, (dhr, console) -> dhr.train());
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Makes the labels of the training images anew, as the trained segmenter balances them (labels/<id>.png), and"
                        + " measures them where there are masks.",
                "Exit status: 0 all images have labels, 3 some do not."
            })
    int labels(@Mixin DhrOptions options) {
        return step(DhrStep.LABELS, options, (dhr, console) -> {
            for (Evaluation evaluation : dhr.evaluateLabels()) {
                console.console().println(DhrScores.line(evaluation.subject(), evaluation));
            }
            console.console().println("labels in " + dhr.run().folder().resolve("labels"));
        });
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = {
                "Makes masks of images with the trained segmenter and a dense CRF; no tags are needed (masks/<id>.png, or"
                        + " val/masks/<id>.png).",
                "Exit status: 0 all images have masks, 3 some do not."
            })
    int masks(@Mixin DhrOptions options) {
        return step(DhrStep.MASKS, options, (dhr, console) -> {
            dhr.masks();
            console.console().println("masks in " + dhr.run().folder().resolve("masks"));
        });
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Measures the segmenter, class by class, with a dense CRF and without, and writes report.html.")
    int eval(@Mixin DhrOptions options) {
        return step(DhrStep.EVAL, options, (dhr, console) -> {
            RunReport report = dhr.evaluate();
            Reports.show(report, options.out(), (System.nanoTime() - start) / 1e9, console);
            for (Evaluation evaluation : report.evaluations()) {
                console.console().println(DhrScores.line(evaluation.subject(), evaluation));
            }
        });
    }

    private static int step(DhrStep step, DhrOptions options, BiConsumer<Dhr, ConsoleListener> what) {
        ConsoleListener console = new ConsoleListener(System.out);
        try (Dhr dhr = options.open(step, System.out, console)) {
            what.accept(dhr, console);
        }
        return options.status(console);
    }
}
