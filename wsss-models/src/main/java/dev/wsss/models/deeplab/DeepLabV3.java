package dev.wsss.models.deeplab;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.segment.PixelClassifier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Atrous spatial pyramid pooling with batch normalization on the backbone's last map and a classifier on top, without a
 * decoder (Chen et al., 2017), in wseg's form; wseg and PPC call it "deeplabv2". Logits have the size of that map; wseg
 * resizes them with corners aligned.
 *
 * <p>The network owns its backbone and closes it.
 */
public final class DeepLabV3 extends Layer implements PixelClassifier {
    private final Backbone backbone;
    private final Aspp aspp;
    private final Dropout dropout;
    private final Conv2d classifier;

    private DeepLabV3(Builder b, Backbone given, int classes) {
        backbone = child(Form.WSEG.backbone(), given);
        aspp = child(
                Form.WSEG.aspp(),
                new Aspp(
                        new Aspp.Config(
                                given.outChannels(), b.width, b.rates, b.imagePooling, b.alignCorners, b.dropout),
                        Form.WSEG,
                        c -> new BatchNorm2d(c, b.momentum, b.eps)));
        dropout = child(Dropout.elements(b.dropout));
        classifier = child(
                Form.WSEG.classifier(), Conv2d.builder(b.width, classes, 1).build());
    }

    /** Starts a network. */
    public static Builder builder() {
        return new Builder();
    }

    /** Pixel logits {@code [N][classes][h][w]} of the size of the backbone's last map. */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(head(backbone.forward(images)));
        }
    }

    /** The logits of the backbone's last map. */
    public Tensor head(Tensor c5) {
        try (Scope scope = Scope.open()) {
            return scope.keep(classifier.forward(dropout.forward(aspp.forward(c5))));
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String images) {
        return classifier.onnx(graph, aspp.onnx(graph, backbone.onnx(graph, images)));
    }

    /** The backbone. */
    public Backbone backbone() {
        return backbone;
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int classes;
        private int[] rates = {6, 12, 18, 24};
        private int width = 256;
        private boolean imagePooling = true;
        private boolean alignCorners = true;
        private double dropout = 0.5;
        private double momentum = DeepLabV1.MOMENTUM;
        private double eps = BatchNorm2d.EPS;

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

        /** Dilation of each ASPP branch, 0 for a 1x1 convolution; 6, 12, 18, 24 by default. */
        public Builder optAsppRates(int... rates) {
            this.rates = rates.clone();
            return this;
        }

        /** Channels of the head; 256 by default. */
        public Builder optWidth(int channels) {
            width = channels;
            return this;
        }

        /** Whether the ASPP has a branch of the image's mean; it has by default. */
        public Builder optImagePooling(boolean imagePooling) {
            this.imagePooling = imagePooling;
            return this;
        }

        /** Whether that branch is spread with corners aligned; on by default. */
        public Builder optAlignCorners(boolean alignCorners) {
            this.alignCorners = alignCorners;
            return this;
        }

        /** Dropout after the ASPP and again before the classifier; 0.5 by default. */
        public Builder optDropout(double p) {
            dropout = p;
            return this;
        }

        /** How fast the head's running statistics follow; {@link DeepLabV1#MOMENTUM} by default. */
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
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the backbone or the classes are not set
         * @throws IllegalArgumentException if the number of classes is negative
         */
        public DeepLabV3 build() {
            return new DeepLabV3(this, Settings.backbone(backbone), Settings.classes(classes));
        }
    }
}
