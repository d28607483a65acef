package dev.wsss.examples;

import dev.wsss.core.image.PixelLimit;
import dev.wsss.core.image.ReducedDataset;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.report.RunReport;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.models.finetune.BackboneStart;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * From image tags to a trained segmenter and a report: {@link QuickstartWalk}, and an evaluation. Masks are read by {@link
 * RunReport} alone, at the end.
 *
 * <p>Every step leaves its product under {@code --out}; a run that was interrupted goes on where it was.
 */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Tags to pseudo labels, a trained segmenter and a report.")
final class Quickstart implements Callable<Integer> {
    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private BackboneOptions backbone = new BackboneOptions();

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "steps of classifier and segmenter each; default 400, of the classifier of shapes 500")
    private @Nullable Integer steps;

    @Option(
            names = "--max-pixels",
            paramLabel = "N",
            description = "photographs of more pixels are reduced, and labels and evaluation with them")
    private long maxPixels = 1 << 18;

    @Mixin
    private RunOptions options = new RunOptions();

    private final PrintStream console = System.out;

    @Override
    public Integer call() {
        long start = System.nanoTime();
        ComputeDevice on = options.start();
        Torch.seed(options.seed);
        Path out = options.out("out");
        QuickstartSettings settings = settings();
        DatasetSplits splits = splits();
        BackboneStart backbones = backbone.start(!data.isShapes(), new PrintWriter(console, true));
        ConsoleListener listener = new ConsoleListener(console);
        RunFolder.Builder folder = RunFolder.builder()
                .setData(splits.train())
                .setFolder(out)
                .optSeed(options.seed)
                .optDevice(on)
                .optRemake(options.remake)
                .optOverwrite(options.overwrite)
                .optMaxLeftOut(options.maxLeftOut())
                .optProgress(new TerminalProgress(console))
                .optListener(listener);
        if (options.tensorboard != null) {
            folder.optTensorBoard(options.tensorboard);
        }
        RunFolder run = folder.build();
        splits.notes().forEach(console::println);
        console.println("on " + on);
        try (QuickstartWalk walk = new QuickstartWalk(run, backbones, settings, options.bf16)) {
            RunReport.Builder report = RunReport.builder().setTrain(splits.train());
            walk.go(report);
            splits.val().ifPresent(report::optUnseen);
            Reports.show(report.build(), out, (System.nanoTime() - start) / 1e9, listener);
        }
        return options.status(listener.failed());
    }

    private QuickstartSettings settings() {
        QuickstartSettings settings = QuickstartSettings.of(data.isShapes(), options.quick);
        return steps == null ? settings : settings.withSteps((int) RunOptions.requirePositive("--steps", steps));
    }

    /** Photographs of a camera would take hours; those of VOC stay as they are. */
    private DatasetSplits splits() {
        PixelLimit limit = new PixelLimit(RunOptions.requirePositive("--max-pixels", maxPixels));
        DatasetSplits splits = data.open(options.seed);
        return data.isShapes()
                ? splits
                : new DatasetSplits(
                        ReducedDataset.of(splits.train(), limit),
                        splits.val().map(val -> ReducedDataset.of(val, limit)));
    }
}
