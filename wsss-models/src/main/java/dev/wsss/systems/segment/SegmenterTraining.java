package dev.wsss.systems.segment;

import dev.wsss.api.LabelMap;
import dev.wsss.api.Source;
import dev.wsss.core.augment.Augmentation;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.batch.ImageBatches;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.Schedule;
import dev.wsss.core.train.Trainer;
import dev.wsss.core.train.TrainingHistory;
import java.util.Map;
import java.util.function.LongFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Trains a network of pixel logits, such as a DeepLab, on label maps from anywhere: the products of a stage, or a folder of
 * files. Pixels of {@link LabelMap#IGNORE} teach nothing.
 *
 * <pre>{@code
 * SegmenterTraining.builder()
 *         .setNetwork(deepLab)
 *         .setLabels(run.store(pseudo))
 *         .setOptimizer(sgd)
 *         .setSteps(20_000)
 *         .optBatchSize(10)
 *         .optAugmentation(Augmentation.builder().optScale(0.5, 1.5).optCrop(448, 448).optFlip(true).build())
 *         .build()
 *         .train(run);
 * }</pre>
 *
 * <p>The logits are resized bilinearly to the labels; the loss is the mean cross-entropy of the labelled pixels, unless
 * {@linkplain Builder#optLoss another} is set.
 */
public final class SegmenterTraining {
    private final Layer network;
    private final Source<LabelMap> labels;
    private final Optimizer optimizer;
    private final long steps;
    private final String name;
    private final int batchSize;
    private final Augmentation augmentation;
    private final Normalize normalize;
    private final Schedule schedule;
    private final boolean autocastBf16;
    private final LossStep<Batch> loss;

    private SegmenterTraining(Builder b, Layer network, Source<LabelMap> labels, Optimizer optimizer) {
        this.network = network;
        this.labels = labels;
        this.optimizer = optimizer;
        steps = b.steps;
        name = b.name;
        batchSize = b.batchSize;
        augmentation = b.augmentation;
        normalize = b.normalize;
        schedule = b.schedule.apply(b.steps);
        autocastBf16 = b.autocastBf16;
        boolean alignCorners = b.alignCorners;
        loss = b.loss != null
                ? b.loss
                : LossStep.named(
                        "pixel cross-entropy",
                        Map.of("alignCorners", alignCorners),
                        (batch, step) -> crossEntropy(batch, alignCorners));
    }

    /** Starts a training: batches of 8, no augmentation, poly schedule of power 0.9 unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    private Tensor crossEntropy(Batch batch, boolean alignCorners) {
        Tensor target = batch.labels();
        Tensor logits = Ops.bilinear(network.forward(batch.images()), target.size(1), target.size(2), alignCorners);
        return Losses.crossEntropy(logits, target);
    }

    /**
     * Trains to the end on the run's images, from where a run before was interrupted, and leaves the network in evaluation.
     *
     * @throws dev.wsss.api.WsssException as {@link RunFolder#train}
     */
    public TrainingHistory train(RunFolder run) {
        ImageBatches data = ImageBatches.builder()
                .setData(run.data())
                .setBatchSize(batchSize)
                .optChannel(Channel.LABELS, new LabelsOfClasses(labels))
                .optAugmentation(augmentation)
                .optNormalize(normalize)
                .optDevice(run.device())
                .build();
        return run.train(
                name,
                Trainer.<Batch>builder()
                        .setNetwork(network)
                        .setData(data)
                        .setLoss(loss)
                        .setOptimizer(optimizer)
                        .optSchedule(schedule)
                        .optSteps(steps)
                        .optLogEvery(10)
                        .optAutocastBf16(autocastBf16));
    }

    /** Settings: network, labels, optimizer and steps are required. */
    public static final class Builder {
        private @Nullable Layer network;
        private @Nullable Source<LabelMap> labels;
        private @Nullable Optimizer optimizer;
        private long steps;
        private String name = "segmenter";
        private int batchSize = 8;
        private Augmentation augmentation = Augmentation.none();
        private Normalize normalize = Normalize.IMAGENET;
        private LongFunction<Schedule> schedule = n -> Schedule.polyHoldingLast(0.9, n);
        private boolean alignCorners;
        private boolean autocastBf16;
        private @Nullable LossStep<Batch> loss;

        private Builder() {}

        /** The network, from images {@code [N][3][H][W]} to logits {@code [N][classes][h][w]}; stays the caller's. */
        public Builder setNetwork(Layer network) {
            this.network = network;
            return this;
        }

        /** The labels of an image, of the run's classes; a sample without, or with other values, is left out. */
        public Builder setLabels(Source<LabelMap> labels) {
            this.labels = labels;
            return this;
        }

        /** The optimizer, over groups of the network's parameters; stays the caller's. */
        public Builder setOptimizer(Optimizer optimizer) {
            this.optimizer = optimizer;
            return this;
        }

        /** Number of updates, at least 1. */
        public Builder setSteps(long steps) {
            if (steps < 1) {
                throw new IllegalArgumentException("steps must be at least 1, got " + steps);
            }
            this.steps = steps;
            return this;
        }

        /** The training's name in its run; "segmenter" unless set. */
        public Builder optName(String name) {
            this.name = name;
            return this;
        }

        /** Images of a step. */
        public Builder optBatchSize(int batchSize) {
            this.batchSize = batchSize;
            return this;
        }

        /** Random changes to images and labels; images of several sizes need one that crops. */
        public Builder optAugmentation(Augmentation augmentation) {
            this.augmentation = augmentation;
            return this;
        }

        /** How pixels become the network's input; {@link Normalize#IMAGENET} unless set. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /** The schedule of learning rates, made for the number of steps. */
        public Builder optSchedule(LongFunction<Schedule> schedule) {
            this.schedule = schedule;
            return this;
        }

        /** Whether logits are resized with corners aligned; off unless set. */
        public Builder optAlignCorners(boolean on) {
            alignCorners = on;
            return this;
        }

        /** Computes convolutions and matrix products of the forward pass in bfloat16. */
        public Builder optAutocastBf16(boolean on) {
            autocastBf16 = on;
            return this;
        }

        /** Another loss, for a network whose training needs more than logits. */
        public Builder optLoss(LossStep<Batch> loss) {
            this.loss = loss;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if something required is not set
         */
        public SegmenterTraining build() {
            Layer n = network;
            Source<LabelMap> l = labels;
            Optimizer o = optimizer;
            if (n == null || l == null || o == null || steps == 0) {
                String missing =
                        n == null ? "setNetwork" : l == null ? "setLabels" : o == null ? "setOptimizer" : "setSteps";
                throw new IllegalStateException(missing + " is required");
            }
            return new SegmenterTraining(this, n, l, o);
        }
    }
}
