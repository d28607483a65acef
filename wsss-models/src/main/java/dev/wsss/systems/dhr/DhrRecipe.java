package dev.wsss.systems.dhr;

import java.util.List;

/**
 * All numbers of DHR:
 *
 * <pre>{@code
 * DhrRecipe recipe = DhrRecipe.voc();
 * recipe = recipe.withLabels(recipe.labels().withIntraClass(false));                 // without the student's features
 * recipe = recipe.withOptimization(recipe.optimization().withBatch(8).withAccumulate(2)); // in half the memory
 * }</pre>
 *
 * <p>The published code has the same numbers for all datasets; what differs between them follows from the classes.
 *
 * @param compat which accidents of the published code to repeat
 * @param network the network
 * @param views crops
 * @param labels how labels are made anew
 * @param optimization how the network is trained
 * @param inference how it labels images
 */
public record DhrRecipe(
        DhrCompat compat, Network network, Views views, Labels labels, Optimization optimization, Inference inference) {
    /** What a network stands on. */
    public enum Backbone {
        /** {@link dev.wsss.models.resnet.ResNet} of stride 8, as published. */
        RESNET,
        /** {@link dev.wsss.models.resnet.ResNet38}, whose normalizations are frozen: for weights of ImageNet. */
        WIDE_RESNET
    }

    /**
     * The network that is trained: a {@link DhrNetwork}.
     *
     * @param backbone what it stands on
     * @param depth layers of a ResNet; 101 as published. A wide one has 38
     * @param width inner channels of a ResNet's first group; 64 as published
     * @param rates dilations of the branches on the last map, 0 for a 1x1 convolution
     * @param head channels of the head
     * @param low channels that the head takes from the second map
     */
    public record Network(Backbone backbone, int depth, int width, List<Integer> rates, int head, int low) {
        public Network {
            rates = List.copyOf(rates);
            atLeastOne("width", width);
            atLeastOne("head", head);
            atLeastOne("low", low);
        }

        /** The same with another {@link #backbone}. */
        public Network withBackbone(Backbone backbone) {
            return new Network(backbone, depth, width, rates, head, low);
        }

        /** The same with another {@link #depth}. */
        public Network withDepth(int depth) {
            return new Network(backbone, depth, width, rates, head, low);
        }

        /** The same with another {@link #width}. */
        public Network withWidth(int width) {
            return new Network(backbone, depth, width, rates, head, low);
        }

        /** The same with another {@link #rates}. */
        public Network withRates(List<Integer> rates) {
            return new Network(backbone, depth, width, rates, head, low);
        }

        /** The same with another {@link #head}. */
        public Network withHead(int head) {
            return new Network(backbone, depth, width, rates, head, low);
        }

        /** The same with another {@link #low}. */
        public Network withLow(int low) {
            return new Network(backbone, depth, width, rates, head, low);
        }
    }

    /**
     * What the network sees of an image in training. It is mirrored by chance, too.
     *
     * @param minSide least longer side that an image is resized to
     * @param maxSide largest longer side
     * @param crop side of the square that is cut out of it, or that it is pasted on
     * @param jitter by how much brightness, contrast and saturation change; the hue by a third of it
     */
    public record Views(int minSide, int maxSide, int crop, double jitter) {
        public Views {
            atLeastOne("minSide", minSide);
            atLeastOne("crop", crop);
            if (maxSide < minSide || !(jitter >= 0 && jitter <= 1)) {
                throw new IllegalArgumentException("maxSide must be at least minSide and jitter in [0, 1], got "
                        + maxSide + ", " + minSide + " and " + jitter);
            }
        }

        /** The same with another {@link #minSide}. */
        public Views withMinSide(int minSide) {
            return new Views(minSide, maxSide, crop, jitter);
        }

        /** The same with another {@link #maxSide}. */
        public Views withMaxSide(int maxSide) {
            return new Views(minSide, maxSide, crop, jitter);
        }

        /** The same with another {@link #crop}. */
        public Views withCrop(int crop) {
            return new Views(minSide, maxSide, crop, jitter);
        }

        /** The same with another {@link #jitter}. */
        public Views withJitter(double jitter) {
            return new Views(minSide, maxSide, crop, jitter);
        }
    }

    /**
     * {@link DhrRefiner}: how labels are made anew in each step.
     *
     * @param tau above which cosine classes look alike to unsupervised features
     * @param foreground the background's score that a seed must beat
     * @param background the background's score that a pixel must fall short of to be background
     * @param seed whether missing classes are recovered
     * @param interClass whether unsupervised features balance classes
     * @param intraClass whether the student's features tell classes apart that look alike
     * @param crf whether a dense CRF is behind seeds and heatmaps
     */
    public record Labels(
            double tau,
            double foreground,
            double background,
            boolean seed,
            boolean interClass,
            boolean intraClass,
            boolean crf) {
        /** Whether labels are made anew at all; otherwise they stay as they are given. */
        public boolean isAny() {
            return seed || interClass || intraClass;
        }

        /** The same with another {@link #tau}. */
        public Labels withTau(double tau) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }

        /** The same with another {@link #foreground}. */
        public Labels withForeground(double foreground) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }

        /** The same with another {@link #background}. */
        public Labels withBackground(double background) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }

        /** The same with another {@link #seed}. */
        public Labels withSeed(boolean seed) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }

        /** The same with another {@link #interClass}. */
        public Labels withInterClass(boolean interClass) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }

        /** The same with another {@link #intraClass}. */
        public Labels withIntraClass(boolean intraClass) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }

        /** The same with another {@link #crf}. */
        public Labels withCrf(boolean crf) {
            return new Labels(tau, foreground, background, seed, interClass, intraClass, crf);
        }
    }

    /**
     * SGD with a poly schedule. The head learns ten times as fast as the backbone.
     *
     * @param learningRate of the backbone
     * @param momentum of SGD
     * @param weightDecay of all parameters
     * @param power of the schedule
     * @param batch images of a forward pass, at least 2: a normalization of the head has one value an image
     * @param accumulate batches of an update
     * @param epochs passes over the images
     * @param steps updates, in place of epochs; 0 for what these are
     * @param ema decay of the moving average of weights, which is the result
     */
    public record Optimization(
            double learningRate,
            double momentum,
            double weightDecay,
            double power,
            int batch,
            int accumulate,
            int epochs,
            long steps,
            double ema) {
        public Optimization {
            atLeastOne("accumulate", accumulate);
            atLeastOne("epochs", epochs);
            if (!(learningRate > 0 && weightDecay >= 0) || steps < 0) {
                throw new IllegalArgumentException("learningRate must be above 0, weightDecay and steps 0 or more, got "
                        + learningRate + ", " + weightDecay + " and " + steps);
            }
            if (batch < 2) {
                throw new IllegalArgumentException("batch must be at least 2, got " + batch);
            }
            if (!(ema > 0 && ema < 1)) {
                throw new IllegalArgumentException("ema must be in (0, 1), got " + ema);
            }
        }

        /** The same with another {@link #learningRate}. */
        public Optimization withLearningRate(double learningRate) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #momentum}. */
        public Optimization withMomentum(double momentum) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #weightDecay}. */
        public Optimization withWeightDecay(double weightDecay) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #power}. */
        public Optimization withPower(double power) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #batch}. */
        public Optimization withBatch(int batch) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #accumulate}. */
        public Optimization withAccumulate(int accumulate) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #epochs}. */
        public Optimization withEpochs(int epochs) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #steps}. */
        public Optimization withSteps(long steps) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }

        /** The same with another {@link #ema}. */
        public Optimization withEma(double ema) {
            return new Optimization(learningRate, momentum, weightDecay, power, batch, accumulate, epochs, steps, ema);
        }
    }

    /**
     * How the trained network labels images.
     *
     * @param look scales and mirror images
     * @param threshold classes whose largest probability in an image is not above it are not of the image; in [0, 1)
     * @param crf whether masks go through a dense CRF
     */
    public record Inference(DhrInference look, double threshold, boolean crf) {
        public Inference {
            if (!(threshold >= 0 && threshold < 1)) {
                throw new IllegalArgumentException("threshold must be in [0, 1), got " + threshold);
            }
        }

        /** The same with another {@link #look}. */
        public Inference withLook(DhrInference look) {
            return new Inference(look, threshold, crf);
        }

        /** The same with another {@link #threshold}. */
        public Inference withThreshold(double threshold) {
            return new Inference(look, threshold, crf);
        }

        /** The same with another {@link #crf}. */
        public Inference withCrf(boolean crf) {
            return new Inference(look, threshold, crf);
        }
    }

    /** The published numbers, for Pascal VOC: 66,100 steps of its 10,582 images. */
    public static DhrRecipe voc() {
        return published();
    }

    /** The published numbers, for COCO. */
    public static DhrRecipe coco() {
        return published();
    }

    /** The published numbers, for Pascal Context. */
    public static DhrRecipe pascalContext() {
        return published();
    }

    /** The published numbers, for ADE20K. */
    public static DhrRecipe ade20k() {
        return published();
    }

    /** The published numbers, for COCO-Stuff. */
    public static DhrRecipe cocoStuff() {
        return published();
    }

    /** For images of some hundred pixels, such as drawn scenes, with a small network from nothing: minutes on a CPU. */
    public static DhrRecipe small() {
        DhrRecipe r = published();
        return r.withNetwork(new Network(Backbone.RESNET, 18, 16, List.of(0, 1, 2, 3), 32, 8))
                .withViews(new Views(72, 120, 112, 0.3))
                .withInference(r.inference().withLook(new DhrInference(List.of(1.0, 0.75, 1.25), true)))
                .withOptimization(new Optimization(1e-2, 0.9, 4e-5, 0.9, 8, 1, 1, 600, 0.98));
    }

    private static DhrRecipe published() {
        return new DhrRecipe(
                DhrCompat.repaired(),
                new Network(Backbone.RESNET, 101, 64, List.of(0, 12, 24, 36), 256, 48),
                new Views(320, 640, 512, 0.3),
                new Labels(0.8, 0.30, 0.05, true, true, true, true),
                new Optimization(1e-3, 0.9, 4e-5, 0.9, 16, 1, 100, 0, 0.999),
                new Inference(DhrInference.PUBLISHED, 0.05, true));
    }

    /** The same with another {@link #compat}. */
    public DhrRecipe withCompat(DhrCompat compat) {
        return new DhrRecipe(compat, network, views, labels, optimization, inference);
    }

    /** The same with another {@link #network}. */
    public DhrRecipe withNetwork(Network network) {
        return new DhrRecipe(compat, network, views, labels, optimization, inference);
    }

    /** The same with another {@link #views}. */
    public DhrRecipe withViews(Views views) {
        return new DhrRecipe(compat, network, views, labels, optimization, inference);
    }

    /** The same with another {@link #labels}. */
    public DhrRecipe withLabels(Labels labels) {
        return new DhrRecipe(compat, network, views, labels, optimization, inference);
    }

    /** The same with another {@link #optimization}. */
    public DhrRecipe withOptimization(Optimization optimization) {
        return new DhrRecipe(compat, network, views, labels, optimization, inference);
    }

    /** The same with another {@link #inference}. */
    public DhrRecipe withInference(Inference inference) {
        return new DhrRecipe(compat, network, views, labels, optimization, inference);
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }
}
