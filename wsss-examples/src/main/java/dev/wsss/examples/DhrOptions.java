package dev.wsss.examples;

import dev.wsss.api.Dataset;
import dev.wsss.api.FeatureSource;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.pipeline.FeatureFolder;
import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.systems.dhr.Dhr;
import dev.wsss.systems.dhr.DhrCompat;
import dev.wsss.systems.dhr.DhrRecipe;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What {@code wsss dhr train}, {@code labels}, {@code masks} and {@code eval} are told. All steps of one run need the same. */
final class DhrOptions {
    /** DHR's features are of the image at twice its size. */
    private static final double FEATURE_SCALE = 2;

    /** Published numbers. */
    enum Recipe {
        VOC,
        COCO,
        PASCAL_CONTEXT,
        ADE20K,
        COCO_STUFF,
        SMALL;

        DhrRecipe numbers() {
            return switch (this) {
                case VOC -> DhrRecipe.voc();
                case COCO -> DhrRecipe.coco();
                case PASCAL_CONTEXT -> DhrRecipe.pascalContext();
                case ADE20K -> DhrRecipe.ade20k();
                case COCO_STUFF -> DhrRecipe.cocoStuff();
                case SMALL -> DhrRecipe.small();
            };
        }
    }

    /** Which images masks are made of. */
    enum Part {
        TRAIN,
        VAL
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
            description = "${COMPLETION-CANDIDATES}; default is the dataset's, or SMALL where there is none")
    @Nullable
    private Recipe recipe;

    @Option(
            names = "--backbone",
            paramLabel = "NAME",
            description = "${COMPLETION-CANDIDATES}, of the published recipes; default ${DEFAULT-VALUE}")
    private DhrRecipe.Backbone backbone = DhrRecipe.Backbone.RESNET;

    @Option(names = "--tau", paramLabel = "X", description = "above which cosine classes look alike; default 0.8")
    @Nullable
    private Double tau;

    @Option(names = "--no-seed", description = "recover no classes that the labels lack")
    private boolean noSeed;

    @Option(names = "--no-inter", description = "balance classes without the unsupervised features")
    private boolean noInter;

    @Option(names = "--no-intra", description = "tell no classes apart by the segmenter's own features")
    private boolean noIntra;

    @Option(names = "--no-crf", description = "no dense CRF behind labels and masks")
    private boolean noCrf;

    @Option(names = "--original", description = "repeat the accidents of the published code")
    private boolean original;

    @Option(names = "--labels", paramLabel = "DIR", description = "what to learn from: <id>.png of the training images")
    @Nullable
    private Path labels;

    @Option(
            names = "--features",
            paramLabel = "DIR",
            description = "unsupervised features of the training images: <id>.safetensors of wsss dhr features, or"
                    + " <id>.pt of the published program")
    @Nullable
    private Path features;

    @Option(
            names = "--patch",
            paramLabel = "N",
            description = "side of the cells of <id>.pt: 14 of CAUSE, 8 of STEGO; default ${DEFAULT-VALUE}")
    private int patch = 14;

    @Option(names = "--trained", paramLabel = "FILE", description = "a trained network, in place of this run's")
    @Nullable
    private Path trained;

    @Option(
            names = "--of",
            paramLabel = "PART",
            description = "make masks of ${COMPLETION-CANDIDATES} images; default ${DEFAULT-VALUE}")
    private Part of = Part.TRAIN;

    @Option(
            names = "--threshold",
            paramLabel = "X",
            description = "masks have classes that are likelier than this somewhere in the image; default 0.05")
    @Nullable
    private Double threshold;

    @Option(names = "--steps", paramLabel = "N", description = "updates of the training")
    @Nullable
    private Long steps;

    @Option(names = "--epochs", paramLabel = "N", description = "passes over the images, in place of --steps")
    @Nullable
    private Integer epochs;

    @Option(names = "--learning-rate", paramLabel = "X", description = "learning rate of the backbone")
    @Nullable
    private Double rate;

    @Option(names = "--batch", paramLabel = "N", description = "images of a forward pass")
    @Nullable
    private Integer batch;

    @Option(names = "--accumulate", paramLabel = "N", description = "batches of an update")
    @Nullable
    private Integer accumulate;

    /** The output folder. */
    Path out() {
        return run.out("out-dhr");
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
    Dhr open(DhrStep step, PrintStream console, RunListener listener) {
        OptionUse.requireRead(step, DhrStep.values(), command.commandLine().getParseResult());
        DhrRecipe numbers = recipe();
        if (step == DhrStep.TRAIN || step == DhrStep.LABELS) {
            if (labels == null) {
                throw new IllegalArgumentException("--labels is not given; expected a folder of labels to learn from");
            }
            if (features == null && numbers.labels().isAny()) {
                throw new IllegalArgumentException(
                        "--features is not given; expected a folder of unsupervised features,"
                                + " such as wsss dhr features leaves, or --no-seed --no-inter --no-intra");
            }
        }
        ComputeDevice device = run.start();
        DatasetSplits splits = data.open(run.seed);
        boolean others = step == DhrStep.MASKS && of == Part.VAL;
        Dhr.Builder dhr = run.tell(Dhr.builder(), device, splits, checkpoints.policy(), console, listener)
                .setOut(others ? out().resolve("val") : out())
                .optRecipe(numbers);
        if (others) {
            Dataset val = splits.val()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "--of VAL is given, and --data " + data.data + " has no such images"));
            dhr.setData(val);
        }
        if (labels != null) {
            dhr.optLabels(new LabelFolder(labels, splits.train().classes()));
        }
        if (features != null) {
            dhr.optFeatures(featureFolder(features));
        }
        start.tell(dhr::optWeights, dhr::optPretraining);
        if (trained != null) {
            dhr.optTrained(trained);
        } else if (others) {
            dhr.optTrained(out().resolve("weights").resolve("segmenter.pth"));
        }
        return dhr.build();
    }

    /** By the files in it. */
    private FeatureSource featureFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new InvalidDataException(folder + ": no such folder; expected features");
        }
        boolean ours = any(folder, "*.safetensors");
        boolean theirs = any(folder, "*.pt");
        if (ours == theirs) {
            throw new InvalidDataException(folder + ": has " + (ours ? "both" : "neither")
                    + " .safetensors and .pt files; expected features of one kind");
        }
        return ours ? FeatureFolder.of(folder) : FeatureFolder.ofTensors(folder, FEATURE_SCALE, patch);
    }

    private static boolean any(Path folder, String pattern) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
            return files.iterator().hasNext();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read (" + e + ")", e);
        }
    }

    private DhrRecipe recipe() {
        DhrRecipe r = chosen().numbers();
        r = r.withNetwork(r.network().withBackbone(backbone));
        if (run.quick) {
            r = quick(r);
        }
        DhrRecipe.Labels l = r.labels()
                .withSeed(!noSeed)
                .withInterClass(!noInter)
                .withIntraClass(!noIntra)
                .withCrf(!noCrf);
        if (tau != null) {
            l = l.withTau(tau);
        }
        DhrRecipe.Inference inference = r.inference().withCrf(!noCrf);
        if (threshold != null) {
            inference = inference.withThreshold(threshold);
        }
        return r.withLabels(l)
                .withInference(inference)
                .withOptimization(optimization(r.optimization()))
                .withCompat(original ? DhrCompat.original() : DhrCompat.repaired());
    }

    private DhrRecipe.Optimization optimization(DhrRecipe.Optimization published) {
        DhrRecipe.Optimization how = published;
        if (steps != null && epochs != null) {
            throw new IllegalArgumentException("--steps and --epochs are both given; expected one of the two");
        }
        if (steps != null) {
            how = how.withSteps(RunOptions.requirePositive("--steps", steps));
        }
        if (epochs != null) {
            how = how.withEpochs((int) RunOptions.requirePositive("--epochs", epochs))
                    .withSteps(0);
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
        return accumulate == null
                ? how
                : how.withAccumulate((int) RunOptions.requirePositive("--accumulate", accumulate));
    }

    private Recipe chosen() {
        if (recipe != null) {
            return recipe;
        }
        String kind = data.data.replaceAll(":.*", "").toUpperCase(Locale.ROOT).replace('-', '_');
        return List.of(Recipe.values()).stream()
                .filter(r -> r.name().equals(kind))
                .findFirst()
                .orElse(Recipe.SMALL);
    }

    /** A few small steps: everything runs, nothing is learnt. */
    private static DhrRecipe quick(DhrRecipe r) {
        DhrRecipe small = DhrRecipe.small();
        return r.withNetwork(small.network().withWidth(4).withHead(8).withLow(4))
                .withViews(small.views().withMinSide(40).withMaxSide(64).withCrop(56))
                .withInference(small.inference())
                .withOptimization(small.optimization().withBatch(2).withSteps(3));
    }
}
