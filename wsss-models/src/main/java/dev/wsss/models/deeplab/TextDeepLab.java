package dev.wsss.models.deeplab;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.maskclip.TextClassifier;
import dev.wsss.models.segment.PixelClassifier;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * DeepLab v2 whose classifier are the text embeddings of its classes, as CARB and MaskCLIP+ train it: the sum of dilated
 * convolutions, each normalized and rectified, on the backbone's last map, scored against embeddings that do not train.
 *
 * <pre>{@code
 * TextDeepLab network = TextDeepLab.builder()
 *         .setBackbone(ResNet.builder().setDepth(50).optStem(ResNet.Stem.DEEP_64).optOutputStride(8).build())
 *         .setTextEmbeddings(embeddings)                      // [classes][512]
 *         .build();
 * }</pre>
 *
 * <p>Keys are those of CARB's checkpoints: {@code backbone.stem.0.weight} with a {@link
 * dev.wsss.models.resnet.ResNet} of that stem, {@code decode_head.decode_module.aspp_modules.0.conv.weight}, {@code
 * decode_head.text_embeddings}.
 *
 * @see <a href="https://arxiv.org/abs/2112.01071">Zhou et al., Extract Free Dense Labels from CLIP (MaskCLIP+)</a>
 * @see <a href="https://arxiv.org/abs/2312.13646">Kim et al., Weakly Supervised Semantic Segmentation for Driving Scenes
 *     (CARB)</a>
 */
public final class TextDeepLab extends Layer implements PixelClassifier {
    private final Backbone backbone;
    private final Head head;

    private TextDeepLab(Builder b, Backbone given, HostArray embeddings) {
        head = new Head(given.outChannels(), embeddings, b.rates, b.score, c -> new BatchNorm2d(c, b.momentum, b.eps));
        backbone = child("backbone", given);
        child("decode_head", head);
    }

    /** Dilated features and their classifier. */
    static final class Head extends Layer {
        private final AsppSum aspp;
        private final TextClassifier classifier;

        Head(int in, HostArray embeddings, int[] rates, TextClassifier.Score score, IntFunction<BatchNorm2d> norms) {
            classifier = child(new TextClassifier(embeddings, score));
            aspp = child("decode_module", new AsppSum(in, classifier.width(), rates, norms));
        }

        Tensor features(Tensor c5) {
            return aspp.forward(c5);
        }

        @Override
        public Tensor forward(Tensor c5) {
            try (Scope scope = Scope.open()) {
                return scope.keep(classifier.forward(features(c5)));
            }
        }

        @Override
        public String onnx(OnnxGraph graph, String c5) {
            return classifier.onnx(graph, aspp.onnx(graph, c5));
        }
    }

    /** Starts a network. */
    public static Builder builder() {
        return new Builder();
    }

    /** The backbone. */
    public Backbone backbone() {
        return backbone;
    }

    /** Number of classes. */
    public int classes() {
        return head.classifier.classes();
    }

    /** The backbone's maps of images {@code [N][3][H][W]}. */
    public FeaturePyramid features(Tensor images) {
        return backbone.features(images);
    }

    /** What the classifier scores: the head's features {@code [N][E][h][w]}, none negative, of the backbone's last map. */
    public Tensor pixelFeatures(FeaturePyramid features) {
        return head.features(features.last());
    }

    /** Pixel logits {@code [N][classes][h][w]} of the size of the backbone's last map. */
    public Tensor logits(FeaturePyramid features) {
        return head.forward(features.last());
    }

    /** Pixel logits {@code [N][classes][h][w]} of images {@code [N][3][H][W]}, of the size of the backbone's last map. */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(head.forward(backbone.forward(images)));
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String images) {
        return head.onnx(graph, backbone.onnx(graph, images));
    }

    /** Settings of a network. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private @Nullable HostArray embeddings;
        private int[] rates = {6, 12, 18, 24};
        private TextClassifier.Score score = TextClassifier.Score.DOT;
        private double momentum = BatchNorm2d.MOMENTUM;
        private double eps = BatchNorm2d.EPS;

        private Builder() {}

        /** The backbone; the network takes it over. */
        public Builder setBackbone(Backbone backbone) {
            this.backbone = backbone;
            return this;
        }

        /**
         * The embedding of each class, floating point {@code [classes][width]}; the head has as many channels. Zeros serve a
         * network that is loaded from a checkpoint.
         */
        public Builder setTextEmbeddings(HostArray embeddings) {
            this.embeddings = embeddings;
            return this;
        }

        /** Dilation of each branch's 3x3 convolution, 0 for a 1x1 convolution; 6, 12, 18, 24 by default. */
        public Builder optAsppRates(int... rates) {
            this.rates = rates.clone();
            return this;
        }

        /** What is computed of features and embeddings; {@link TextClassifier.Score#DOT} by default. */
        public Builder optScore(TextClassifier.Score score) {
            this.score = score;
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
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if the backbone or the embeddings are not set
         * @throws IllegalArgumentException if embeddings or rates are none
         */
        public TextDeepLab build() {
            Backbone given = Settings.backbone(backbone);
            if (embeddings == null) {
                throw new IllegalStateException("setTextEmbeddings is required");
            }
            return new TextDeepLab(this, given, embeddings);
        }
    }
}
