package dev.wsss.systems.ppc;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Pixel-to-prototype contrast (PPC): in two views of a batch, every pixel's embedding should be near the prototype of the
 * class that the activation maps see there, and far from those of the others.
 *
 * <pre>{@code
 * PrototypeContrastLoss loss = PrototypeContrastLoss.builder().optBackgroundScore(0.2).build();
 * PrototypeContrastLoss.Terms terms = loss.apply(
 *         new PrototypeContrastLoss.View(features1, refinedCam1),
 *         new PrototypeContrastLoss.View(features2, refinedCam2),
 *         tags,
 *         PixelSampler.uniform(new SplittableRandom(seed + step)));
 * terms.total().backward();
 * }</pre>
 *
 * <p>Each view is brought to one grid, by default the second view's. Without gradient, its maps are normalized to [0, 1],
 * the background gets a constant score, and the {@code K} highest pixels of each class in the whole batch (the lowest
 * flat index first where scores are equal) make its prototype, {@code p_c = sum m f / sum m}, then scaled to unit
 * length. The highest score among the tags and the background is the pixel's pseudo label {@code y}. With
 * {@code F(g, y, P) = -log(exp(g p_y / t) / sum_c exp(g p_c / t))} over unit-length embeddings {@code g}:
 *
 * <ul>
 *   <li>cross-prototype: {@code (mean F(g1, y1, P2) + mean F(g2, y2, P1)) / 2};
 *   <li>cross-CAM: {@code (mean F(g1, y2, P1) + mean F(g2, y1, P2)) / 2};
 *   <li>intra-view: {@code F(g, y, P)} of each view, with semi-hard mining. Of the negatives, sorted from the most similar
 *       one, a band of ranks counts. Of the {@code n} pixels of each pseudo class, {@code n / 2} are sampled and
 *       {@code n / 2} are the least similar but for the very hardest: ranks {@code floor(r n) - n / 2} up to
 *       {@code floor(r n)} from the least similar, {@code r} being the hard ratio. Mean over those, then over classes;
 *       a class with one pixel counts as 0.
 * </ul>
 *
 * <p>The published code differs from what its paper describes in three ways, which {@link #original()} repeats and the
 * options here switch one by one. By default
 *
 * <ul>
 *   <li>only classes with a tag in the batch have prototypes, of pixels in images with that tag ({@link
 *       Builder#optPresentOnly}). The original makes one for every class, of noise for the absent ones, which then serve
 *       as negatives. This matters most: with few classes in a batch nearly all of its negatives are noise;
 *   <li>the background's prototype is of the pixels that are the least like any class ({@link
 *       Builder#optRankBackground}). The original's background scores are all equal, so that it takes the first
 *       {@code K} pixels, the top rows of the first image, or others on other hardware;
 *   <li>a pixel's own class is none of its mined negatives ({@link Builder#optPositiveAmongNegatives}). Matters little.
 * </ul>
 *
 * <p>Mined ranks are those of a full set of classes; where prototypes are fewer, both ranks shrink in proportion and at
 * least one negative remains. A pixel whose class has no prototype in the view it is compared with does not count.
 *
 * <p>Immutable. Embeddings are of any non-negative or signed values; a pixel embedding of zeros stays zero.
 *
 * @see <a href="https://arxiv.org/abs/2110.07110">Du et al., Weakly Supervised Semantic Segmentation by
 *     Pixel-to-Prototype Contrast, eq. 3 to 8</a>
 */
public final class PrototypeContrastLoss implements Described {
    /** Shortest length and smallest weight that are divided by. */
    private static final double TINY = 1e-12;

    /** Stands for minus infinity where an infinity times a weight of 0 would be NaN. */
    private static final double EXCLUDED = -1e9;

    private final int background;
    private final double backgroundScore;
    private final double temperature;
    private final int prototypePixels;
    private final int prototypeDivisor;
    private final int firstRank;
    private final int endRank;
    private final double hardRatio;
    private final double crossPrototypeWeight;
    private final double crossCamWeight;
    private final double intraViewWeight;
    private final boolean presentOnly;
    private final boolean rankBackground;
    private final boolean positiveAmongNegatives;
    private final int gridHeight;
    private final int gridWidth;
    private final boolean alignCorners;
    private final double eps;

    private PrototypeContrastLoss(Builder b) {
        background = b.background;
        backgroundScore = b.backgroundScore;
        temperature = b.temperature;
        prototypePixels = b.prototypePixels;
        prototypeDivisor = b.prototypeDivisor;
        firstRank = b.firstRank;
        endRank = b.endRank;
        hardRatio = b.hardRatio;
        crossPrototypeWeight = b.crossPrototypeWeight;
        crossCamWeight = b.crossCamWeight;
        intraViewWeight = b.intraViewWeight;
        presentOnly = b.presentOnly;
        rankBackground = b.rankBackground;
        positiveAmongNegatives = b.positiveAmongNegatives;
        gridHeight = b.gridHeight;
        gridWidth = b.gridWidth;
        alignCorners = b.alignCorners;
        eps = b.eps;
    }

    /** Starts with the published settings and the sound choices of this class's description. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts with the published code for SEAM, accidents included, to compare with its numbers. For its EPS variant, set
     * the last channel as background, background score 0.1 and prototype divisor 16.
     */
    public static Builder original() {
        return builder().optPresentOnly(false).optRankBackground(false).optPositiveAmongNegatives(true);
    }

    /**
     * One view of a batch.
     *
     * @param features embeddings {@code [N][D][h][w]}, any length; the gradient goes here
     * @param cam {@code [N][C][h][w]}, background included, whose values there are not used; without gradient
     */
    public record View(Tensor features, Tensor cam) {}

    /**
     * The losses and what they were made with, of the current scope.
     *
     * @param crossPrototype scalar with gradient, before its weight; 0 where that is 0
     * @param crossCam likewise
     * @param intraView likewise
     * @param total the weighted sum
     * @param prototypes1 of the first view, {@code [C][D]}, of unit length, zeros for a class that has none
     * @param prototypes2 of the second view
     * @param labels1 pseudo labels of the first view as channels, int64 {@code [N][h][w]} on the grid
     * @param labels2 of the second view
     */
    public record Terms(
            Tensor crossPrototype,
            Tensor crossCam,
            Tensor intraView,
            Tensor total,
            Tensor prototypes1,
            Tensor prototypes2,
            Tensor labels1,
            Tensor labels2) {}

    /**
     * A view on the grid. {@code P} pixels are in order of image, row, column.
     *
     * @param embeddings {@code [P][D]} of unit length, with gradient
     * @param labels {@code [P]}
     * @param prototypes {@code [C][D]}
     * @param valid {@code [C]}, the classes that have a prototype; null if all do
     */
    private record Side(int index, Tensor embeddings, Tensor labels, Tensor prototypes, @Nullable Tensor valid) {}

    /**
     * Computes. Waits for the device if the intra-view term is wanted, which chooses pixels on the host.
     *
     * @param tags {@code [N][C-1]}, 1 for the classes in the image and 0 for the others
     * @param sampler of the intra-view term's random pixels
     * @throws IllegalArgumentException if shapes do not fit, or the sampler gives something else than it should
     */
    public Terms apply(View first, View second, Tensor tags, PixelSampler sampler) {
        check(first, second, tags);
        int height = gridHeight > 0 ? gridHeight : (int) second.features.size(2);
        int width = gridWidth > 0 ? gridWidth : (int) second.features.size(3);
        Tensor presence = CamMaps.presence(tags, background);
        Side one = side(0, first, presence, height, width);
        Side two = side(1, second, presence, height, width);

        Tensor zero = one.embeddings.new_zeros(new long[0]);
        Scalar half = new Scalar(0.5);
        Tensor cp = zero;
        if (crossPrototypeWeight > 0) {
            cp = contrast(one, one.labels, two)
                    .add(contrast(two, two.labels, one))
                    .mul(half);
        }
        Tensor cc = zero;
        if (crossCamWeight > 0) {
            cc = contrast(one, two.labels, one)
                    .add(contrast(two, one.labels, two))
                    .mul(half);
        }
        Tensor intra = zero;
        if (intraViewWeight > 0) {
            intra = mined(one, sampler).add(mined(two, sampler)).mul(half);
        }
        Tensor total = cp.mul(new Scalar(crossPrototypeWeight))
                .add(cc.mul(new Scalar(crossCamWeight)))
                .add(intra.mul(new Scalar(intraViewWeight)));
        long n = tags.size(0);
        return new Terms(
                cp,
                cc,
                intra,
                total,
                one.prototypes,
                two.prototypes,
                one.labels.reshape(n, height, width),
                two.labels.reshape(n, height, width));
    }

    private void check(View first, View second, Tensor tags) {
        for (View view : new View[] {first, second}) {
            Select.requireMaps("features", view.features);
            Select.requireMaps("cam", view.cam);
            Tensor f = view.features;
            Select.requireShape("features", f, tags.size(0), first.features.size(1), f.size(2), f.size(3));
            Select.requireShape("cam", view.cam, tags.size(0), tags.size(1) + 1, f.size(2), f.size(3));
        }
        Select.requireChannel("background", background, first.cam);
        long full = candidates(first.cam.size(1));
        if (endRank > full) {
            throw new IllegalArgumentException("negative ranks end at " + endRank + ", but each pixel has only " + full
                    + " negatives: call optNegativeRanks");
        }
    }

    /** How many negatives a pixel has among so many prototypes. */
    private long candidates(long prototypes) {
        return positiveAmongNegatives ? prototypes : prototypes - 1;
    }

    private Side side(int index, View view, Tensor presence, int height, int width) {
        Tensor pixels = Ops.bilinear(view.features, height, width, alignCorners)
                .permute(0, 2, 3, 1)
                .reshape(-1, view.features.size(1));
        Tensor embeddings = unit(pixels);
        try (Torch.Mode noGrad = Torch.noGrad()) {
            Tensor scores = scores(Ops.bilinear(view.cam.detach(), height, width, alignCorners));
            Tensor gated = CamMaps.present(scores, presence);
            Tensor labels = gated.argmax(new LongOptional(1), false).flatten();
            Tensor ranking = presentOnly ? torch.relu(gated) : scores;
            if (rankBackground) {
                Tensor likeNone = Select.max(torch.relu(Select.without(gated, background)), 1)
                        .neg()
                        .add(new Scalar(1));
                ranking = Select.with(Select.without(ranking, background), background, likeNone);
            }
            Tensor byClass = ranking.transpose(0, 1).flatten(1, 3); // [C][P]
            long k = prototypePixels > 0 ? prototypePixels : Math.max(1, (long) height * width / prototypeDivisor);
            k = Math.min(k, byClass.size(1));
            Tensor best = Select.descending(byClass).narrow(1, 0, k);
            Tensor weights = byClass.gather(1, best); // [C][K]
            Tensor chosen = pixels.detach().index_select(0, best.flatten()).reshape(best.size(0), k, pixels.size(1));
            Tensor sum = weights.unsqueeze(1).bmm(chosen).squeeze(1); // [C][D]
            Tensor weight = weights.sum(1).unsqueeze(1);
            Tensor valid = null;
            if (presentOnly) {
                valid = weight.squeeze(1).gt(new Scalar(0));
                weight = weight.clamp_min(new Scalar(TINY));
            }
            Tensor prototypes = unit(sum.div(weight));
            return new Side(index, embeddings, labels, prototypes, valid);
        }
    }

    /** Each map from 0 to 1 over its pixels, and the background's constant; suppressed values end just below 0. */
    private Tensor scores(Tensor cam) {
        Tensor positive = torch.relu(cam);
        Tensor max = positive.amax(new long[] {2, 3}, true);
        Tensor min = positive.amin(new long[] {2, 3}, true);
        Tensor kept = positive.masked_fill(positive.lt(min.add(new Scalar(eps))), new Scalar(0));
        Tensor scaled = kept.sub(min).sub(new Scalar(eps)).div(max.sub(min).add(new Scalar(eps)));
        Tensor classes = Select.without(scaled, background);
        Tensor constant =
                scaled.new_full(new long[] {cam.size(0), 1, cam.size(2), cam.size(3)}, new Scalar(backgroundScore));
        return Select.with(classes, background, constant);
    }

    private static Tensor unit(Tensor rows) {
        Tensor length = rows.norm(new ScalarOptional(new Scalar(2)), new long[] {1}, true);
        return rows.div(length.clamp_min(new Scalar(TINY)));
    }

    /** The mean of F over the pixels of one view, with given labels, against the prototypes of a view. */
    private Tensor contrast(Side pixels, Tensor labels, Side against) {
        Tensor logits = similarity(pixels, against).div(new Scalar(temperature));
        Tensor valid = against.valid;
        if (valid != null) {
            logits = logits.masked_fill(valid.logical_not().unsqueeze(0), new Scalar(EXCLUDED));
        }
        Tensor loss = torch.log_softmax(logits, 1)
                .gather(1, labels.unsqueeze(1))
                .squeeze(1)
                .neg();
        if (valid == null) {
            return loss.mean();
        }
        Tensor counts = valid.index_select(0, labels);
        Tensor number = counts.sum().clamp_min(new Scalar(1));
        return loss.masked_fill(counts.logical_not(), new Scalar(0)).sum().div(number);
    }

    /** {@code [P][C]}. */
    private static Tensor similarity(Side pixels, Side against) {
        return pixels.embeddings.matmul(against.prototypes.t());
    }

    /** The intra-view term of one view. */
    private Tensor mined(Side side, PixelSampler sampler) {
        Tensor similarity = similarity(side, side);
        Tensor label = side.labels.unsqueeze(1);
        Tensor positive = similarity.gather(1, label);
        Tensor logits = torch.cat(
                        new TensorVector(positive, similarity.gather(1, negatives(side, similarity, label))), 1)
                .div(new Scalar(temperature));
        Tensor loss = torch.log_softmax(logits, 1).select(1, 0).neg();
        float[] weights = weights(side, Tensors.toFloats(positive), sampler);
        Tensor weight = Tensors.of(weights, weights.length).to(loss.device(), loss.scalar_type());
        return loss.mul(weight).sum();
    }

    /** The prototypes that each pixel is contrasted with, {@code [P][up to band]}. */
    private Tensor negatives(Side side, Tensor similarity, Tensor label) {
        Tensor ranking = similarity.detach();
        long full = candidates(ranking.size(1));
        long count = full;
        Tensor valid = side.valid;
        if (valid != null) {
            ranking = ranking.masked_fill(valid.logical_not().unsqueeze(0), new Scalar(EXCLUDED));
            count = Math.max(0, candidates((long) Tensors.item(valid.sum())));
        }
        if (!positiveAmongNegatives) {
            ranking = ranking.scatter(1, label, new Scalar(EXCLUDED));
        }
        long from = firstRank * count / full;
        long end = Math.min(count, Math.max(from + 1, endRank * count / full));
        return Select.descending(ranking).narrow(1, from, Math.max(0, end - from));
    }

    /** How much each pixel's loss counts in the intra-view term; the weights of both halves of all classes. */
    private float[] weights(Side side, float[] positive, PixelSampler sampler) {
        long[] labels = Tensors.toLongs(side.labels);
        int channels = (int) side.prototypes.size(0);
        boolean[] usable = new boolean[channels];
        Tensor valid = side.valid;
        float[] flags = valid == null ? null : Tensors.toFloats(valid);
        for (int c = 0; c < channels; c++) {
            usable[c] = flags == null || flags[c] != 0;
        }
        int[][] pixels = new int[channels][];
        int classes = 0;
        for (int c = 0; c < channels; c++) {
            int channel = c;
            pixels[c] = usable[c]
                    ? IntStream.range(0, labels.length)
                            .filter(i -> labels[i] == channel)
                            .toArray()
                    : new int[0];
            classes += pixels[c].length > 0 ? 1 : 0;
        }
        float[] weights = new float[labels.length];
        for (int c = 0; c < channels; c++) {
            int n = pixels[c].length;
            int half = n / 2;
            if (half == 0) {
                continue;
            }
            float weight = (float) (1.0 / (2.0 * half * classes));
            for (int position : sample(sampler, side.index, c, n, half)) {
                weights[pixels[c][position]] += weight;
            }
            int[] leastSimilarFirst = Arrays.stream(pixels[c])
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> positive[i])) // stable
                    .mapToInt(i -> i)
                    .toArray();
            int end = (int) (hardRatio * n);
            for (int rank = end - half; rank < end; rank++) {
                weights[leastSimilarFirst[rank]] += weight;
            }
        }
        return weights;
    }

    private static int[] sample(PixelSampler sampler, int view, int channel, int n, int k) {
        int[] positions = sampler.sample(view, channel, n, k);
        if (positions.length != k) {
            throw new IllegalArgumentException(
                    "the pixel sampler gave " + positions.length + " positions, expected " + k);
        }
        boolean[] seen = new boolean[n];
        for (int p : positions) {
            if (p < 0 || p >= n || seen[p]) {
                throw new IllegalArgumentException(
                        "the pixel sampler gave position " + p + ", expected different ones in 0.." + (n - 1));
            }
            seen[p] = true;
        }
        return positions;
    }

    @Override
    public Description description() {
        return Description.of("PrototypeContrastLoss")
                .put("background", background)
                .put("backgroundScore", backgroundScore)
                .put("temperature", temperature)
                .put("prototypePixels", prototypePixels)
                .put("prototypeDivisor", prototypeDivisor)
                .put("firstRank", firstRank)
                .put("endRank", endRank)
                .put("hardRatio", hardRatio)
                .put("crossPrototypeWeight", crossPrototypeWeight)
                .put("crossCamWeight", crossCamWeight)
                .put("intraViewWeight", intraViewWeight)
                .put("presentOnly", presentOnly)
                .put("rankBackground", rankBackground)
                .put("positiveAmongNegatives", positiveAmongNegatives)
                .put("gridHeight", gridHeight)
                .put("gridWidth", gridWidth)
                .put("alignCorners", alignCorners)
                .put("eps", eps)
                .build();
    }

    /** Settings of the loss. */
    public static final class Builder {
        private int background;
        private double backgroundScore = 0.2;
        private double temperature = 0.1;
        private int prototypePixels;
        private int prototypeDivisor = 8;
        private int firstRank = 3;
        private int endRank = 13;
        private double hardRatio = 0.6;
        private double crossPrototypeWeight = 0.1;
        private double crossCamWeight = 0.1;
        private double intraViewWeight = 0.1;
        private boolean presentOnly = true;
        private boolean rankBackground = true;
        private boolean positiveAmongNegatives;
        private int gridHeight;
        private int gridWidth;
        private boolean alignCorners = true;
        private double eps = CamMaps.EPS;

        private Builder() {}

        /** Channel of the background: 0 unless set; the last one in EPS. */
        public Builder optBackground(int channel) {
            if (channel < 0) {
                throw new IllegalArgumentException("background must be 0 or more, got " + channel);
            }
            background = channel;
            return this;
        }

        /** The constant score of the background, which a class must exceed to be a pixel's label: 0.2; EPS's 0.1. */
        public Builder optBackgroundScore(double score) {
            if (!(score > 0 && score < 1)) {
                throw new IllegalArgumentException("background score must be in (0, 1), got " + score);
            }
            backgroundScore = score;
            return this;
        }

        /** What similarities are divided by; 0.1. */
        public Builder optTemperature(double temperature) {
            if (!(temperature > 0)) {
                throw new IllegalArgumentException("temperature must be positive, got " + temperature);
            }
            this.temperature = temperature;
            return this;
        }

        /** A fixed number of pixels in the whole batch that make a prototype, in place of a part of the grid. */
        public Builder optPrototypePixels(int pixels) {
            if (pixels < 1) {
                throw new IllegalArgumentException("prototype pixels must be at least 1, got " + pixels);
            }
            prototypePixels = pixels;
            return this;
        }

        /**
         * A prototype is of {@code grid pixels / divisor} pixels, whatever the batch's size: 8 unless set; EPS's 16.
         */
        public Builder optPrototypeDivisor(int divisor) {
            if (divisor < 1) {
                throw new IllegalArgumentException("prototype divisor must be at least 1, got " + divisor);
            }
            prototypeDivisor = divisor;
            prototypePixels = 0;
            return this;
        }

        /**
         * The band of mined negatives among all prototypes sorted from the most similar, 3 up to 13 of 21 unless set: the
         * very hardest may be the same class under another name, the easy ones teach nothing.
         *
         * @param first rank that counts, from 0
         * @param end the first rank that does not count any more
         */
        public Builder optNegativeRanks(int first, int end) {
            if (first < 0 || end <= first) {
                throw new IllegalArgumentException(
                        "negative ranks must be 0 <= first < end, got " + first + ", " + end);
            }
            firstRank = first;
            endRank = end;
            return this;
        }

        /** Where the band of mined pixels ends, as a part of the class's pixels from the least similar: 0.6. */
        public Builder optHardRatio(double ratio) {
            if (!(ratio >= 0.5 && ratio <= 1)) {
                throw new IllegalArgumentException("hard ratio must be in [0.5, 1], got " + ratio);
            }
            hardRatio = ratio;
            return this;
        }

        /** Weights in the total; 0.1 each unless set. A term of weight 0 is not computed. */
        public Builder optWeights(double crossPrototype, double crossCam, double intraView) {
            if (!(crossPrototype >= 0 && crossCam >= 0 && intraView >= 0)) {
                throw new IllegalArgumentException(
                        "weights must be 0 or more, got " + crossPrototype + ", " + crossCam + " and " + intraView);
            }
            crossPrototypeWeight = crossPrototype;
            crossCamWeight = crossCam;
            intraViewWeight = intraView;
            return this;
        }

        /** Whether prototypes are of tagged classes in tagged images only; true unless {@link #original()}. */
        public Builder optPresentOnly(boolean presentOnly) {
            this.presentOnly = presentOnly;
            return this;
        }

        /** Whether the background's prototype is of the pixels least like any class; true unless {@link #original()}. */
        public Builder optRankBackground(boolean rankBackground) {
            this.rankBackground = rankBackground;
            return this;
        }

        /** Whether a pixel's own class may be among its mined negatives; false unless {@link #original()}. */
        public Builder optPositiveAmongNegatives(boolean positiveAmongNegatives) {
            this.positiveAmongNegatives = positiveAmongNegatives;
            return this;
        }

        /** The grid that both views are brought to; the second view's unless set. */
        public Builder optGrid(int height, int width) {
            if (height < 1 || width < 1) {
                throw new IllegalArgumentException("grid must be at least 1x1, got " + height + "x" + width);
            }
            gridHeight = height;
            gridWidth = width;
            return this;
        }

        /** Whether the resize to the grid aligns corners; true unless set. */
        public Builder optAlignCorners(boolean alignCorners) {
            this.alignCorners = alignCorners;
            return this;
        }

        /** Keeps the normalization of maps finite; 1e-5. */
        public Builder optEps(double eps) {
            if (!(eps > 0)) {
                throw new IllegalArgumentException("eps must be positive, got " + eps);
            }
            this.eps = eps;
            return this;
        }

        /** Builds. */
        public PrototypeContrastLoss build() {
            return new PrototypeContrastLoss(this);
        }
    }
}
