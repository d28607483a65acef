package dev.wsss.systems.dhr;

import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import dev.wsss.models.segment.PixelClassifier;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * DHR's network: a {@link DeepLabV3Plus} that carries a classifier of tags on half of its last map, whose maps are class
 * activation maps.
 *
 * <pre>{@code
 * DhrNetwork network = DhrNetwork.builder()
 *         .setBackbone(DhrNetwork.resNet(101))
 *         .setClasses(21)
 *         .setTags(20)
 *         .build();
 * Weights.load(network, Path.of("last.pth"), DeepLabCheckpoints.DHR_DEEPLAB);
 * }</pre>
 *
 * <p>{@link #maps} is for training, {@link #forward} gives the pixel logits alone. Keys are those of the published code:
 * {@code model.conv1.weight, ..., seg_decoder.aspp.aspp1.conv.weight, ..., classifier.weight}.
 */
public final class DhrNetwork extends Layer implements PixelClassifier {
    /** For a plain {@link DeepLabV3Plus} that takes its weights out of a file of this network: the tags' classifier is left. */
    public static final LoadPolicy SEGMENTER_ALONE =
            LoadPolicy.builder().optMayDrop("classifier.weight").build();

    private static final double HALF = 0.5;

    private final DeepLabV3Plus deepLab;

    /**
     * What the network says of a batch.
     *
     * @param logits {@code [N][classes][h][w]}, of a quarter of the images' size
     * @param cams logits of tags {@code [N][tags][h'][w']}, of a sixteenth, before any rectifier
     * @param levels the backbone's last two maps, {@code [N][channels][h''][w'']}; C4 and C5
     */
    public record Maps(Tensor logits, Tensor cams, List<Tensor> levels) {
        public Maps {
            levels = List.copyOf(levels);
        }
    }

    private DhrNetwork(Builder b, Backbone backbone) {
        deepLab = child(DeepLabV3Plus.builder()
                .setBackbone(backbone)
                .setClasses(b.classes)
                .optAsppRates(b.rates)
                .optWidth(b.width)
                .optLowLevel(b.lowWidth, 1)
                .optTagClassifier(b.tags, HALF)
                .build());
    }

    /** Starts a network. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The published backbone: a ResNet of stride 8 whose groups begin without dilation.
     *
     * @param layers 18, 34, 50, 101 or 152
     */
    public static ResNet resNet(int layers) {
        return resNet(layers, 64);
    }

    /**
     * As {@link #resNet(int)}, narrower.
     *
     * @param width inner channels of the first group; 64 as published
     */
    public static ResNet resNet(int layers, int width) {
        ResNet.Builder backbone = ResNet.builder()
                .setDepth(layers)
                .optWidth(width)
                .optLayerStrides(1, 2, 1, 1)
                .optFirstBlockDilations(1, 1, 1, 1);
        // the published basic block is given a dilation and does not use it
        return (layers < 50 ? backbone : backbone.optDilations(1, 1, 2, 4)).build();
    }

    /** The published wide backbone: a ResNet-38 whose normalizations are frozen, and its first convolution. */
    public static ResNet38 wideResNet() {
        return ResNet38.builder()
                .optFrozenStages(1)
                .optFrozenBatchNorm(true)
                .optBareMaps(2)
                .build();
    }

    /** The backbone. */
    public Backbone backbone() {
        return deepLab.backbone();
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of();
    }

    /** All that a training needs of images {@code [N][3][H][W]}, from one pass. */
    public Maps maps(Tensor images) {
        try (Scope scope = Scope.open()) {
            FeaturePyramid f = deepLab.features(images);
            List<Tensor> all = f.maps();
            return new Maps(
                    scope.keep(deepLab.logits(f)),
                    scope.keep(deepLab.cams(f)),
                    List.of(scope.keep(all.get(all.size() - 2)), scope.keep(f.last())));
        }
    }

    /** Logits of tags {@code [N][tags][h'][w']} of images {@code [N][3][H][W]}, before any rectifier. */
    public Tensor cams(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(deepLab.cams(deepLab.features(images)));
        }
    }

    /** Pixel logits {@code [N][classes][h][w]} of a quarter of the size of images {@code [N][3][H][W]}. */
    @Override
    public Tensor forward(Tensor images) {
        return deepLab.forward(images);
    }

    /** The pixel logits; the classifier of tags is left out. */
    @Override
    public String onnx(OnnxGraph graph, String images) {
        return deepLab.onnx(graph, images);
    }

    /** Settings of a network: backbone, classes and tags are required. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int classes;
        private int tags;
        private int[] rates = {0, 12, 24, 36};
        private int width = 256;
        private int lowWidth = 48;

        private Builder() {}

        /** The backbone, of five maps; the network takes it over. */
        public Builder setBackbone(Backbone backbone) {
            backbone.requireMaps(5);
            this.backbone = backbone;
            return this;
        }

        /**
         * Number of pixel classes, background included if there is one.
         *
         * @throws IllegalArgumentException unless it is 2 to 255
         */
        public Builder setClasses(int classes) {
            if (classes < 2 || classes > 255) {
                throw new IllegalArgumentException("classes must be 2 to 255, got " + classes);
            }
            this.classes = classes;
            return this;
        }

        /**
         * Number of tags: all classes but the background.
         *
         * @throws IllegalArgumentException if there is none
         */
        public Builder setTags(int tags) {
            if (tags < 1) {
                throw new IllegalArgumentException("tags must be at least 1, got " + tags);
            }
            this.tags = tags;
            return this;
        }

        /** Dilation of each branch on the last map, 0 for a 1x1 convolution; 0, 12, 24 and 36 unless set. */
        public Builder optAsppRates(int... rates) {
            this.rates = rates.clone();
            return this;
        }

        /**
         * Channels of the head, and of what it takes from the second map; 256 and 48 unless set.
         *
         * @throws IllegalArgumentException if one is less than 1
         */
        public Builder optWidth(int width, int lowWidth) {
            if (width < 1 || lowWidth < 1) {
                throw new IllegalArgumentException("widths must be at least 1, got " + width + " and " + lowWidth);
            }
            this.width = width;
            this.lowWidth = lowWidth;
            return this;
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if backbone, classes or tags are not set
         */
        public DhrNetwork build() {
            Backbone b = backbone;
            if (b == null || classes == 0 || tags == 0) {
                String missing = b == null ? "setBackbone" : classes == 0 ? "setClasses" : "setTags";
                throw new IllegalStateException(missing + " is required");
            }
            return new DhrNetwork(this, b);
        }
    }
}
