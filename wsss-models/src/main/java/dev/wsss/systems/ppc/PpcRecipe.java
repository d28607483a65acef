package dev.wsss.systems.ppc;

import java.util.List;

/**
 * All numbers of PPC, step by step:
 *
 * <pre>{@code
 * PpcRecipe recipe = PpcRecipe.voc().withVariant(PpcVariant.EPS_PPC);
 * recipe = recipe.withSegmenter(recipe.segmenter().withHead(PpcRecipe.Head.V2));
 * }</pre>
 *
 * @param variant what the CAM network learns from
 * @param compat which accidents of the published code to repeat
 * @param backbone of all networks
 * @param camTraining the CAM network
 * @param camInference class activation maps
 * @param affinity the affinity network
 * @param walk random walk and CRF
 * @param segmenter the segmenter
 */
public record PpcRecipe(
        PpcVariant variant,
        PpcCompat compat,
        PpcBackbone backbone,
        CamTraining camTraining,
        CamInference camInference,
        Affinity affinity,
        Walk walk,
        Segmenter segmenter) {
    /** Which network says what belongs together. */
    public enum Method {
        /** AffinityNet, as in PPC, SEAM and EPS. */
        PSA,
        /** IRN's boundaries. */
        IRN
    }

    /** Forms of DeepLab as wseg has them. */
    public enum Head {
        /** One dilated convolution: DeepLab v1, "LargeFOV". */
        V1,
        /** Branches of several dilations with image pooling, batch-normalized. */
        V2,
        /** DeepLab v3+ with a decoder. */
        V3PLUS
    }

    /**
     * How a network is trained.
     *
     * @param adamW whether by AdamW with a cosine schedule, which small networks from nothing need, or by SGD with the poly schedule, as published
     * @param learningRate the highest; of SGD, as published for steps without momentum
     * @param weightDecay of all parameters that decay
     */
    public record Optimization(boolean adamW, double learningRate, double weightDecay) {
        public Optimization {
            if (!(learningRate > 0 && weightDecay >= 0)) {
                throw new IllegalArgumentException("learningRate must be positive and weightDecay 0 or more, got "
                        + learningRate + " and " + weightDecay);
            }
        }

        /** The same with another {@link #adamW}. */
        public Optimization withAdamW(boolean adamW) {
            return new Optimization(adamW, learningRate, weightDecay);
        }

        /** The same with another {@link #learningRate}. */
        public Optimization withLearningRate(double learningRate) {
            return new Optimization(adamW, learningRate, weightDecay);
        }

        /** The same with another {@link #weightDecay}. */
        public Optimization withWeightDecay(double weightDecay) {
            return new Optimization(adamW, learningRate, weightDecay);
        }
    }

    /**
     * The network for class activation maps.
     *
     * @param optimization how it is trained
     * @param batch images of a step; of the affinity network's too
     * @param crop side of the images of a batch, in all trainings
     * @param secondView side of the second view, for variants that have one
     * @param minLongSide longer side of the images before the crop, at least
     * @param maxLongSide likewise, at most
     * @param epochs passes over the images, where {@code steps} is 0; of the affinity network too
     * @param steps updates, or 0
     */
    public record CamTraining(
            Optimization optimization,
            int batch,
            int crop,
            int secondView,
            int minLongSide,
            int maxLongSide,
            int epochs,
            long steps) {
        public CamTraining {
            atLeastOne("batch", batch);
            atLeastOne("crop", crop);
            atLeastOne("secondView", secondView);
            atLeastOne("minLongSide", minLongSide);
            if (maxLongSide < minLongSide) {
                throw new IllegalArgumentException(
                        "maxLongSide must not be below minLongSide, got " + maxLongSide + " and " + minLongSide);
            }
            atLeastOne("epochs, or steps,", Math.max(epochs, steps));
        }

        /** The same with another {@link #optimization}. */
        public CamTraining withOptimization(Optimization optimization) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #batch}. */
        public CamTraining withBatch(int batch) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #crop}. */
        public CamTraining withCrop(int crop) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #secondView}. */
        public CamTraining withSecondView(int secondView) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #minLongSide}. */
        public CamTraining withMinLongSide(int minLongSide) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #maxLongSide}. */
        public CamTraining withMaxLongSide(int maxLongSide) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #epochs}. */
        public CamTraining withEpochs(int epochs) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }

        /** The same with another {@link #steps}. */
        public CamTraining withSteps(long steps) {
            return new CamTraining(optimization, batch, crop, secondView, minLongSide, maxLongSide, epochs, steps);
        }
    }

    /**
     * Class activation maps.
     *
     * @param scales of the image, each mirrored too
     * @param background score up to which a pixel is background, in [0, 1]
     */
    public record CamInference(List<Double> scales, double background) {
        public CamInference {
            scales = List.copyOf(scales);
        }

        /** The same with another {@link #scales}. */
        public CamInference withScales(List<Double> scales) {
            return new CamInference(scales, background);
        }

        /** The same with another {@link #background}. */
        public CamInference withBackground(double background) {
            return new CamInference(scales, background);
        }
    }

    /**
     * The network that says which pixels belong together.
     *
     * @param method whose network
     * @param optimization how AffinityNet is trained
     * @param stride pixels for one node of AffinityNet's grid; 4 or 8
     * @param steps updates, or 0 for the epochs of the CAM network
     * @param irnOptimization how IRN's network is trained
     * @param sureForeground threshold above which a pixel is certainly foreground, for IRN's labels
     * @param sureBackground threshold below which it is certainly background
     * @param irnPaddedSize side of IRN's images in training and inference
     */
    public record Affinity(
            Method method,
            Optimization optimization,
            int stride,
            long steps,
            Optimization irnOptimization,
            double sureForeground,
            double sureBackground,
            int irnPaddedSize) {
        /** The same with another {@link #method}. */
        public Affinity withMethod(Method method) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #optimization}. */
        public Affinity withOptimization(Optimization optimization) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #stride}. */
        public Affinity withStride(int stride) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #steps}. */
        public Affinity withSteps(long steps) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #irnOptimization}. */
        public Affinity withIrnOptimization(Optimization irnOptimization) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #sureForeground}. */
        public Affinity withSureForeground(double sureForeground) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #sureBackground}. */
        public Affinity withSureBackground(double sureBackground) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }

        /** The same with another {@link #irnPaddedSize}. */
        public Affinity withIrnPaddedSize(int irnPaddedSize) {
            return new Affinity(
                    method,
                    optimization,
                    stride,
                    steps,
                    irnOptimization,
                    sureForeground,
                    sureBackground,
                    irnPaddedSize);
        }
    }

    /**
     * The random walk and what follows it.
     *
     * @param background the background's score in AffinityNet's walk
     * @param irnSteps steps of IRN's walk
     * @param irnBackground score up to which a pixel is background after IRN's walk
     * @param crfIterations of the CRF behind the walk
     */
    public record Walk(double background, int irnSteps, double irnBackground, int crfIterations) {
        /** The same with another {@link #background}. */
        public Walk withBackground(double background) {
            return new Walk(background, irnSteps, irnBackground, crfIterations);
        }

        /** The same with another {@link #irnSteps}. */
        public Walk withIrnSteps(int irnSteps) {
            return new Walk(background, irnSteps, irnBackground, crfIterations);
        }

        /** The same with another {@link #irnBackground}. */
        public Walk withIrnBackground(double irnBackground) {
            return new Walk(background, irnSteps, irnBackground, crfIterations);
        }

        /** The same with another {@link #crfIterations}. */
        public Walk withCrfIterations(int crfIterations) {
            return new Walk(background, irnSteps, irnBackground, crfIterations);
        }
    }

    /**
     * The segmenter that learns from the pseudo labels.
     *
     * @param head its form
     * @param optimization how it is trained; with SGD the head learns ten times as fast
     * @param batch images of a step
     * @param steps updates
     * @param scales of inference, each mirrored too
     */
    public record Segmenter(Head head, Optimization optimization, int batch, long steps, List<Double> scales) {
        public Segmenter {
            scales = List.copyOf(scales);
            atLeastOne("batch", batch);
            atLeastOne("steps", steps);
        }

        /** The same with another {@link #head}. */
        public Segmenter withHead(Head head) {
            return new Segmenter(head, optimization, batch, steps, scales);
        }

        /** The same with another {@link #optimization}. */
        public Segmenter withOptimization(Optimization optimization) {
            return new Segmenter(head, optimization, batch, steps, scales);
        }

        /** The same with another {@link #batch}. */
        public Segmenter withBatch(int batch) {
            return new Segmenter(head, optimization, batch, steps, scales);
        }

        /** The same with another {@link #steps}. */
        public Segmenter withSteps(long steps) {
            return new Segmenter(head, optimization, batch, steps, scales);
        }

        /** The same with another {@link #scales}. */
        public Segmenter withScales(List<Double> scales) {
            return new Segmenter(head, optimization, batch, steps, scales);
        }
    }

    /** The published numbers, for VOC: SEAM with contrast, AffinityNet, DeepLab v1 on ResNet-38. */
    public static PpcRecipe voc() {
        Optimization sgd = new Optimization(false, 0.01, 5e-4);
        return new PpcRecipe(
                PpcVariant.SEAM_PPC,
                PpcCompat.sound(),
                PpcBackbone.RESNET38,
                new CamTraining(sgd, 8, 448, 128, 448, 768, 8, 0),
                new CamInference(List.of(0.5, 1.0, 1.5, 2.0), 0.26),
                new Affinity(Method.PSA, sgd, 8, 0, new Optimization(false, 0.1, 1e-4), 0.3, 0.05, 512),
                new Walk(0.27, 256, 0.25, 1),
                new Segmenter(
                        Head.V1, sgd.withLearningRate(1e-3), 10, 20_000, List.of(0.5, 0.75, 1.0, 1.25, 1.5, 1.75)));
    }

    /** For images of some hundred pixels, such as the drawn scenes, with small networks from nothing: minutes on a CPU. */
    public static PpcRecipe small() {
        Optimization adamW = new Optimization(true, 2e-3, 1e-2);
        return new PpcRecipe(
                PpcVariant.SEAM_PPC,
                PpcCompat.sound(),
                PpcBackbone.SMALL,
                new CamTraining(adamW, 8, 96, 48, 77, 120, 0, 600),
                new CamInference(List.of(1.0, 1.5, 2.0), 0.3),
                new Affinity(Method.PSA, adamW, 4, 120, adamW.withWeightDecay(1e-4), 0.4, 0.15, 96),
                new Walk(0.3, 32, 0.3, 10),
                new Segmenter(Head.V1, adamW, 8, 400, List.of(1.0)));
    }

    /** The same with another {@link #variant}. */
    public PpcRecipe withVariant(PpcVariant variant) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #compat}. */
    public PpcRecipe withCompat(PpcCompat compat) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #backbone}. */
    public PpcRecipe withBackbone(PpcBackbone backbone) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #camTraining}. */
    public PpcRecipe withCamTraining(CamTraining camTraining) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #camInference}. */
    public PpcRecipe withCamInference(CamInference camInference) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #affinity}. */
    public PpcRecipe withAffinity(Affinity affinity) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #walk}. */
    public PpcRecipe withWalk(Walk walk) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    /** The same with another {@link #segmenter}. */
    public PpcRecipe withSegmenter(Segmenter segmenter) {
        return new PpcRecipe(variant, compat, backbone, camTraining, camInference, affinity, walk, segmenter);
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }
}
