package dev.wsss.systems.cdl;

import java.util.List;

/**
 * All numbers of CDL:
 *
 * <pre>{@code
 * CdlRecipe recipe = CdlRecipe.voc().withVariant(CdlVariant.EXTENDED);
 * recipe = recipe.withOptimization(recipe.optimization().withBatch(2).withAccumulate(4)); // as before in half the memory
 * CdlRecipe plain = recipe.withVariant(CdlVariant.BASE).withLoss(recipe.loss().plain());  // a DeepLab v2, to compare with
 * }</pre>
 *
 * @param compat which accidents of the published code to repeat
 * @param variant which of the two networks
 * @param network the network
 * @param views crops
 * @param loss the loss
 * @param optimization how the network is trained
 * @param inference how it labels images
 */
public record CdlRecipe(
        CdlCompat compat,
        CdlVariant variant,
        Network network,
        Views views,
        Loss loss,
        Optimization optimization,
        Inference inference) {
    /** What a network stands on. */
    public enum Backbone {
        /** {@link dev.wsss.models.resnet.CaffeResNet}, as published; its weights expect levels of blue, green and red. */
        CAFFE_RESNET,
        /** {@link dev.wsss.models.resnet.Res2Net} 26w x 4s of stride 8; its weights expect ImageNet's mean and deviation. */
        RES2NET
    }

    /** What batch normalizations of the backbone do in training. */
    public enum Norms {
        /** Statistics of the batch; scale and shift train. For a network from nothing. */
        BATCH,
        /** Nothing of them changes, as published. */
        FROZEN
    }

    /**
     * The network that is trained: a {@link CdlNetwork}.
     *
     * @param backbone what it stands on
     * @param blocks bottlenecks of the backbone's groups; 3, 4, 23 and 3 as published
     * @param width inner channels of its first group; 64 as published
     * @param rates dilations of the experts' classifiers
     * @param scales sizes of training beside 1
     * @param dropout of the affinity head's channels, with {@link CdlVariant#EXTENDED} alone
     * @param norms what batch normalizations do in training
     */
    public record Network(
            Backbone backbone,
            List<Integer> blocks,
            int width,
            List<Integer> rates,
            List<Double> scales,
            double dropout,
            Norms norms) {
        public Network {
            blocks = List.copyOf(blocks);
            rates = List.copyOf(rates);
            scales = List.copyOf(scales);
            atLeastOne("width", width);
            boolean published = blocks.equals(List.of(3, 4, 6, 3)) || blocks.equals(List.of(3, 4, 23, 3));
            if (backbone == Backbone.RES2NET
                    && !(published && width <= 64 && Integer.bitCount(width) == 1 && width >= 4)) {
                throw new IllegalArgumentException(
                        "a Res2Net has blocks [3, 4, 6, 3] or [3, 4, 23, 3] and a width of 64, 32,"
                                + " 16, 8 or 4, got " + blocks + " and " + width);
            }
        }

        /** The same with another {@link #backbone}. */
        public Network withBackbone(Backbone backbone) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }

        /** The same with another {@link #blocks}. */
        public Network withBlocks(List<Integer> blocks) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }

        /** The same with another {@link #width}. */
        public Network withWidth(int width) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }

        /** The same with another {@link #rates}. */
        public Network withRates(List<Integer> rates) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }

        /** The same with another {@link #scales}. */
        public Network withScales(List<Double> scales) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }

        /** The same with another {@link #dropout}. */
        public Network withDropout(double dropout) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }

        /** The same with another {@link #norms}. */
        public Network withNorms(Norms norms) {
            return new Network(backbone, blocks, width, rates, scales, dropout, norms);
        }
    }

    /**
     * What the network sees of an image in training.
     *
     * @param scales of which one is drawn for each image
     * @param crop side of the square that is cut out of it
     */
    public record Views(List<Double> scales, int crop) {
        public Views {
            scales = List.copyOf(scales);
            atLeastOne("crop", crop);
        }

        /** The same with another {@link #scales}. */
        public Views withScales(List<Double> scales) {
            return new Views(scales, crop);
        }

        /** The same with another {@link #crop}. */
        public Views withCrop(int crop) {
            return new Views(scales, crop);
        }
    }

    /**
     * {@link DualExpertLoss}.
     *
     * @param start the part of all steps that learn from the labels as they are given, in [0, 1]
     * @param correction when experts are credible
     * @param balanced whether background and other classes count alike
     * @param warmUp steps over which the loss grows to its value
     * @param first weight of the first expert
     * @param second weight of the second expert
     * @param third weight of the third expert, with {@link CdlVariant#EXTENDED} alone
     * @param affinity weight of the affinities
     */
    public record Loss(
            double start,
            LabelCorrection correction,
            boolean balanced,
            long warmUp,
            double first,
            double second,
            double third,
            double affinity) {
        public Loss {
            if (!(start >= 0 && start <= 1) || warmUp < 0) {
                throw new IllegalArgumentException(
                        "start must be a part of the steps in [0, 1] and warmUp 0 or more, got " + start + " and "
                                + warmUp);
            }
        }

        /** The same with another {@link #start}. */
        public Loss withStart(double start) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #correction}. */
        public Loss withCorrection(LabelCorrection correction) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #balanced}. */
        public Loss withBalanced(boolean balanced) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #warmUp}. */
        public Loss withWarmUp(long warmUp) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #first}. */
        public Loss withFirst(double first) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #second}. */
        public Loss withSecond(double second) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #third}. */
        public Loss withThird(double third) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /** The same with another {@link #affinity}. */
        public Loss withAffinity(double affinity) {
            return new Loss(start, correction, balanced, warmUp, first, second, third, affinity);
        }

        /**
         * A cross-entropy of the first expert alone, on labels as they are given, to compare with: with {@link CdlVariant#BASE} a
         * plain DeepLab v2.
         */
        public Loss plain() {
            return new Loss(1, correction, balanced, warmUp, first, 0, 0, 0);
        }
    }

    /**
     * SGD with a poly schedule in stairs; the rates of groups are those of {@link CdlGroups}.
     *
     * @param learningRate of the backbone, the first
     * @param momentum of SGD
     * @param weightDecay of convolutions
     * @param power of the schedule
     * @param stair updates for which a rate stays
     * @param batch images of a forward pass
     * @param accumulate batches of an update
     * @param steps updates
     */
    public record Optimization(
            double learningRate,
            double momentum,
            double weightDecay,
            double power,
            long stair,
            int batch,
            int accumulate,
            long steps) {
        public Optimization {
            atLeastOne("stair", stair);
            atLeastOne("batch", batch);
            atLeastOne("accumulate", accumulate);
            atLeastOne("steps", steps);
            if (!(learningRate > 0 && weightDecay >= 0)) {
                throw new IllegalArgumentException("learningRate must be above 0 and weightDecay 0 or more, got "
                        + learningRate + " and " + weightDecay);
            }
        }

        /** The same with another {@link #learningRate}. */
        public Optimization withLearningRate(double learningRate) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #momentum}. */
        public Optimization withMomentum(double momentum) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #weightDecay}. */
        public Optimization withWeightDecay(double weightDecay) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #power}. */
        public Optimization withPower(double power) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #stair}. */
        public Optimization withStair(long stair) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #batch}. */
        public Optimization withBatch(int batch) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #accumulate}. */
        public Optimization withAccumulate(int accumulate) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }

        /** The same with another {@link #steps}. */
        public Optimization withSteps(long steps) {
            return new Optimization(learningRate, momentum, weightDecay, power, stair, batch, accumulate, steps);
        }
    }

    /**
     * How the trained network labels images, each seen in its own size and at scales of it.
     *
     * @param scales beside 1; the largest logit of all counts. As published 0.5 and 0.75, whatever it was trained on
     * @param temperature what logits are divided by: {@link CdlNetwork.Builder#optTemperature}
     */
    public record Inference(List<Double> scales, double temperature) {
        public Inference {
            scales = List.copyOf(scales);
        }

        /** The same with another {@link #scales}. */
        public Inference withScales(List<Double> scales) {
            return new Inference(scales, temperature);
        }

        /** The same with another {@link #temperature}. */
        public Inference withTemperature(double temperature) {
            return new Inference(scales, temperature);
        }
    }

    /** The published numbers for Pascal VOC from weights of COCO. */
    public static CdlRecipe voc() {
        return published(List.of(0.5, 0.75), 321, false, 4, 2, 20_000);
    }

    /** The published numbers for Pascal VOC from ImageNet's weights. */
    public static CdlRecipe vocImageNet() {
        return published(List.of(0.5, 0.75, 1.25, 1.5, 1.75, 2.0), 321, true, 8, 2, 30_000);
    }

    /**
     * The published numbers for COCO, from ImageNet's weights; as the published code {@linkplain CdlCompat#fixedClasses cannot
     * train it}, not with {@link CdlCompat#original}.
     */
    public static CdlRecipe coco() {
        return published(List.of(0.5, 0.75, 1.25, 1.5), 481, true, 10, 1, 100_000);
    }

    /**
     * For images of some hundred pixels, such as drawn scenes, with a small network from nothing: minutes on a CPU. It corrects
     * labels in the second half of the training alone: experts that know nothing yet agree on the background.
     */
    public static CdlRecipe small() {
        CdlRecipe r = voc();
        return r.withNetwork(new Network(
                        Backbone.CAFFE_RESNET,
                        List.of(2, 2, 2, 1),
                        16,
                        List.of(1, 2, 3, 5),
                        List.of(0.75),
                        0.5,
                        Norms.BATCH))
                .withViews(new Views(List.of(0.75, 1.0, 1.25), 96))
                .withLoss(r.loss().withStart(0.5))
                .withInference(r.inference().withScales(List.of(0.75)))
                .withOptimization(new Optimization(2e-3, 0.9, 5e-4, 0.9, 10, 8, 1, 600));
    }

    private static CdlRecipe published(
            List<Double> scales, int crop, boolean fromImageNet, int batch, int accumulate, long steps) {
        return new CdlRecipe(
                CdlCompat.sound(),
                CdlVariant.BASE,
                new Network(
                        Backbone.CAFFE_RESNET,
                        List.of(3, 4, 23, 3),
                        64,
                        List.of(6, 12, 18, 24),
                        scales,
                        0.5,
                        Norms.FROZEN),
                new Views(List.of(0.5, 0.75, 1.0, 1.25, 1.5), crop),
                new Loss(0.1, LabelCorrection.PUBLISHED, fromImageNet, fromImageNet ? 100 : 0, 0.2, 0.2, 0.2, 0.4),
                new Optimization(2.5e-4, 0.9, 5e-4, 0.9, 10, batch, accumulate, steps),
                new Inference(List.of(0.5, 0.75), 2));
    }

    /** The same with another {@link #compat}. */
    public CdlRecipe withCompat(CdlCompat compat) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    /** The same with another {@link #variant}. */
    public CdlRecipe withVariant(CdlVariant variant) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    /** The same with another {@link #network}. */
    public CdlRecipe withNetwork(Network network) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    /** The same with another {@link #views}. */
    public CdlRecipe withViews(Views views) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    /** The same with another {@link #loss}. */
    public CdlRecipe withLoss(Loss loss) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    /** The same with another {@link #optimization}. */
    public CdlRecipe withOptimization(Optimization optimization) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    /** The same with another {@link #inference}. */
    public CdlRecipe withInference(Inference inference) {
        return new CdlRecipe(compat, variant, network, views, loss, optimization, inference);
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
    }
}
