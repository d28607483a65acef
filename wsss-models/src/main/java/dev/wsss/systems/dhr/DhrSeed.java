package dev.wsss.systems.dhr;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.image.Resize;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.transport.Sinkhorn;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Recovers classes that are tagged and missing in a label map, from class activation maps: DHR's first step, without gradient.
 *
 * <p>The activations of the tagged classes, {@code relu(A) / max(A)}, are multiplied by their transport, which holds large
 * classes back in favour of small ones, enlarged to the content's size, and labelled by a dense CRF. Where that says a class,
 * the class replaces the label; elsewhere the label stays.
 *
 * <p>With a background class there are two runs, each with a constant background besides the activations, which are scaled to
 * a largest value of 1 again: a pixel becomes a class where it wins against the high background, and background where even the
 * low one wins. Without a background class, and by {@link DhrCompat#publishedSeed}, a class wins where its probability is at
 * least one less that of the likeliest class.
 *
 * <p>Without a CRF the scores decide by themselves.
 *
 * <p>Immutable; may be used from several threads.
 */
public final class DhrSeed implements Described {
    private static final double SMALLEST_MAX = 1e-5;

    private final ClassCatalog classes;
    private final Sinkhorn transport;
    private final @Nullable DenseCrf crf;
    private final Normalize normalize;
    private final double foreground;
    private final double background;
    private final DhrCompat compat;

    private DhrSeed(Builder b, ClassCatalog classes) {
        this.classes = classes;
        transport = b.transport;
        crf = b.crf;
        normalize = b.normalize;
        foreground = b.foreground;
        background = b.background;
        compat = b.compat;
    }

    /** Starts a seed. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Scores of the tagged classes in the content.
     *
     * @param tags ascending; may be empty
     * @param scores {@code [n][h][w]} of the activation maps' cells in the content
     */
    public record Scores(int[] tags, Tensor scores) {}

    /**
     * What was recovered.
     *
     * @param mask the labels, int64 {@code [H][W]}
     * @param seeds what the activations say, int64 of the content's size: a label, or {@link LabelMap#IGNORE} where nothing
     * @param probabilities of the tagged classes, {@code [n][h][w]} of the content's size; with a background class those
     *     against the high background
     * @param missed tagged classes without a seed, ascending
     */
    public record Seeds(Tensor mask, Tensor seeds, Tensor probabilities, int[] missed) {}

    /**
     * {@code relu(A) / max(A)} of tagged classes, and 0 of others.
     *
     * @param cams {@code [...][C][h][w]}
     * @param tags {@code [...][C]}, 0 or 1
     * @return of the shape of the maps, in the current scope
     */
    public static Tensor activations(Tensor cams, Tensor tags) {
        try (Scope scope = Scope.open()) {
            Tensor positive = torch.relu(cams.to(ScalarType.Float));
            Tensor given = tags.to(ScalarType.Float).unsqueeze(-1).unsqueeze(-1);
            return scope.keep(positive.div(largest(positive)).mul(given));
        }
    }

    private static Tensor largest(Tensor maps) {
        return maps.amax(new long[] {-2, -1}, true).clamp_min(new Scalar(SMALLEST_MAX));
    }

    /**
     * Scores of the tagged classes: activations, times their transport where there are two or more.
     *
     * @param cams {@code [C][h][w]}
     * @param tags {@code [C]}, 0 or 1
     * @param content in the maps' own cells: {@link ContentBox#on}
     * @return in the current scope
     */
    public Scores scores(Tensor cams, Tensor tags, ContentBox content) {
        DhrSample.requirePlanes("cams", cams);
        Select.requireShape("tags", tags, cams.size(0));
        content.requireInside(Math.toIntExact(cams.size(1)), Math.toIntExact(cams.size(2)));
        if (cams.size(0) != classes.tagCount()) {
            throw new IllegalArgumentException(
                    "cams must be of " + classes.tagCount() + " classes, got " + cams.size(0));
        }
        double[] flags = Tensors.toDoubles(tags);
        int[] present =
                IntStream.range(0, flags.length).filter(c -> flags[c] > 0).toArray();
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor part = activations(cams, tags)
                    .index_select(0, index(present, cams))
                    .narrow(1, content.top(), content.height())
                    .narrow(2, content.left(), content.width());
            if (present.length > 1) {
                Tensor flat = part.flatten(1, 2);
                Tensor share = transport.planOfSimilarity(flat.t().contiguous()).columnMinMax();
                part = flat.mul(share.t()).view(present.length, content.height(), content.width());
            }
            return new Scores(present, scope.keep(part.contiguous()));
        }
    }

    private static Tensor index(int[] values, Tensor other) {
        long[] wide = Arrays.stream(values).asLongStream().toArray();
        Tensor t = Tensors.of(wide, wide.length);
        return t.to(other.device(), t.scalar_type());
    }

    /** Recovers a sample's classes; as {@link #label} of its {@link #scores}. */
    public Seeds apply(DhrSample sample) {
        try (CropCrf crop = crop(sample.image(), sample.content())) {
            return apply(sample, crop);
        }
    }

    Seeds apply(DhrSample sample, CropCrf crop) {
        ContentBox cells = sample.content()
                .on(
                        sample.height(),
                        sample.width(),
                        Math.toIntExact(sample.cams().size(1)),
                        Math.toIntExact(sample.cams().size(2)));
        try (Scope scope = Scope.open()) {
            Scores scores = scores(sample.cams(), sample.tags(), cells);
            return keep(scope, label(scores, sample.mask(), sample.content(), crop));
        }
    }

    CropCrf crop(Tensor image, ContentBox content) {
        return new CropCrf(crf, normalize, image, content);
    }

    /**
     * Puts the classes of scores into a label map.
     *
     * @param scores of the content, at any resolution
     * @param image {@code [3][H][W]}, normalized
     * @param mask int64 {@code [H][W]}; unchanged
     * @param content on the canvas of {@code H} by {@code W}
     * @return in the current scope, on the mask's device
     */
    public Seeds label(Scores scores, Tensor image, Tensor mask, ContentBox content) {
        Select.requireShape("image", image, 3, mask.size(0), mask.size(1));
        content.requireInside(Math.toIntExact(mask.size(0)), Math.toIntExact(mask.size(1)));
        try (CropCrf crop = crop(image, content)) {
            return label(scores, mask, content, crop);
        }
    }

    private Seeds label(Scores scores, Tensor mask, ContentBox content, CropCrf crop) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor large = LabelTensors.resize(scores.scores, Resize.TORCH_NEAREST, content.height(), content.width());
            if (scores.tags.length == 0) {
                Tensor none = torch.full(
                        new long[] {content.height(), content.width()}, new Scalar(LabelMap.IGNORE), mask.options());
                return keep(scope, new Seeds(mask.clone(), none, large, new int[0]));
            }
            boolean alone = !classes.hasBackground() || compat.publishedSeed();
            Tensor[] found = alone ? againstRest(large, crop) : againstBackground(large, crop);
            long[] labels = new long[scores.tags.length + 2];
            for (int i = 0; i < scores.tags.length; i++) {
                labels[i] = classes.labelOfTag(scores.tags[i]);
            }
            labels[scores.tags.length] = LabelMap.IGNORE;
            labels[scores.tags.length + 1] = 0; // background
            Tensor table = Tensors.of(labels, labels.length).to(mask.device(), ScalarType.Long);
            Tensor seeds = table.index_select(
                            0, found[0].to(mask.device(), ScalarType.Long).flatten())
                    .view(content.height(), content.width());
            Tensor updated = mask.clone();
            Tensor inside =
                    updated.narrow(0, content.top(), content.height()).narrow(1, content.left(), content.width());
            inside.copy_(seeds.where(seeds.ne(new Scalar(LabelMap.IGNORE)), inside));
            return keep(scope, new Seeds(updated, seeds, found[1], missed(scores.tags, seeds)));
        }
    }

    private static Seeds keep(Scope scope, Seeds seeds) {
        scope.keep(seeds.mask);
        scope.keep(seeds.seeds);
        scope.keep(seeds.probabilities);
        return seeds;
    }

    /** Positions among the classes, or their number for nothing; and probabilities. */
    private static Tensor[] againstRest(Tensor scores, CropCrf crop) {
        Tensor q = crop.infer(scores);
        Tensor rest = Select.max(q, 0).neg().add(new Scalar(1.0));
        Tensor all = torch.cat(new TensorVector(q, rest), 0);
        return new Tensor[] {all.argmax(new LongOptional(0), false), q};
    }

    /** Positions among the classes, their number for nothing, one more for background; and probabilities. */
    private Tensor[] againstBackground(Tensor scores, CropCrf crop) {
        long n = scores.size(0);
        Tensor scaled = scores.div(largest(scores));
        Tensor high = crop.infer(withBackground(scaled, foreground));
        Tensor low = crop.infer(withBackground(scaled, background));
        Tensor won = high.argmax(new LongOptional(0), false);
        Tensor lost = low.argmax(new LongOptional(0), false).eq(new Scalar(0));
        Tensor isClass = won.gt(new Scalar(0));
        Tensor nothing = torch.full_like(won, new Scalar(n));
        Tensor rest = nothing.add(lost.to(ScalarType.Long)); // background comes after nothing
        return new Tensor[] {won.sub(new Scalar(1)).where(isClass, rest), high.narrow(0, 1, n)};
    }

    private static Tensor withBackground(Tensor scores, double value) {
        Tensor constant =
                torch.full(new long[] {1, scores.size(1), scores.size(2)}, new Scalar(value), scores.options());
        return torch.cat(new TensorVector(constant, scores), 0);
    }

    private int[] missed(int[] tags, Tensor seeds) {
        long[] found = CellGrid.valuesOf(seeds);
        return Arrays.stream(tags)
                .map(classes::labelOfTag)
                .filter(label -> Arrays.binarySearch(found, label) < 0)
                .toArray();
    }

    @Override
    public Description description() {
        return Description.of("DhrSeed")
                .put("classes", classes)
                .put("transport", transport)
                .put("crf", Optional.ofNullable(crf))
                .put("normalize", normalize)
                .put("foreground", foreground)
                .put("background", background)
                .put("compat", compat)
                .build();
    }

    /** Settings of a seed: the classes are required. */
    public static final class Builder {
        private @Nullable ClassCatalog classes;
        private Sinkhorn transport = Sinkhorn.dhr().build();
        private @Nullable DenseCrf crf;
        private Normalize normalize = Normalize.IMAGENET;
        private double foreground = 0.30;
        private double background = 0.05;
        private DhrCompat compat = DhrCompat.repaired();

        private Builder() {}

        /** The classes, and whether there is a background among the labels. */
        public Builder setClasses(ClassCatalog classes) {
            this.classes = classes;
            return this;
        }

        /** How transport is solved; {@link Sinkhorn#dhr} unless set. */
        public Builder optTransport(Sinkhorn transport) {
            this.transport = transport;
            return this;
        }

        /** The CRF, as published {@link DenseCrf#deeplabPytorch}; none unless set. It stays the caller's, who closes it. */
        public Builder optCrf(@Nullable DenseCrf crf) {
            this.crf = crf;
            return this;
        }

        /** How images were normalized; by {@link Normalize#IMAGENET} unless set. */
        public Builder optNormalize(Normalize normalize) {
            this.normalize = normalize;
            return this;
        }

        /**
         * The scores of background: what a class must beat, and what it must fall short of for a pixel to be background. 0.30
         * and 0.05 unless set; used where there is a background class.
         *
         * @param foreground above {@code background}, at most 1
         * @param background above 0
         */
        public Builder optThresholds(double foreground, double background) {
            if (!(background > 0 && background <= foreground && foreground <= 1)) {
                throw new IllegalArgumentException(
                        "thresholds must be 0 < background <= foreground <= 1, got foreground " + foreground
                                + ", background " + background);
            }
            this.foreground = foreground;
            this.background = background;
            return this;
        }

        /** Which accidents of the published code to repeat; none unless set. */
        public Builder optCompat(DhrCompat compat) {
            this.compat = compat;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if the classes are not set
         */
        public DhrSeed build() {
            ClassCatalog c = classes;
            if (c == null) {
                throw new IllegalStateException("setClasses is required");
            }
            return new DhrSeed(this, c);
        }
    }
}
