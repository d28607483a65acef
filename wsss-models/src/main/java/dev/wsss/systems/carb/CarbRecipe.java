package dev.wsss.systems.carb;

import dev.wsss.models.clip.ClassPrompts;
import dev.wsss.models.clip.PromptTemplates;
import dev.wsss.models.deeplab.TextDeepLab;
import dev.wsss.models.maskclip.MaskClip;
import dev.wsss.models.maskclip.TextClassifier;
import dev.wsss.models.segment.SlidingWindow;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All numbers of CARB:
 *
 * <pre>{@code
 * CarbRecipe recipe = CarbRecipe.cityscapes();
 * recipe = recipe.withLoss(recipe.loss().withDualPath(false));        // masks from disk: the single path
 * CarbRecipe published = CarbRecipe.camVid().withCompat(CarbCompat.original().withDoubleTags(true));
 * }</pre>
 *
 * @param compat which accidents of the published code to repeat
 * @param prompts what classes are called
 * @param student the network
 * @param teacher CLIP
 * @param views crops and patches
 * @param loss the loss
 * @param optimization how the student is trained
 * @param inference how it labels images
 */
public record CarbRecipe(
        CarbCompat compat,
        Prompts prompts,
        Student student,
        Teacher teacher,
        Views views,
        Loss loss,
        Optimization optimization,
        Inference inference) {
    /** What batch normalizations of the student do in training. */
    public enum Norms {
        /** Statistics of the batch, as published. */
        BATCH,
        /** The statistics that they came with; scale and shift train. For batches of one or two images. */
        RUNNING,
        /** Nothing of them changes. */
        FROZEN
    }

    /**
     * The texts that stand for classes.
     *
     * @param names of the classes, in the order of the tags; none for those of the dataset
     * @param templates sentences for the names
     */
    public record Prompts(List<String> names, PromptTemplates templates) {
        public Prompts {
            names = List.copyOf(names);
        }

        /** The same with another {@link #names}. */
        public Prompts withNames(List<String> names) {
            return new Prompts(names, templates);
        }

        /** The same with another {@link #templates}. */
        public Prompts withTemplates(PromptTemplates templates) {
            return new Prompts(names, templates);
        }
    }

    /**
     * The network that is trained: a {@link TextDeepLab} on a ResNet of stride 8 with three 3x3 convolutions for a stem.
     *
     * @param depth of the ResNet: 50 or 101 as published
     * @param width channels of its first group: 64
     * @param rates dilations of the head
     * @param score what is computed of features and text embeddings
     * @param norms what its batch normalizations do in training
     */
    public record Student(int depth, int width, List<Integer> rates, TextClassifier.Score score, Norms norms) {
        public Student {
            rates = List.copyOf(rates);
            atLeastOne("width", width);
        }

        /** The same with another {@link #depth}. */
        public Student withDepth(int depth) {
            return new Student(depth, width, rates, score, norms);
        }

        /** The same with another {@link #width}. */
        public Student withWidth(int width) {
            return new Student(depth, width, rates, score, norms);
        }

        /** The same with another {@link #rates}. */
        public Student withRates(List<Integer> rates) {
            return new Student(depth, width, rates, score, norms);
        }

        /** The same with another {@link #score}. */
        public Student withScore(TextClassifier.Score score) {
            return new Student(depth, width, rates, score, norms);
        }

        /** The same with another {@link #norms}. */
        public Student withNorms(Norms norms) {
            return new Student(depth, width, rates, score, norms);
        }
    }

    /**
     * CLIP as it labels images: see {@link MaskClip.Builder}.
     *
     * @param denoise threshold of prompt denoising; 0, for none, in training as published
     * @param smooth threshold of key smoothing; 0, for none, in training as published
     * @param autocastBf16 whether it computes in bfloat16
     */
    public record Teacher(double denoise, double smooth, boolean autocastBf16) {

        /** The same with another {@link #denoise}. */
        public Teacher withDenoise(double denoise) {
            return new Teacher(denoise, smooth, autocastBf16);
        }

        /** The same with another {@link #smooth}. */
        public Teacher withSmooth(double smooth) {
            return new Teacher(denoise, smooth, autocastBf16);
        }

        /** The same with another {@link #autocastBf16}. */
        public Teacher withAutocastBf16(boolean autocastBf16) {
            return new Teacher(denoise, smooth, autocastBf16);
        }
    }

    /**
     * What student and teacher see of an image.
     *
     * @param baseWidth width of the box that images are fitted into, times the ratio
     * @param baseHeight its height
     * @param minRatio smallest ratio
     * @param maxRatio largest ratio
     * @param cropHeight rows of the crop; smaller images are padded
     * @param cropWidth columns of the crop
     * @param localViews whether there is a patch
     * @param patchHeight rows of the patch
     * @param patchWidth columns of the patch
     * @param minScale smallest scale at which the teacher sees the patch
     * @param maxScale largest scale
     */
    public record Views(
            int baseWidth,
            int baseHeight,
            double minRatio,
            double maxRatio,
            int cropHeight,
            int cropWidth,
            boolean localViews,
            int patchHeight,
            int patchWidth,
            double minScale,
            double maxScale) {
        public Views {
            atLeastOne("baseWidth", baseWidth);
            atLeastOne("baseHeight", baseHeight);
            atLeastOne("cropHeight", cropHeight);
            atLeastOne("cropWidth", cropWidth);
            if (!(minRatio > 0 && maxRatio >= minRatio)) {
                throw new IllegalArgumentException(
                        "ratios must be 0 < min <= max, got " + minRatio + " and " + maxRatio);
            }
            if (localViews && (patchHeight > cropHeight || patchWidth > cropWidth)) {
                throw new IllegalArgumentException("a patch must fit into the crop of " + cropHeight + "x" + cropWidth
                        + ", got " + patchHeight + "x" + patchWidth);
            }
        }

        /** The same with another {@link #baseWidth}. */
        public Views withBaseWidth(int baseWidth) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #baseHeight}. */
        public Views withBaseHeight(int baseHeight) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #minRatio}. */
        public Views withMinRatio(double minRatio) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #maxRatio}. */
        public Views withMaxRatio(double maxRatio) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #cropHeight}. */
        public Views withCropHeight(int cropHeight) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #cropWidth}. */
        public Views withCropWidth(int cropWidth) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #localViews}. */
        public Views withLocalViews(boolean localViews) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #patchHeight}. */
        public Views withPatchHeight(int patchHeight) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #patchWidth}. */
        public Views withPatchWidth(int patchWidth) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #minScale}. */
        public Views withMinScale(double minScale) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }

        /** The same with another {@link #maxScale}. */
        public Views withMaxScale(double maxScale) {
            return new Views(
                    baseWidth,
                    baseHeight,
                    minRatio,
                    maxRatio,
                    cropHeight,
                    cropWidth,
                    localViews,
                    patchHeight,
                    patchWidth,
                    minScale,
                    maxScale);
        }
    }

    /**
     * {@link CarbLoss}, and where the labels of whole images come from.
     *
     * @param dualPath whether the teacher labels each crop anew; otherwise masks are made once, before the training
     * @param balanced whether noisy regions are weighed after the warm-up; otherwise it is a cross-entropy throughout
     * @param warmUp its steps, in which all pixels count alike
     * @param adaptive whether the weight follows the losses
     * @param queueSize steps over which they are averaged
     * @param coefficient factor of the weight
     * @param minLambda the smallest adaptive weight; 0 as published: {@link CarbLoss.Builder#optMinLambda}
     */
    public record Loss(
            boolean dualPath,
            boolean balanced,
            long warmUp,
            boolean adaptive,
            int queueSize,
            double coefficient,
            double minLambda) {
        public Loss {
            atLeastOne("queueSize", queueSize);
            if (!(warmUp >= 0 && coefficient >= 0 && minLambda >= 0)) {
                throw new IllegalArgumentException("warmUp, coefficient and minLambda must be 0 or more, got " + warmUp
                        + ", " + coefficient + " and " + minLambda);
            }
        }

        /** The same with another {@link #dualPath}. */
        public Loss withDualPath(boolean dualPath) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }

        /** The same with another {@link #balanced}. */
        public Loss withBalanced(boolean balanced) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }

        /** The same with another {@link #warmUp}. */
        public Loss withWarmUp(long warmUp) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }

        /** The same with another {@link #adaptive}. */
        public Loss withAdaptive(boolean adaptive) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }

        /** The same with another {@link #queueSize}. */
        public Loss withQueueSize(int queueSize) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }

        /** The same with another {@link #coefficient}. */
        public Loss withCoefficient(double coefficient) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }

        /** The same with another {@link #minLambda}. */
        public Loss withMinLambda(double minLambda) {
            return new Loss(dualPath, balanced, warmUp, adaptive, queueSize, coefficient, minLambda);
        }
    }

    /**
     * SGD with the poly schedule of power 0.9, all parameters at one rate.
     *
     * @param learningRate the first
     * @param minimumRate what it ends at
     * @param momentum of SGD
     * @param weightDecay of all parameters, normalizations and biases included
     * @param batch images of a step; as published 4 on each of 2 GPUs
     * @param steps updates
     */
    public record Optimization(
            double learningRate, double minimumRate, double momentum, double weightDecay, int batch, long steps) {
        public Optimization {
            atLeastOne("batch", batch);
            atLeastOne("steps", steps);
            if (!(learningRate > minimumRate && minimumRate >= 0 && weightDecay >= 0)) {
                throw new IllegalArgumentException(
                        "rates must be learningRate > minimumRate >= 0 and weightDecay >= 0, got " + learningRate + ", "
                                + minimumRate + " and " + weightDecay);
            }
        }

        /** The same with another {@link #learningRate}. */
        public Optimization withLearningRate(double learningRate) {
            return new Optimization(learningRate, minimumRate, momentum, weightDecay, batch, steps);
        }

        /** The same with another {@link #minimumRate}. */
        public Optimization withMinimumRate(double minimumRate) {
            return new Optimization(learningRate, minimumRate, momentum, weightDecay, batch, steps);
        }

        /** The same with another {@link #momentum}. */
        public Optimization withMomentum(double momentum) {
            return new Optimization(learningRate, minimumRate, momentum, weightDecay, batch, steps);
        }

        /** The same with another {@link #weightDecay}. */
        public Optimization withWeightDecay(double weightDecay) {
            return new Optimization(learningRate, minimumRate, momentum, weightDecay, batch, steps);
        }

        /** The same with another {@link #batch}. */
        public Optimization withBatch(int batch) {
            return new Optimization(learningRate, minimumRate, momentum, weightDecay, batch, steps);
        }

        /** The same with another {@link #steps}. */
        public Optimization withSteps(long steps) {
            return new Optimization(learningRate, minimumRate, momentum, weightDecay, batch, steps);
        }
    }

    /**
     * How the student labels images: {@link dev.wsss.models.segment.NetworkSegmenter}.
     *
     * @param scales of what the network sees
     * @param flip whether each is run mirrored too
     * @param fit whether images are fitted into the box of {@link Views#baseWidth} and {@link Views#baseHeight}, as published,
     *     or seen in their own size. The logits are resized to the image's own in any case
     * @param window slides over what the network sees; null, as published, for all at once
     */
    public record Inference(List<Double> scales, boolean flip, boolean fit, @Nullable SlidingWindow window) {
        public Inference {
            scales = List.copyOf(scales);
        }

        /** The same with another {@link #scales}. */
        public Inference withScales(List<Double> scales) {
            return new Inference(scales, flip, fit, window);
        }

        /** The same with another {@link #flip}. */
        public Inference withFlip(boolean flip) {
            return new Inference(scales, flip, fit, window);
        }

        /** The same with another {@link #fit}. */
        public Inference withFit(boolean fit) {
            return new Inference(scales, flip, fit, window);
        }

        /** The same with another {@link #window}, or none. */
        public Inference withWindow(@Nullable SlidingWindow window) {
            return new Inference(scales, flip, fit, window);
        }
    }

    /** The published numbers for Cityscapes, dual path. */
    public static CarbRecipe cityscapes() {
        return published(
                ClassPrompts.CITYSCAPES_CARB,
                new Views(2048, 1024, 0.5, 2, 512, 1024, true, 512, 256, 1, 2),
                16_000,
                30_000);
    }

    /** The published numbers for CamVid, dual path. */
    public static CarbRecipe camVid() {
        return published(
                ClassPrompts.CAMVID_CARB, new Views(960, 720, 1, 4, 720, 960, true, 512, 256, 0.5, 2.5), 4_000, 12_000);
    }

    /**
     * The published numbers for WildDash2, dual path, as they were meant: the released configuration cannot run, as it gates 25
     * classes by the 19 of Cityscapes.
     */
    public static CarbRecipe wildDash2() {
        return cityscapes().withPrompts(prompts(ClassPrompts.WILDDASH2_CARB));
    }

    /** For images of some hundred pixels, such as drawn scenes, with a small network from nothing: minutes on a CPU. */
    public static CarbRecipe small() {
        CarbRecipe r = cityscapes();
        return r.withPrompts(new Prompts(List.of(), PromptTemplates.IMAGENET_AND_SCENES))
                .withStudent(new Student(18, 16, List.of(1, 2, 3, 5), TextClassifier.Score.DOT, Norms.BATCH))
                .withViews(new Views(256, 128, 0.75, 1.5, 96, 160, true, 96, 64, 1, 2))
                .withLoss(r.loss().withWarmUp(200))
                .withInference(r.inference().withFit(false))
                .withOptimization(new Optimization(0.02, 1e-4, 0.9, 5e-4, 8, 600));
    }

    private static CarbRecipe published(ClassPrompts classes, Views views, long warmUp, long steps) {
        return new CarbRecipe(
                CarbCompat.sound(),
                prompts(classes),
                new Student(50, 64, List.of(6, 12, 18, 24), TextClassifier.Score.DOT, Norms.BATCH),
                new Teacher(0, 0, false),
                views,
                new Loss(true, true, warmUp, true, 5, 1, 0),
                new Optimization(0.005, 1e-4, 0.9, 5e-4, 8, steps),
                new Inference(List.of(1.0), false, true, null));
    }

    private static Prompts prompts(ClassPrompts classes) {
        return new Prompts(classes.names(), PromptTemplates.IMAGENET_AND_SCENES);
    }

    /** The same with another {@link #compat}. */
    public CarbRecipe withCompat(CarbCompat compat) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #prompts}. */
    public CarbRecipe withPrompts(Prompts prompts) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #student}. */
    public CarbRecipe withStudent(Student student) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #teacher}. */
    public CarbRecipe withTeacher(Teacher teacher) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #views}. */
    public CarbRecipe withViews(Views views) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #loss}. */
    public CarbRecipe withLoss(Loss loss) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #optimization}. */
    public CarbRecipe withOptimization(Optimization optimization) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    /** The same with another {@link #inference}. */
    public CarbRecipe withInference(Inference inference) {
        return new CarbRecipe(compat, prompts, student, teacher, views, loss, optimization, inference);
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }
}
