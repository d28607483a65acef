package dev.wsss.systems.ppc;

import dev.wsss.api.Description;
import dev.wsss.core.batch.Batch;
import dev.wsss.core.batch.Channel;
import dev.wsss.core.cam.Cam;
import dev.wsss.core.cam.CamActivation;
import dev.wsss.core.cam.CamFusion;
import dev.wsss.core.cam.CamNetwork;
import dev.wsss.core.cam.CamNormalization;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.train.LossStep;
import dev.wsss.core.train.Sgd;
import dev.wsss.core.train.TrainingStep;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.Classifier;
import java.util.Objects;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The first stage of SEAM, EPS and PPC, from backbone to class activation maps: network, loss of a training step,
 * optimizer and inference that belong together.
 *
 * <pre>{@code
 * try (PpcModel model = PpcModel.builder()
 *                 .setBackbone(ResNet38.fineTuning().build())
 *                 .setTags(20)
 *                 .optVariant(PpcVariant.SEAM_PPC)
 *                 .build();
 *         Sgd sgd = model.sgd(0.01, 5e-4);
 *         Trainer<Batch> trainer = Trainer.<Batch>builder()
 *                 .setNetwork(model.network())
 *                 .setData(batches)                   // with Channel.SALIENCY, where the variant needs it
 *                 .setLoss(model)
 *                 .setOptimizer(sgd)
 *                 .optSchedule(Schedule.polyHoldingLast(0.9, steps))
 *                 .optSteps(steps)
 *                 .build()) {
 *     trainer.fit();
 *     model.network().train(false);
 *     CamGenerator cam = model.cam().build();
 * }
 * }</pre>
 *
 * <p>The loss of a step is, with {@code cls} the multi-label soft margin of the mean of each map:
 *
 * <ul>
 *   <li>CAM: {@code cls};
 *   <li>SEAM: {@link SeamLoss} of the images and their reduction to the second view;
 *   <li>SEAM_PPC: that and {@link PrototypeContrastLoss};
 *   <li>EPS: {@code cls} and {@link SaliencyLoss};
 *   <li>EPS_PPC: SEAM's, the mean over views of {@link SaliencyLoss} of the plain and of the refined maps, and contrast.
 * </ul>
 *
 * <p>Networks have the keys of the published checkpoints where the backbone is {@link
 * dev.wsss.models.resnet.ResNet38}; those of CAM and EPS alone are {@link Classifier}s. The model owns its network and
 * closes it.
 *
 * @see <a href="https://arxiv.org/abs/2110.07110">Du et al., Pixel-to-Prototype Contrast</a>
 */
public final class PpcModel implements LossStep<Batch>, AutoCloseable {
    /**
     * The most pixels of an image that {@link #cam()} correlates, at scale 1: those of 640x640, which no photograph of VOC or
     * COCO exceeds. Pixel correlation compares all pixels of a grid with all: its time grows with the square of an
     * image's pixels, and at scale 2 of so many a pass takes ten seconds of a core and 1.5 GB.
     */
    public static final long MAX_PIXELS = 640 * 640;

    /** Classes of VOC with the background, for which the ranks of mined negatives were published. */
    private static final int VOC = 21;

    /** SEAM's fusion with each map's minimum at 0. */
    private static final CamFusion FROM_ZERO = new CamFusion(
            CamActivation.NONE,
            CamNormalization.MIN_MAX,
            CamFusion.SEAM.eps(),
            CamFusion.SEAM.alignCorners(),
            CamFusion.SEAM.grid());

    private final PpcVariant variant;
    private final PpcCompat compat;
    private final Backbone backbone;
    private final Network network;
    private final @Nullable SeamNetwork seam;
    private final @Nullable Classifier classifier;
    private final int tags;
    private final int secondHeight;
    private final int secondWidth;
    private final SeamLoss seamLoss;
    private final SaliencyLoss saliencyLoss;
    private final PrototypeContrastLoss contrastLoss;

    private PpcModel(Builder b, Backbone backbone) {
        variant = b.variant;
        compat = b.compat;
        this.backbone = backbone;
        tags = b.tags;
        secondHeight = b.secondHeight;
        secondWidth = b.secondWidth;
        saliencyLoss = b.saliencyLoss;
        if (variant.hasTwoViews()) {
            SeamHead.Builder head =
                    switch (variant) {
                        case SEAM -> SeamHead.seam();
                        case SEAM_PPC -> SeamHead.ppc();
                        default -> SeamHead.eps();
                    };
            int[] widths = b.embedding;
            if (widths != null) {
                head.optEmbedding(widths[0], widths[1], widths[2]);
            }
            seam = new SeamNetwork(
                    backbone,
                    head.setChannels(backbone.channels()).setTags(tags).build());
            classifier = null;
            network = seam;
        } else {
            seam = null;
            // EPS's saliency is the softmax over the classes and a background, the last channel
            classifier = new Classifier(backbone, variant.hasSaliency() ? tags + 1 : tags);
            network = classifier;
        }
        int background = variant.hasSaliency() ? tags : 0;
        EquivarianceLoss equivariance = variant.hasSaliency() && compat.channelOrder()
                ? EquivarianceLoss.originalEps(tags + 1)
                : EquivarianceLoss.of(background);
        seamLoss = new SeamLoss(MinPoolingLoss.DEFAULT, equivariance);
        PrototypeContrastLoss given = b.contrastLoss;
        contrastLoss = given == null ? contrast(variant, compat, tags) : given;
    }

    /** Starts a model: SEAM with contrast, the sound choices, a second view of 128x128. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The contrast of a variant with its published settings. The band of mined negatives is published for 21 classes; with
     * others its ranks keep their place in proportion.
     */
    static PrototypeContrastLoss contrast(PpcVariant variant, PpcCompat compat, int tags) {
        PrototypeContrastLoss.Builder builder =
                compat.contrast() ? PrototypeContrastLoss.original() : PrototypeContrastLoss.builder();
        int classes = tags + 1;
        int from = 3 * classes / VOC;
        builder.optNegativeRanks(from, Math.max(from + 1, 13 * classes / VOC));
        if (variant.hasSaliency()) {
            builder.optBackground(tags).optBackgroundScore(0.1).optPrototypeDivisor(16);
        }
        return builder.build();
    }

    /** What it learns from. */
    public PpcVariant variant() {
        return variant;
    }

    /** The network, to train, save and load; it stays this model's. */
    public Network network() {
        return network;
    }

    /** The backbone, a part of the network. */
    public Backbone backbone() {
        return backbone;
    }

    /**
     * The loss of a batch; where the variant needs saliency, with {@link Channel#SALIENCY}.
     *
     * @return the loss, a scalar; its terms are reported by name
     * @throws IllegalStateException if the batch has no saliency and the variant needs it
     */
    @Override
    public Tensor loss(Batch batch, TrainingStep step) {
        Tensor saliency = variant.hasSaliency() ? batch.get(Channel.SALIENCY) : null;
        if (seam != null) {
            return twoViews(seam, batch, saliency, step);
        }
        Classifier plain = Objects.requireNonNull(classifier);
        Tensor maps = plain.activations(batch.images());
        Tensor cls = Losses.multiLabelSoftMargin(Ops.globalAverage(maps).narrow(1, 0, tags), batch.tags());
        step.report("classification", cls);
        if (saliency == null) {
            return cls;
        }
        Tensor sal = saliencyLoss.apply(maps, saliency, batch.tags()).loss();
        step.report("saliency", sal);
        return cls.add(sal);
    }

    private Tensor twoViews(SeamNetwork net, Batch batch, @Nullable Tensor saliency, TrainingStep step) {
        Tensor small = Ops.bilinear(batch.images(), secondHeight, secondWidth, true);
        SeamMaps first = net.forward(batch.images());
        SeamMaps second = net.forward(small);
        SeamLoss.Terms terms =
                seamLoss.apply(first.cam(), first.refined(), second.cam(), second.refined(), batch.tags());
        Scalar half = new Scalar(0.5);
        step.report(
                "classification",
                terms.classification1().add(terms.classification2()).mul(half));
        step.report("background", terms.background1().add(terms.background2()).mul(half));
        step.report("equivariance", terms.equivariance().total());
        Tensor total = terms.total();
        if (saliency != null) {
            Tensor reduced = Ops.bilinear(saliency, secondHeight, secondWidth, true);
            Tensor sal = saliency(first, saliency, batch)
                    .add(saliency(second, reduced, batch))
                    .mul(half);
            step.report("saliency", sal);
            total = total.add(sal);
        }
        Tensor projection1 = first.projection();
        Tensor projection2 = second.projection();
        if (variant.hasContrast() && projection1 != null && projection2 != null) {
            PrototypeContrastLoss.Terms contrast = contrastLoss.apply(
                    new PrototypeContrastLoss.View(projection1, first.refinedOnGrid()),
                    new PrototypeContrastLoss.View(projection2, second.refinedOnGrid()),
                    batch.tags(),
                    PixelSampler.uniform(new SplittableRandom(step.seed())));
            step.report("contrast", contrast.total());
            total = total.add(contrast.total());
        }
        return total;
    }

    /** Of the plain and of the refined maps of one view. */
    private Tensor saliency(SeamMaps maps, Tensor saliency, Batch batch) {
        return saliencyLoss
                .apply(maps.cam(), saliency, batch.tags())
                .loss()
                .add(saliencyLoss.apply(maps.refined(), saliency, batch.tags()).loss());
    }

    /**
     * The published optimizer, {@link PpcOptimizer#of}, with this model's compatibility. To be closed by the caller.
     *
     * @param learningRate as published, for steps without momentum: 0.01
     * @param weightDecay 5e-4 as published
     */
    public Sgd sgd(double learningRate, double weightDecay) {
        return PpcOptimizer.of(network, backbone, learningRate, weightDecay, compat);
    }

    /**
     * Starts the variant's inference on four scales and their flipped copies: the refined maps where there is pixel
     * correlation, fused as SEAM does; for both of EPS the plain maps, softmax over all channels, fused as EPS does.
     *
     * <p>Where there is pixel correlation, an image of more than {@link #MAX_PIXELS} is reduced to as many for the network, and
     * its maps are resized back; {@code optMaxPixels} sets another limit. Smaller images are inferred with as published.
     */
    public Cam.Builder cam() {
        CamNetwork maps =
                seam == null ? Objects.requireNonNull(classifier) : variant.hasSaliency() ? seam : seam.refined();
        CamFusion fusion = variant.hasSaliency()
                ? CamFusion.EPS_SOFTMAX
                : seam == null ? CamFusion.DEFAULT : compat.negativeScores() ? CamFusion.SEAM : FROM_ZERO;
        ComputeDevice device = network.device();
        Cam.Builder cam = Cam.builder().setNetwork(maps).optFusion(fusion).optDevice(device);
        return maps == seam || maps == classifier ? cam : cam.optMaxPixels(MAX_PIXELS);
    }

    /** The loss; the network is described by itself. */
    @Override
    public Description description() {
        return Description.of("PpcModel")
                .put("variant", variant)
                .put("secondView", secondHeight + "x" + secondWidth)
                .put("seamLoss", seamLoss)
                .put("saliencyLoss", saliencyLoss)
                .put("contrastLoss", contrastLoss)
                .build();
    }

    /** Closes the network. */
    @Override
    public void close() {
        network.close();
    }

    @Override
    public String toString() {
        return "PpcModel[" + variant + ", " + compat + ", second view " + secondHeight + "x" + secondWidth + "]";
    }

    /** Settings of a model. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int tags;
        private PpcVariant variant = PpcVariant.SEAM_PPC;
        private PpcCompat compat = PpcCompat.sound();
        private int secondHeight = 128;
        private int secondWidth = 128;
        private int @Nullable [] embedding;
        private SaliencyLoss saliencyLoss = SaliencyLoss.DEFAULT;
        private @Nullable PrototypeContrastLoss contrastLoss;

        private Builder() {}

        /** The backbone, which the model's network takes over. Required. */
        public Builder setBackbone(Backbone backbone) {
            this.backbone = backbone;
            return this;
        }

        /** Number of tags, without the background. Required. */
        public Builder setTags(int tags) {
            if (tags < 1) {
                throw new IllegalArgumentException("tags must be at least 1, got " + tags);
            }
            this.tags = tags;
            return this;
        }

        /** What it learns from. */
        public Builder optVariant(PpcVariant variant) {
            this.variant = variant;
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(PpcCompat compat) {
            this.compat = compat;
            return this;
        }

        /** The size that the images of a batch are reduced to for the second view: 128x128 of 448x448 as published. */
        public Builder optSecondView(int height, int width) {
            if (height < 1 || width < 1) {
                throw new IllegalArgumentException("second view must be at least 1x1, got " + height + "x" + width);
            }
            secondHeight = height;
            secondWidth = width;
            return this;
        }

        /** Widths of the embedding by which pixels are compared, {@link SeamHead.Builder#optEmbedding}. */
        public Builder optEmbedding(int c3, int c4, int merged) {
            embedding = new int[] {c3, c4, merged};
            return this;
        }

        /** The saliency loss, {@link SaliencyLoss#DEFAULT} unless set. */
        public Builder optSaliencyLoss(SaliencyLoss loss) {
            saliencyLoss = loss;
            return this;
        }

        /** The contrast, in place of the variant's published settings with the choices of {@link PpcCompat#contrast()}. */
        public Builder optContrastLoss(PrototypeContrastLoss loss) {
            contrastLoss = loss;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if backbone or tags are not set
         */
        public PpcModel build() {
            Backbone b = backbone;
            if (b == null || tags == 0) {
                throw new IllegalStateException((b == null ? "setBackbone" : "setTags") + " is required");
            }
            return new PpcModel(this, b);
        }
    }
}
