package dev.wsss.examples;

import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.systems.cdl.Cdl;
import dev.wsss.systems.cdl.CdlCompat;
import dev.wsss.systems.cdl.CdlRecipe;
import dev.wsss.systems.cdl.CdlVariant;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code wsss cdl train} and {@code wsss cdl test} are told. Both steps of one run need the same. */
final class CdlOptions {
    /** Published numbers. */
    enum Recipe {
        VOC,
        VOC_IMAGENET,
        COCO,
        SMALL;

        CdlRecipe numbers() {
            return switch (this) {
                case VOC -> CdlRecipe.voc();
                case VOC_IMAGENET -> CdlRecipe.vocImageNet();
                case COCO -> CdlRecipe.coco();
                case SMALL -> CdlRecipe.small();
            };
        }
    }

    /** The command that these options are of. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private DataOptions data = new DataOptions();

    @Mixin
    private CheckpointOptions checkpoints = new CheckpointOptions();

    @Mixin
    private RunOptions run = new RunOptions();

    @Mixin
    private StartOptions start = new StartOptions();

    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            description =
                    "${COMPLETION-CANDIDATES} (VOC is from weights of COCO); default is the dataset's, or SMALL where there is none")
    @Nullable
    private Recipe recipe;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "${COMPLETION-CANDIDATES}: CDL-b and CDL-e; default ${DEFAULT-VALUE}")
    private CdlVariant variant = CdlVariant.BASE;

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "${COMPLETION-CANDIDATES}, of the published recipes; default ${DEFAULT-VALUE}")
    private CdlRecipe.Backbone backbone = CdlRecipe.Backbone.CAFFE_RESNET;

    @Option(
            names = "--loss",
            paramLabel = "NAME",
            description =
                    "${COMPLETION-CANDIDATES}: CDL's, or one that corrects nothing, to compare with; default ${DEFAULT-VALUE}")
    private CdlLoss loss = CdlLoss.EXPERTS;

    @Option(
            names = "--noise",
            paramLabel = "SHARE",
            description = "what part of the labels --loss SMALL_LOSS takes to be wrong; default ${DEFAULT-VALUE}")
    private double noise = 0.3;

    @Option(names = "--original", description = "repeat the accidents of the published code")
    private boolean original;

    @Option(names = "--labels", paramLabel = "DIR", description = "what to learn from: <id>.png of the training images")
    @Nullable
    private Path labels;

    @Option(names = "--trained", paramLabel = "FILE", description = "a trained network, in place of this run's")
    @Nullable
    private Path trained;

    @Option(
            names = "--logits",
            paramLabel = "DIR",
            description = "store the network's logits there too, for wsss cdl crf")
    @Nullable
    private Path logits;

    @Option(names = "--steps", paramLabel = "N", description = "updates of the training")
    @Nullable
    private Long steps;

    @Option(names = "--learning-rate", paramLabel = "X", description = "learning rate of the backbone")
    @Nullable
    private Double rate;

    @Option(names = "--batch", paramLabel = "N", description = "images of a forward pass")
    @Nullable
    private Integer batch;

    @Option(names = "--accumulate", paramLabel = "N", description = "batches of an update")
    @Nullable
    private Integer accumulate;

    /** Where logits are stored, if anywhere. */
    Optional<Path> logits() {
        return Optional.ofNullable(logits);
    }

    /** The output folder. */
    Path out() {
        return run.out("out-cdl");
    }

    /** The exit status after a run that was heard by this. */
    int status(ConsoleListener heard) {
        return run.status(heard.failed());
    }

    /**
     * Opens the run of a step.
     *
     * @throws IllegalArgumentException if an option was given that the step does not read, or something lacks
     */
    Cdl open(CdlStep step, PrintStream console, RunListener listener) {
        OptionUse.requireRead(step, CdlStep.values(), command.commandLine().getParseResult());
        if (step == CdlStep.TRAIN && labels == null) {
            throw new IllegalArgumentException("--labels is not given; expected a folder of labels to learn from");
        }
        ComputeDevice device = run.start();
        DatasetSplits splits = data.open(run.seed);
        CdlRecipe numbers = recipe();
        Cdl.Builder cdl = run.tell(Cdl.builder(), device, splits, checkpoints.policy(), console, listener)
                .setOut(out())
                .optRecipe(numbers);
        loss.tell(cdl, noise, numbers.optimization().steps());
        if (labels != null) {
            cdl.optLabels(new LabelFolder(labels, splits.train().classes()));
        }
        start.tell(cdl::optWeights, cdl::optPretraining);
        if (trained != null) {
            cdl.optTrained(trained);
        }
        return cdl.build();
    }

    private CdlRecipe recipe() {
        CdlRecipe r = chosen().numbers().withVariant(variant);
        r = r.withNetwork(r.network().withBackbone(backbone));
        if (run.quick) {
            r = quick(r);
        }
        if (loss != CdlLoss.EXPERTS) {
            if (variant != CdlVariant.BASE || original) {
                throw new IllegalArgumentException("--loss " + loss
                        + " is a single expert's; expected it without --variant EXTENDED and --original");
            }
            r = r.withLoss(r.loss().plain());
        }
        CdlRecipe.Optimization how = r.optimization();
        if (steps != null) {
            how = how.withSteps(RunOptions.requirePositive("--steps", steps));
        }
        if (rate != null) {
            if (!(rate > 0) || Double.isInfinite(rate)) {
                throw new IllegalArgumentException("--learning-rate is " + rate + "; expected a positive number");
            }
            how = how.withLearningRate(rate);
        }
        if (batch != null) {
            how = how.withBatch((int) RunOptions.requirePositive("--batch", batch));
        }
        if (accumulate != null) {
            how = how.withAccumulate((int) RunOptions.requirePositive("--accumulate", accumulate));
        }
        return r.withOptimization(how).withCompat(original ? CdlCompat.original() : CdlCompat.sound());
    }

    private Recipe chosen() {
        if (recipe != null) {
            return recipe;
        }
        String kind = data.data.replaceAll(":.*", "").toUpperCase(Locale.ROOT);
        return List.of(Recipe.values()).stream()
                .filter(r -> r.name().equals(kind))
                .findFirst()
                .orElse(Recipe.SMALL);
    }

    /** A few small steps: everything runs, nothing is learnt. */
    private static CdlRecipe quick(CdlRecipe r) {
        CdlRecipe small = CdlRecipe.small();
        return r.withNetwork(small.network().withBlocks(List.of(1, 1, 1, 1)).withWidth(4))
                .withViews(small.views().withCrop(48))
                .withOptimization(small.optimization().withBatch(2).withSteps(3));
    }
}
