package dev.wsss.models.deeplab;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.segment.PixelClassifier;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * DeepLab v3+ (Chen et al., ECCV 2018): atrous spatial pyramid pooling on the backbone's last map, joined with its second
 * for sharp borders.
 *
 * <pre>{@code
 * ResNet backbone = ResNet.builder().setDepth(50).optOutputStride(16).build();
 * DeepLabV3Plus network = DeepLabV3Plus.builder()
 *         .setBackbone(backbone)
 *         .setClasses(21)
 *         .optAsppRates(0, 6, 12, 18)
 *         .build();
 * Tensor logits = network.forward(images); // [N][21][H/4][W/4]
 * }</pre>
 *
 * <p>It may carry a second, tag-level classifier on the same backbone ({@link Builder#optTagClassifier}), whose maps are
 * class activation maps; DHR trains both together. To compute the backbone once for both heads, call {@link #features}
 * and pass the result to {@link #logits} and {@link #cams}.
 *
 * <p>The network owns its backbone and closes it.
 */
public final class DeepLabV3Plus extends Layer implements PixelClassifier {
    /** Of the map whose edges the decoder looks at. */
    private static final int LOW_STRIDE = 4;

    private final Backbone backbone;
    private final Aspp aspp;
    private final ConvNorm low;
    private final ConvNorm first;
    private final Dropout firstDropout;
    private final ConvNorm second;
    private final Dropout secondDropout;
    private final Conv2d classifier;
    private final boolean alignCorners;
    private final @Nullable Conv2d tagClassifier;
    private final double camScale;

    private DeepLabV3Plus(Builder b, Backbone given, int classes) {
        IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(c, b.momentum, b.eps);
        Form form = b.form;
        int deep = given.outChannels();
        backbone = child(form.backbone(), given);
        aspp = child(
                form.aspp(),
                new Aspp(
                        new Aspp.Config(deep, b.width, b.rates, b.imagePooling, b.alignCorners, b.dropouts[0]),
                        form,
                        norms));
        low = child(form.low().unit(Conv2d.same(given.channelsAt(LOW_STRIDE), b.lowWidth, b.lowKernel, 1, 1), norms));
        first = child(form.mid(0).unit(Conv2d.same(b.width + b.lowWidth, b.width, 3, 1, 1), norms));
        second = child(form.mid(1).unit(Conv2d.same(b.width, b.width, 3, 1, 1), norms));
        firstDropout = child(Dropout.elements(b.dropouts[1]));
        secondDropout = child(Dropout.elements(b.dropouts[2]));
        classifier = child(
                form.classifier(),
                Conv2d.builder(b.width, classes, 1).optBias(b.classifierBias).build());
        alignCorners = b.alignCorners;
        tagClassifier = b.tags == 0 ? null : child("classifier", Conv2d.same(deep, b.tags, 1, 1, 1));
        camScale = b.camScale;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("alignCorners", alignCorners, "camScale", camScale);
    }

    /** Starts a network. */
    public static Builder builder() {
        return new Builder();
    }

    /** The backbone's maps of images {@code [N][3][H][W]}. */
    public FeaturePyramid features(Tensor images) {
        return backbone.features(images);
    }

    /** The backbone, which stays this network's. */
    public Backbone backbone() {
        return backbone;
    }

    /** Pixel logits {@code [N][classes][h][w]} of a quarter of the images' size. */
    public Tensor logits(FeaturePyramid features) {
        return head(features.at(LOW_STRIDE), features.last());
    }

    private Tensor head(Tensor c2, Tensor c5) {
        try (Scope scope = Scope.open()) {
            Tensor sharp = low.forward(c2);
            Tensor wide = Ops.bilinear(aspp.forward(c5), sharp.size(2), sharp.size(3), alignCorners);
            Tensor y = firstDropout.forward(first.forward(Ops.concat(wide, sharp)));
            y = secondDropout.forward(second.forward(y));
            return scope.keep(classifier.forward(y));
        }
    }

    /**
     * Class activation maps {@code [N][tags][h][w]}, before any rectifier: the tag classifier on the last map, resized first
     * (bilinear, corners aligned) by the factor that {@link Builder#optTagClassifier} was given.
     *
     * @throws IllegalStateException if the network has no tag classifier
     */
    public Tensor cams(FeaturePyramid features) {
        if (tagClassifier == null) {
            throw new IllegalStateException("this network has no tag classifier; build it with optTagClassifier");
        }
        try (Scope scope = Scope.open()) {
            Tensor c5 = features.last();
            Tensor small = Ops.bilinear(
                    c5, Math.max(1, (long) (c5.size(2) * camScale)), Math.max(1, (long) (c5.size(3) * camScale)), true);
            return scope.keep(tagClassifier.forward(small));
        }
    }

    /** Pixel logits {@code [N][classes][h][w]} of a quarter of the images' size. */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(logits(features(images)));
        }
    }

    /** The pixel logits; a tag classifier is left out. */
    @Override
    public String onnx(OnnxGraph graph, String images) {
        List<String> maps = backbone.onnxFeatures(graph, images);
        String sharp = low.onnx(graph, maps.get(backbone.levelOf(LOW_STRIDE)));
        String wide = graph.bilinearLike(aspp.onnx(graph, maps.get(maps.size() - 1)), sharp, alignCorners);
        String y = second.onnx(graph, first.onnx(graph, graph.concat(List.of(wide, sharp))));
        return classifier.onnx(graph, y);
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int classes;
        private Form form = Form.DHR;
        private int[] rates = {0, 6, 12, 18};
        private int width = 256;
        private int lowWidth = 48;
        private int lowKernel = 1;
        private boolean imagePooling = true;
        private boolean alignCorners;
        private boolean classifierBias;
        private double[] dropouts = {0.5, 0.5, 0.1};
        private double momentum = BatchNorm2d.MOMENTUM;
        private double eps = BatchNorm2d.EPS;
        private int tags;
        private double camScale = 1;

        private Builder() {}

        /** The backbone; the network takes it over. */
        public Builder setBackbone(Backbone backbone) {
            this.backbone = backbone;
            return this;
        }

        /** Number of pixel classes, background included. */
        public Builder setClasses(int classes) {
            this.classes = classes;
            return this;
        }

        /**
         * Key names and habits; {@link Form#DHR} by default. This sets the options that follow too: {@code DHR} has a 1x1
         * convolution on the second map, corners not aligned, a classifier without bias and dropout 0.5, 0.5, 0.1; {@code
         * WSEG} a 3x3 one, corners aligned, a bias, dropout 0.5, 0, 0 and momentum 3e-4. Call it first.
         */
        public Builder optForm(Form form) {
            boolean wseg = form == Form.WSEG;
            this.form = form;
            lowKernel = wseg ? 3 : 1;
            alignCorners = wseg;
            classifierBias = wseg;
            dropouts = wseg ? new double[] {0.5, 0, 0} : new double[] {0.5, 0.5, 0.1};
            momentum = wseg ? DeepLabV1.MOMENTUM : BatchNorm2d.MOMENTUM;
            return this;
        }

        /** Dilation of each ASPP branch, 0 for a 1x1 convolution; 0, 6, 12, 18 by default, 0, 12, 24, 36 at stride 8. */
        public Builder optAsppRates(int... rates) {
            this.rates = rates.clone();
            return this;
        }

        /** Whether the ASPP has a branch of the image's mean; it has by default. */
        public Builder optImagePooling(boolean imagePooling) {
            this.imagePooling = imagePooling;
            return this;
        }

        /** Channels of the head; 256 by default. */
        public Builder optWidth(int channels) {
            width = channels;
            return this;
        }

        /** Channels and kernel of the convolution on the second map; 48 and 1 by default. */
        public Builder optLowLevel(int channels, int kernel) {
            lowWidth = channels;
            lowKernel = kernel;
            return this;
        }

        /** Whether maps are resized with corners aligned; off by default. */
        public Builder optAlignCorners(boolean alignCorners) {
            this.alignCorners = alignCorners;
            return this;
        }

        /** Whether the classifier has a bias; off by default. */
        public Builder optClassifierBias(boolean bias) {
            classifierBias = bias;
            return this;
        }

        /** Dropout after the ASPP and after each of the two convolutions before the classifier. */
        public Builder optDropout(double aspp, double first, double second) {
            dropouts = new double[] {aspp, first, second};
            return this;
        }

        /** How fast the head's running statistics follow; {@link BatchNorm2d#MOMENTUM} by default. */
        public Builder optBatchNormMomentum(double momentum) {
            this.momentum = momentum;
            return this;
        }

        /** What is added to the head's variances; {@link BatchNorm2d#EPS} by default. */
        public Builder optBatchNormEps(double eps) {
            this.eps = eps;
            return this;
        }

        /**
         * Adds a classifier of tags, keys {@code classifier.*}.
         *
         * @param tags number of tags
         * @param scale factor by which the last map is resized before it; DHR: 0.5
         */
        public Builder optTagClassifier(int tags, double scale) {
            if (tags < 1 || !(scale > 0)) {
                throw new IllegalArgumentException(
                        "tags must be at least 1 and the scale positive, got " + tags + " and " + scale);
            }
            this.tags = tags;
            camScale = scale;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the backbone or the classes are not set
         * @throws IllegalArgumentException if the number of classes is negative
         */
        public DeepLabV3Plus build() {
            return new DeepLabV3Plus(this, Settings.backbone(backbone), Settings.classes(classes));
        }
    }
}
