package dev.wsss.examples;

import dev.wsss.api.FeatureMap;
import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.pipeline.Stage;
import dev.wsss.core.pipeline.Stages;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.models.dino.CauseHead;
import dev.wsss.models.dino.DinoVit;
import dev.wsss.models.dino.StegoHead;
import dev.wsss.models.dino.UnsupervisedFeatures;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code wsss dhr features} is told. */
final class DhrFeatureOptions {
    /** The command that these options are of. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private RunOptions run = new RunOptions();

    @Mixin
    private NamedWeights named = new NamedWeights();

    @Option(
            names = "--dino",
            required = true,
            paramLabel = "FILE|NAME",
            description = "the network: a file of DINO's or DINOv2's, or a name that wsss weights list prints")
    private String dino = "";

    @Option(names = "--cause", paramLabel = "FILE", description = "CAUSE's head on it, such as CAUSE_VOC2012.pt")
    @Nullable
    private Path cause;

    @Option(names = "--stego", paramLabel = "FILE", description = "STEGO's head on it, such as STEGO_VOC2012.pt")
    @Nullable
    private Path stego;

    @Option(
            names = "--scales",
            paramLabel = "X",
            split = ",",
            description = "scales of the image, the first of which decides the grid; default 2,1,1.5,0.5")
    private List<Double> scales = List.of(2.0, 1.0, 1.5, 0.5);

    @Option(names = "--no-flip", description = "look at the image alone, not at its mirror too")
    private boolean noFlip;

    /** The exit status after a run that was heard by this. */
    int status(ConsoleListener heard) {
        return run.status(heard.failed());
    }

    /**
     * Makes the features.
     *
     * @return the folder that they are in
     * @throws IllegalArgumentException if an option was given that the step does not read, or two heads are named
     */
    Path make(PrintStream console, RunListener listener) {
        OptionUse.requireRead(
                DhrStep.FEATURES, DhrStep.values(), command.commandLine().getParseResult());
        if (cause != null && stego != null) {
            throw new IllegalArgumentException("--cause and --stego are both given; expected one head at most");
        }
        ComputeDevice device = run.start();
        DatasetSplits splits = data.open(run.seed);
        splits.notes().forEach(console::println);
        Path out = run.out("out-dhr");
        try (DinoVit vit = DinoVit.load(named.find("--dino", dino, new PrintWriter(console, true)))) {
            vit.to(device, DType.F32);
            Layer head = head();
            try {
                Stage<FeatureMap> stage =
                        Stages.features(features(vit, head, device)).build();
                RunFolder.builder()
                        .setData(splits.train())
                        .setFolder(out)
                        .optSeed(run.seed)
                        .optDevice(device)
                        .optRemake(run.remake)
                        .optOverwrite(run.overwrite)
                        .optProgress(new TerminalProgress(console))
                        .optListener(listener)
                        .build()
                        .make(stage);
                return out.resolve(stage.name());
            } finally {
                if (head != null) {
                    head.close();
                }
            }
        }
    }

    private @Nullable Layer head() {
        if (cause != null) {
            return CauseHead.load(cause);
        }
        return stego == null ? null : StegoHead.load(stego);
    }

    private UnsupervisedFeatures features(DinoVit vit, @Nullable Layer head, ComputeDevice device) {
        UnsupervisedFeatures.Builder features = UnsupervisedFeatures.builder()
                .setBackbone(vit)
                .optScales(scales.stream().mapToDouble(Double::doubleValue).toArray())
                .optFlip(!noFlip);
        if (head != null) {
            head.to(device, DType.F32);
            features.optHead(head);
        }
        return features.build();
    }
}
