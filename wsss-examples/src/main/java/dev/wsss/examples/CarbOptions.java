package dev.wsss.examples;

import dev.wsss.core.pipeline.LabelFolder;
import dev.wsss.core.pipeline.RunListener;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.datasets.DatasetSplits;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.models.clip.MiniClip;
import dev.wsss.models.maskclip.TextEmbeddings;
import dev.wsss.models.segment.SlidingWindow;
import dev.wsss.systems.carb.Carb;
import dev.wsss.systems.carb.CarbCompat;
import dev.wsss.systems.carb.CarbLabels;
import dev.wsss.systems.carb.CarbRecipe;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every step of {@code wsss carb} is told. All steps of one run need the same. */
final class CarbOptions {
    /** Published numbers. */
    enum Recipe {
        CITYSCAPES,
        CAMVID,
        WILDDASH2,
        SMALL;

        CarbRecipe numbers() {
            return switch (this) {
                case CITYSCAPES -> CarbRecipe.cityscapes();
                case CAMVID -> CarbRecipe.camVid();
                case WILDDASH2 -> CarbRecipe.wildDash2();
                case SMALL -> CarbRecipe.small();
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
            description = "${COMPLETION-CANDIDATES}; default is the dataset's, or SMALL where there is none")
    @Nullable
    private Recipe recipe;

    @Option(names = "--single", description = "learn from masks on disk; default are CLIP's of each crop anew")
    private boolean single;

    @Option(names = "--original", description = "repeat the accidents of the published code")
    private boolean original;

    @Option(names = "--plain", description = "a cross-entropy that does not weigh noisy regions, to compare with")
    private boolean plain;

    @Option(names = "--no-local", description = "no patches")
    private boolean noLocal;

    @Option(
            names = "--clip",
            paramLabel = "FILE",
            description = "CLIP's weights, such as ViT-B-16.pt; default for shapes is the small one of the library")
    @Nullable
    private Path clip;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            description = "text embeddings (safetensors, or the original's *_clip_text.pth) in place of CLIP's")
    @Nullable
    private Path text;

    @Option(names = "--student-weights", paramLabel = "FILE", description = "a trained student, in place of this run's")
    @Nullable
    private Path studentWeights;

    @Option(names = "--labels", paramLabel = "DIR", description = "masks (png) for --single in place of CLIP's")
    @Nullable
    private Path labels;

    @Option(names = "--steps", paramLabel = "N", description = "steps of the training")
    @Nullable
    private Long steps;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "first steps, in which all pixels count alike; default is the recipe's part of --steps")
    @Nullable
    private Long warmUp;

    @Option(
            names = "--min-lambda",
            paramLabel = "X",
            description = "smallest weight of noisy pixels after the warm-up; default 0, as published")
    @Nullable
    private Double minLambda;

    @Option(
            names = "--queue-size",
            paramLabel = "N",
            description = "steps whose losses the weight follows; default is the recipe's")
    @Nullable
    private Integer queueSize;

    @Option(
            names = {"--learning-rate", "--rate"},
            paramLabel = "X",
            description = "learning rate of the training")
    @Nullable
    private Double rate;

    @Option(names = "--batch", paramLabel = "N", description = "images of a step")
    @Nullable
    private Integer batch;

    @Option(
            names = "--window",
            paramLabel = "HxW",
            description =
                    "sides of a sliding window, or one of a square; steps are two thirds; default is the whole image")
    @Nullable
    private String window;

    @Option(names = "--own-size", description = "do not fit images into the recipe's box, such as 2048x1024")
    private boolean ownSize;

    @Option(
            names = "--scales",
            paramLabel = "X",
            split = ",",
            description = "scales of the box, or with --own-size of the image; default 1")
    private List<Double> scales = List.of(1.0);

    @Option(names = "--flip", description = "label mirrored images too")
    private boolean flip;

    @Option(
            names = "--small",
            paramLabel = "NAMES",
            split = ",",
            description = "classes whose mIoU has a line of its own; default is known for driving scenes")
    @Nullable
    private List<String> small;

    /** The classes whose mean has a line of its own; null for those that are known. */
    @Nullable
    List<String> small() {
        return small;
    }

    /** How the published labels.npy of these images looks. */
    CarbLabels.Form labelForm() {
        return switch (kind()) {
            case "CITYSCAPES" -> CarbLabels.Form.CITYSCAPES;
            case "CAMVID" -> CarbLabels.Form.CAMVID;
            case "WILDDASH2" -> CarbLabels.Form.WILDDASH2;
            default -> CarbLabels.Form.PLAIN;
        };
    }

    private String kind() {
        return data.data.replaceAll(":.*", "").toUpperCase(Locale.ROOT);
    }

    /** The output folder. */
    Path out() {
        return run.out("out-carb");
    }

    /** The exit status after a run that was heard by this. */
    int status(ConsoleListener heard) {
        return run.status(heard.failed());
    }

    /**
     * A run and the CLIP that it uses.
     *
     * @param clip null if none was given
     */
    record Opened(Carb carb, @Nullable Clip clip) implements AutoCloseable {
        @Override
        public void close() {
            carb.close();
            if (clip != null) {
                clip.close();
            }
        }
    }

    /**
     * Opens the run of a step.
     *
     * @throws IllegalArgumentException if an option was given that the step does not read, or something lacks
     */
    Opened open(CarbStep step, PrintStream console, RunListener listener) {
        OptionUse.requireRead(step, CarbStep.values(), command.commandLine().getParseResult());
        boolean mini = clip == null && data.isShapes();
        if (clip == null && text == null && !mini) {
            throw new IllegalArgumentException("neither --clip nor --text is given; expected CLIP's weights, or text"
                    + " embeddings for a student that needs no CLIP");
        }
        ComputeDevice device = run.start();
        DatasetSplits splits = data.open(run.seed);
        Carb.Builder carb = run.tell(Carb.builder(), device, splits, checkpoints.policy(), console, listener)
                .setOut(out())
                .optRecipe(recipe());
        if (text != null) {
            carb.optTextEmbeddings(TextEmbeddings.read(text));
        }
        start.tell(carb::optWeights, carb::optPretraining);
        if (studentWeights != null) {
            carb.optStudentWeights(studentWeights);
        }
        if (labels != null) {
            carb.optLabels(new LabelFolder(labels, splits.train().classes()));
        }
        Clip loaded = mini ? MiniClip.load() : clip == null ? null : Clip.load(clip, settings());
        try {
            if (loaded != null) {
                carb.optClip(loaded);
            }
            return new Opened(carb.build(), loaded);
        } catch (RuntimeException e) {
            if (loaded != null) {
                loaded.close();
            }
            throw e;
        }
    }

    private ClipSettings settings() {
        return original ? ClipSettings.MASKCLIP : ClipSettings.DEFAULT.withPad(true);
    }

    private CarbRecipe recipe() {
        CarbRecipe r = chosen().numbers();
        if (run.quick) {
            r = quick(r);
        }
        CarbRecipe.Optimization how = r.optimization();
        if (steps != null) {
            // the warm-up is the same part of a shorter training
            long n = RunOptions.requirePositive("--steps", steps);
            r = r.withLoss(r.loss().withWarmUp(Math.round((double) r.loss().warmUp() * n / how.steps())));
            how = how.withSteps(n);
        }
        if (rate != null) {
            if (!(rate > 0) || Double.isInfinite(rate)) {
                throw new IllegalArgumentException("--learning-rate is " + rate + "; expected a positive number");
            }
            how = how.withLearningRate(rate).withMinimumRate(Math.min(how.minimumRate(), rate / 50));
        }
        if (batch != null) {
            how = how.withBatch((int) RunOptions.requirePositive("--batch", batch));
        }
        return r.withOptimization(how)
                .withCompat(compat())
                .withLoss(loss(r.loss().withDualPath(!single).withBalanced(!plain)))
                .withViews(r.views().withLocalViews(!noLocal))
                .withInference(r.inference()
                        .withScales(scales)
                        .withFlip(flip)
                        .withFit(r.inference().fit() && !ownSize)
                        .withWindow(window == null ? null : window(window)));
    }

    private static SlidingWindow window(String text) {
        if (!text.matches("[1-9][0-9]{0,5}(x[1-9][0-9]{0,5})?")) {
            throw new IllegalArgumentException("--window is '" + text + "'; expected HxW or one side, each at least 1");
        }
        String[] sides = text.split("x", -1);
        return SlidingWindow.overlapping(Integer.parseInt(sides[0]), Integer.parseInt(sides[sides.length - 1]));
    }

    private CarbRecipe.Loss loss(CarbRecipe.Loss l) {
        if (plain && (warmUp != null || minLambda != null || queueSize != null)) {
            throw new IllegalArgumentException(
                    "--plain weighs nothing; expected it without --warm-up, --min-lambda and --queue-size");
        }
        if (warmUp != null) {
            if (warmUp < 0) {
                throw new IllegalArgumentException("--warm-up is " + warmUp + "; expected 0 or more");
            }
            l = l.withWarmUp(warmUp);
        }
        if (minLambda != null) {
            if (!(minLambda >= 0) || Double.isInfinite(minLambda)) {
                throw new IllegalArgumentException("--min-lambda is " + minLambda + "; expected a number, 0 or more");
            }
            l = l.withMinLambda(minLambda);
        }
        return queueSize == null ? l : l.withQueueSize((int) RunOptions.requirePositive("--queue-size", queueSize));
    }

    private CarbCompat compat() {
        // those of the released label files
        boolean doubleTags = chosen() == Recipe.CAMVID || chosen() == Recipe.WILDDASH2;
        return original ? CarbCompat.original().withDoubleTags(doubleTags) : CarbCompat.sound();
    }

    private Recipe chosen() {
        if (recipe != null) {
            return recipe;
        }
        String kind = kind();
        return List.of(Recipe.values()).stream()
                .filter(r -> r.name().equals(kind))
                .findFirst()
                .orElse(Recipe.SMALL);
    }

    /** A few small steps: everything runs, nothing is learnt. */
    private static CarbRecipe quick(CarbRecipe r) {
        CarbRecipe small = CarbRecipe.small();
        return r.withStudent(small.student().withWidth(4))
                .withViews(new CarbRecipe.Views(64, 48, 1, 1.5, 32, 48, true, 32, 16, 1, 2))
                .withLoss(r.loss().withWarmUp(1))
                .withOptimization(small.optimization().withBatch(2).withSteps(3));
    }
}
