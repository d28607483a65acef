package dev.wsss.systems.cdl;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Dropout;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Network;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.deeplab.AtrousClassifiers;
import dev.wsss.models.deeplab.MultiScale;
import dev.wsss.models.segment.PixelClassifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * CDL's network: a {@link dev.wsss.models.deeplab.DeepLabV2} on several sizes of its input, with a classifier for each expert
 * and a head of features for affinities.
 *
 * <pre>{@code
 * CdlNetwork network = CdlNetwork.builder()
 *         .setBackbone(CaffeResNet.builder().build())
 *         .setClasses(21)
 *         .setVariant(CdlVariant.BASE)
 *         .build();
 * network.freezeNorms(); // as published
 * }</pre>
 *
 * <p>{@link #experts} is for training; {@link #forward} is what the first expert, or in {@link CdlVariant#EXTENDED} the third,
 * says in the end. The affinity head takes the backbone's last four maps and passes no gradient on to them.
 *
 * <p>Keys are those of the published code: {@code base.layer1.conv1.conv.weight, ..., base.aspp.c0.weight, ...,
 * base.aspp_2nd.c0.weight, ..., base.aspp_3rd.c0.weight, ..., base.affinity_3rd.aff_module.0.0.weight, ...}; each part of the
 * affinity head has a second name, {@code base.affinity_3rd.aff_conv_2.0.weight}, as it has there.
 */
public final class CdlNetwork extends Layer implements PixelClassifier {
    private final Base base;
    private final CdlVariant variant;
    private final double[] scales;
    private final double[] testScales;
    private final double temperature;

    private CdlNetwork(Builder b, Backbone backbone, CdlVariant variant) {
        this.variant = variant;
        scales = b.scales;
        testScales = b.testScales;
        temperature = b.temperature;
        base = child("base", new Base(backbone, b.classes, variant, b.rates, b.dropout));
    }

    /** Starts a network. */
    public static Builder builder() {
        return new Builder();
    }

    /** Which of the two it is. */
    public CdlVariant variant() {
        return variant;
    }

    /** The backbone. */
    public Backbone backbone() {
        return base.backbone;
    }

    /** The head of affinities, whose parameters {@link CdlCompat#untrainedAffinity} leaves as they are. */
    public Network affinityHead() {
        return base.affinity;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("variant", variant, "scales", scales, "testScales", testScales, "temperature", temperature);
    }

    /**
     * Lets all batch normalizations keep their statistics. Scales and shifts of the backbone stay too, those of the affinity
     * head train.
     */
    public void freezeNorms() {
        base.backbone.freezeBatchNorm(true);
        base.affinity.freezeBatchNorm(false);
    }

    /**
     * What experts say of images at each size of training, and last of all sizes together.
     *
     * @param images {@code [N][3][H][W]}
     * @param strong the same images changed strongly, of the same shape; with {@link CdlVariant#EXTENDED} alone, else null
     * @throws IllegalArgumentException if the strong views are missing, not wanted or of another shape
     */
    public List<ExpertMaps> experts(Tensor images, @Nullable Tensor strong) {
        if ((strong == null) == variant.hasStrongView()) {
            throw new IllegalArgumentException(variant + " has " + (variant.hasStrongView() ? "a" : "no")
                    + " strong view, given is " + (strong == null ? "none" : "one"));
        }
        if (strong != null) {
            Select.requireShape("strong", strong, Tensors.shape(images));
        }
        Tensor all = strong == null ? images : torch.cat(new TensorVector(images, strong), 0);
        List<ExpertMaps> sizes = new ArrayList<>();
        sizes.add(base.experts(all));
        for (double scale : scales) {
            sizes.add(base.experts(Ops.bilinearBy(all, scale, false)));
        }
        return ExpertMaps.withTogether(sizes);
    }

    /**
     * What experts say of images in their own size alone.
     *
     * @param images {@code [N][3][H][W]}; with {@link CdlVariant#EXTENDED} the plain views and then, as many, the strong ones
     */
    ExpertMaps atOwnSize(Tensor images) {
        return base.experts(images);
    }

    /**
     * Logits {@code [N][classes][h][w]} of images {@code [N][3][H][W]}: the largest over the sizes of testing, divided by the
     * temperature.
     */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            List<Tensor> sizes = new ArrayList<>();
            sizes.add(base.forward(images));
            for (double scale : testScales) {
                sizes.add(base.forward(Ops.bilinearBy(images, scale, false)));
            }
            Tensor largest = MultiScale.largest(sizes, false);
            return scope.keep(temperature == 1 ? largest : largest.div(new Scalar(temperature)));
        }
    }

    /** The network at one size. */
    private static final class Base extends Layer {
        private final Backbone backbone;
        private final AtrousClassifiers first;
        private final AtrousClassifiers second;
        private final @Nullable AtrousClassifiers third;
        private final Affinity affinity;

        Base(Backbone backbone, int classes, CdlVariant variant, int[] rates, double dropout) {
            int in = backbone.outChannels();
            this.backbone = child(backbone);
            first = child("aspp", new AtrousClassifiers(in, classes, rates));
            second = child("aspp_2nd", new AtrousClassifiers(in, classes, rates));
            third = variant.hasStrongView() ? child("aspp_3rd", new AtrousClassifiers(in, classes, rates)) : null;
            affinity = child("affinity_3rd", new Affinity(backbone.channels(), variant.hasStrongView() ? dropout : 0));
        }

        ExpertMaps experts(Tensor images) {
            FeaturePyramid f = backbone.features(images);
            Tensor last = f.last();
            Tensor features = affinity.features(f.maps());
            if (third == null) {
                return new ExpertMaps(first.forward(last), second.forward(last), null, features);
            }
            long n = last.size(0) / 2;
            Tensor plain = last.narrow(0, 0, n);
            return new ExpertMaps(
                    first.forward(plain), second.forward(plain), third.forward(last.narrow(0, n, n)), features);
        }

        @Override
        public Tensor forward(Tensor images) {
            try (Scope scope = Scope.open()) {
                return scope.keep((third == null ? first : third).forward(backbone.forward(images)));
            }
        }
    }

    /** Features for affinities: each map of the backbone but the first through its own 1x1 convolution, then one for all. */
    private static final class Affinity extends Network {
        private static final int[] WIDTHS = {32, 32, 64, 128};
        private static final int OUT = 128;

        private final List<ConvNorm> reduce = new ArrayList<>();
        private final Dropout dropout;
        private final Conv2d merge;

        Affinity(int[] channels, double dropout) {
            int all = 0;
            for (int i = 0; i < WIDTHS.length; i++) {
                Conv2d conv = Conv2d.same(channels[i + 1], WIDTHS[i], 1, 1, 1);
                reduce.add(child("aff_module." + i, new ConvNorm("0", conv, "1", new BatchNorm2d(WIDTHS[i]), true)));
                all += WIDTHS[i];
            }
            for (int i = 0; i < WIDTHS.length; i++) {
                child("aff_conv_" + (i + 2), reduce.get(i));
            }
            this.dropout = child("dropout", Dropout.channels(dropout));
            merge = child("reduce_dim", Conv2d.same(all, OUT, 1, 1, 1));
        }

        Tensor features(List<Tensor> maps) {
            try (Scope scope = Scope.open()) {
                Tensor last = maps.get(maps.size() - 1);
                Tensor[] parts = new Tensor[reduce.size()];
                for (int i = 0; i < parts.length; i++) {
                    Tensor map = Ops.bilinear(maps.get(i + 1).detach(), last.size(2), last.size(3), false);
                    parts[i] = dropout.forward(reduce.get(i).forward(map));
                }
                return scope.keep(merge.forward(Ops.concat(parts)));
            }
        }
    }

    /** Settings of a network: backbone, classes and variant are required. */
    public static final class Builder {
        private @Nullable Backbone backbone;
        private int classes;
        private @Nullable CdlVariant variant;
        private int[] rates = {6, 12, 18, 24};
        private double[] scales = {0.5, 0.75};
        private double[] testScales = {0.5, 0.75};
        private double temperature = 2;
        private double dropout = 0.5;

        private Builder() {}

        /**
         * The backbone, of five maps; the network takes it over. As published a {@link dev.wsss.models.resnet.CaffeResNet} of
         * 101 layers.
         */
        public Builder setBackbone(Backbone backbone) {
            backbone.requireMaps(Affinity.WIDTHS.length + 1);
            this.backbone = backbone;
            return this;
        }

        /** Number of pixel classes, background included; 2 to 255. */
        public Builder setClasses(int classes) {
            if (classes < 2 || classes > 255) {
                throw new IllegalArgumentException("classes must be 2 to 255, got " + classes);
            }
            this.classes = classes;
            return this;
        }

        /** Which of the two networks. */
        public Builder setVariant(CdlVariant variant) {
            this.variant = variant;
            return this;
        }

        /** Dilation of each classifier's convolutions; 6, 12, 18 and 24 unless set. */
        public Builder optRates(int... rates) {
            this.rates = rates.clone();
            return this;
        }

        /** Sizes of training beside 1; 0.5 and 0.75 unless set. The pairs of a size are its positions' square. */
        public Builder optScales(double... scales) {
            this.scales = positive(scales);
            return this;
        }

        /**
         * Sizes of testing beside 1; 0.5 and 0.75 unless set: the published code tests so, whatever it was trained on.
         */
        public Builder optTestScales(double... scales) {
            testScales = positive(scales);
            return this;
        }

        /**
         * What logits are divided by in the end; 2 unless set, as published. The class of a pixel does not depend on it, a
         * dense CRF that takes the probabilities does.
         */
        public Builder optTemperature(double temperature) {
            if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("temperature must be finite and above 0, got " + temperature);
            }
            this.temperature = temperature;
            return this;
        }

        /** Part of the affinity head's channels that drop in training with {@link CdlVariant#EXTENDED}; 0.5 unless set. */
        public Builder optDropout(double dropout) {
            this.dropout = dropout;
            return this;
        }

        private static double[] positive(double... scales) {
            if (Arrays.stream(scales).anyMatch(s -> !(s > 0))) {
                throw new IllegalArgumentException("scales must be positive, got " + Arrays.toString(scales));
            }
            return scales.clone();
        }

        /**
         * Builds, with weights drawn from libtorch's generator.
         *
         * @throws IllegalStateException if backbone, classes or variant are not set
         */
        public CdlNetwork build() {
            Backbone b = backbone;
            CdlVariant v = variant;
            if (b == null || v == null || classes == 0) {
                String missing = b == null ? "setBackbone" : v == null ? "setVariant" : "setClasses";
                throw new IllegalStateException(missing + " is required");
            }
            return new CdlNetwork(this, b, v);
        }
    }
}
