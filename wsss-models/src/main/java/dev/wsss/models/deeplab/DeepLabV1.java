package dev.wsss.models.deeplab;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.segment.PixelClassifier;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * DeepLab v1 with a large field of view (Chen et al., ICLR 2015), in wseg's form: a 3x3 convolution of dilation 12 on the
 * backbone's last map, a 1x1 convolution and the classifier. Logits have the size of that map; wseg resizes them with
 * corners aligned.
 *
 * <p>The network owns its backbone and closes it.
 */
public final class DeepLabV1 extends Layer implements PixelClassifier {
    /** Momentum of the normalizations in wseg's heads. */
    public static final double MOMENTUM = 3e-4;

    private final Backbone backbone;
    private final ConvNorm fov;
    private final ConvNorm fov2;
    private final Dropout dropout;
    private final Conv2d classifier;

    private DeepLabV1(Builder b, Backbone given, int classes) {
        IntFunction<BatchNorm2d> norms = c -> new BatchNorm2d(c, b.momentum, b.eps);
        backbone = child(Form.WSEG.backbone(), given);
        Conv2d wide = Conv2d.same(given.outChannels(), b.width, 3, 1, b.dilation);
        Conv2d point = Conv2d.same(b.width, b.width, 1, 1, 1);
        classifier = Conv2d.builder(b.width, classes, 1).build();
        Init.kaimingNormalFanOut(wide);
        Init.kaimingNormalFanOut(point);
        Init.kaimingNormalFanOut(classifier);
        fov = child(new Form.Key("conv_fov", "bn_fov").unit(wide, norms));
        fov2 = child(new Form.Key("conv_fov2", "bn_fov2").unit(point, norms));
        dropout = child(Dropout.elements(b.dropout));
        child(Form.WSEG.classifier(), classifier);
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
            return scope.keep(classifier.forward(dropout.forward(fov2.forward(fov.forward(c5)))));
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String images) {
        return classifier.onnx(graph, fov2.onnx(graph, fov.onnx(graph, backbone.onnx(graph, images))));
    }

    /** The backbone. */
    public Backbone backbone() {
        return backbone;
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int classes;
        private int width = 512;
        private int dilation = 12;
        private double dropout = 0.5;
        private double momentum = MOMENTUM;
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

        /** Channels of the head; 512 by default. */
        public Builder optWidth(int channels) {
            width = channels;
            return this;
        }

        /** Dilation of the 3x3 convolution; 12 by default. */
        public Builder optDilation(int dilation) {
            this.dilation = dilation;
            return this;
        }

        /** Dropout before the classifier; 0.5 by default. */
        public Builder optDropout(double p) {
            dropout = p;
            return this;
        }

        /** How fast the head's running statistics follow; {@link #MOMENTUM} by default. */
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
        public DeepLabV1 build() {
            return new DeepLabV1(this, Settings.backbone(backbone), Settings.classes(classes));
        }
    }
}
