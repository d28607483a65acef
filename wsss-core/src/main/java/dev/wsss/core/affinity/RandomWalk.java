package dev.wsss.core.affinity;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.DType;
import dev.wsss.core.label.Background;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Refines class activation maps by a random walk over the affinities of a coarse grid: scores flow between pixels that
 * belong together until objects are filled.
 *
 * <pre>{@code
 * ScoreRefiner walk = RandomWalk.psa().setAffinity(source).optBeta(10).build();
 * try (ScoreMaps refined = walk.refine(sample, cams)) {
 *     LabelMap labels = ArgmaxRule.create().label(sample, refined);
 * }
 * }</pre>
 *
 * <p>With affinities {@code W}, {@code T = W^beta} with each column divided by its sum, the scores {@code x} on the grid
 * become {@code x T^steps}; the result is resized to the image bilinearly. {@code T} is never held as a dense matrix:
 * see {@link TransitionMatrix}.
 *
 * <p>Takes maps at the image's size, which are averaged over {@code stride x stride} pixels (zeros beyond the border),
 * or maps that are on the grid. Gives maps at the image's size, of the labels it was given and of the background, label
 * 0, where the catalog has one, a {@link Background} is set and the maps have none of their own. Immutable; may be used
 * by several threads.
 *
 * @see <a href="https://arxiv.org/abs/1803.10464">Ahn and Kwak, Learning Pixel-level Semantic Affinity, eq. 5 to 7</a>
 * @see <a href="https://arxiv.org/abs/1904.05044">Ahn, Cho and Kwak, IRNet, eq. 5</a>
 */
public final class RandomWalk implements ScoreRefiner {
    /** Scores may be this much below 0, as rounding makes them; they count as 0. */
    private static final float SLACK = 1e-4f;

    private final AffinitySource affinity;
    private final double beta;
    private final int steps;
    private final int stride;
    private final Background background;
    private final boolean backgroundAfterWalk;
    private final boolean attenuate;
    private final boolean normalize;
    private final double tolerance;
    /** 0 for Torch's. */
    private final int threads;

    private final ComputeDevice device;
    private final @Nullable DType tensorType;

    private RandomWalk(Builder b, AffinitySource affinity) {
        this.affinity = affinity;
        beta = b.beta;
        steps = b.steps;
        stride = b.stride;
        background = b.background;
        backgroundAfterWalk = b.backgroundAfterWalk;
        attenuate = b.attenuate;
        normalize = b.normalize;
        tolerance = b.tolerance;
        threads = b.threads;
        device = b.device;
        tensorType = b.tensorType;
    }

    /** Starts a walk with the settings of {@link #psa()} and without a background. */
    public static Builder builder() {
        return new Builder();
    }

    /** AffinityNet's settings: beta 8, 256 steps, stride 8, background {@code (1 - max)^16}. */
    public static Builder psa() {
        return builder().optBackground(Background.power(16));
    }

    /** SEAM's settings: beta 8, 64 steps, stride 8, background {@code (1 - max)^6}. */
    public static Builder seam() {
        return builder().optSteps(64).optBackground(Background.power(6));
    }

    /** PPC's settings: beta 8, 64 steps, stride 8, background 0.27 everywhere. */
    public static Builder ppc() {
        return builder().optSteps(64).optBackground(Background.constant(0.27));
    }

    /**
     * IRN's settings: beta 10, 256 steps, stride 4, scores damped at boundaries, the result divided by its maximum over
     * all classes, background 0.25 as a threshold after the walk.
     */
    public static Builder irn() {
        return builder()
                .optBeta(10)
                .optStride(4)
                .optAttenuateBoundary(true)
                .optNormalize(true)
                .optBackground(Background.constant(0.25))
                .optBackgroundAfterWalk(true);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Of no maps, an image's without tags, come none, or the background alone where the walk has one.
     *
     * @throws InvalidDataException if a score is below 0 or no finite number, or the maps are neither of the image's
     *     size nor on the grid, or the grid does not fit the image
     */
    @Override
    public ScoreMaps refine(Sample sample, ScoreMaps scores) {
        int height = sample.image().height();
        int width = sample.image().width();
        int[] labels = scores.labels();
        if (labels.length == 0) {
            return nothing(sample);
        }
        Maps maps = new Maps(
                labels, scores.height(), scores.width(), checked(sample, scores.toArray(), labels, scores.width()));
        GridAffinity grid = affinity.affinities(sample);
        int rows = ceilDiv(height, stride);
        int columns = ceilDiv(width, stride);
        if (grid.height() != rows || grid.width() != columns) {
            throw new InvalidDataException("affinities of sample " + sample.id() + " are on a grid of " + grid.height()
                    + "x" + grid.width() + "; expected " + rows + "x" + columns + " for an image of " + height + "x"
                    + width + " at stride " + stride);
        }
        boolean atImage = maps.height == height && maps.width == width;
        if (!atImage && (maps.height != rows || maps.width != columns)) {
            throw new InvalidDataException("score maps of sample " + sample.id() + " are " + maps.height + "x"
                    + maps.width + "; expected the image's " + height + "x" + width + " or the grid's " + rows + "x"
                    + columns);
        }
        boolean hasBackground = sample.tags().catalog().hasBackground();
        Maps walked = walk(grid, maps, hasBackground);
        Maps refined = toImage(walked, height, width, hasBackground);
        return ScoreMaps.of(refined.labels, height, width, refined.values);
    }

    /** Where no class has a map, all is background, as sure as can be. */
    private ScoreMaps nothing(Sample sample) {
        int height = sample.image().height();
        int width = sample.image().width();
        if (background.isNone() || !sample.tags().catalog().hasBackground()) {
            return ScoreMaps.none(height, width);
        }
        float[] sure = new float[height * width];
        Arrays.fill(sure, 1);
        return ScoreMaps.of(new int[] {0}, height, width, sure);
    }

    private static float[] checked(Sample sample, float[] values, int[] labels, int width) {
        float[] clean = values.clone();
        for (int i = 0; i < values.length; i++) {
            float v = values[i];
            if (!(v >= -SLACK) || v == Float.POSITIVE_INFINITY) {
                int pixels = values.length / labels.length;
                throw new InvalidDataException("score of label " + labels[i / pixels] + " of sample " + sample.id()
                        + " at row " + i % pixels / width + ", column " + i % pixels % width + " is " + v
                        + "; expected a finite number, 0 or more");
            }
            clean[i] = Math.max(0, v);
        }
        return clean;
    }

    /** Some maps of one size, without the promises of ScoreMaps. */
    record Maps(int[] labels, int height, int width, float[] values) {}

    /** The walk on the grid, background included; maps that are larger than the grid are averaged onto it first. */
    Maps walk(GridAffinity grid, Maps maps, boolean hasBackground) {
        Maps all = hasBackground && !backgroundAfterWalk ? withBackground(maps) : maps;
        float[] x = all.height == grid.height() && all.width == grid.width()
                ? all.values.clone()
                : BlockMean.of(all.values, all.labels.length, all.height, all.width, stride);
        if (attenuate) {
            damp(x, grid);
        }
        return new Maps(all.labels, grid.height(), grid.width(), walk(grid, x, all.labels.length));
    }

    private float[] walk(GridAffinity grid, float[] x, int count) {
        if (tensorType != null) {
            try (TensorWalk tensors = TensorWalk.of(grid, device, tensorType)) {
                return tensors.walk(beta, x, count, steps);
            }
        }
        TransitionMatrix exact = grid.transition(beta);
        TransitionMatrix transition = threads == 0 ? exact : exact.withThreads(threads);
        return tolerance == 0 ? transition.walk(x, count, steps) : transition.walkWithin(tolerance, x, count, steps);
    }

    private Maps withBackground(Maps maps) {
        if (background.isNone() || maps.labels[0] == 0) {
            return maps;
        }
        int[] labels =
                IntStream.concat(IntStream.of(0), Arrays.stream(maps.labels)).toArray();
        float[] values = background.prepend(maps.values, maps.labels.length, maps.height * maps.width);
        return new Maps(labels, maps.height, maps.width, values);
    }

    private static void damp(float[] x, GridAffinity grid) {
        float[] boundary = grid.boundary();
        if (boundary == null) {
            throw new IllegalStateException(
                    "scores are to be damped at boundaries, but the affinities were not made from"
                            + " boundaries (GridAffinity.ofBoundary)");
        }
        for (int i = 0; i < x.length; i++) {
            x[i] *= 1 - boundary[i % boundary.length];
        }
    }

    /** Bilinearly to the image's size, normalized, with a background that did not walk. */
    Maps toImage(Maps walked, int height, int width, boolean hasBackground) {
        int count = walked.labels.length;
        int padded = walked.width * stride;
        float[] large = Resize.TORCH_BILINEAR.apply(
                walked.values, count, walked.height, walked.width, walked.height * stride, padded);
        float[] values = new float[count * height * width];
        for (int row = 0; row < count * height; row++) {
            int from = (row / height * walked.height * stride + row % height) * padded;
            System.arraycopy(large, from, values, row * width, width);
        }
        if (normalize) {
            float max = 0;
            for (float v : values) {
                max = Math.max(max, v);
            }
            for (int i = 0; max > 0 && i < values.length; i++) {
                values[i] /= max;
            }
        }
        Maps image = new Maps(walked.labels, height, width, values);
        return hasBackground && backgroundAfterWalk ? withBackground(image) : image;
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }

    /** The walk with its affinities. On a device or with tensors, its arithmetic rounds otherwise: that is part of it. */
    @Override
    public Description description() {
        return Description.of("RandomWalk")
                .put("affinity", affinity)
                .put("beta", beta)
                .put("steps", steps)
                .put("stride", stride)
                .put("background", background)
                .put("backgroundAfterWalk", backgroundAfterWalk)
                .put("attenuateBoundary", attenuate)
                .put("normalize", normalize)
                .put("tolerance", tolerance)
                .put("device", device.isCuda() ? "cuda" : "cpu")
                .put("tensorType", Optional.ofNullable(tensorType))
                .build();
    }

    @Override
    public String toString() {
        return "RandomWalk[beta " + beta + ", " + steps + " steps, stride " + stride + ", background " + background
                + (backgroundAfterWalk ? " after the walk" : "") + (attenuate ? ", damped at boundaries" : "")
                + (normalize ? ", normalized" : "")
                + (tolerance == 0 ? "" : ", within " + tolerance)
                + (tensorType == null ? "" : ", " + tensorType + " on " + device) + "]";
    }

    /** Settings of a walk. */
    public static final class Builder {
        private @Nullable AffinitySource affinity;
        private double beta = 8;
        private int steps = 256;
        private int stride = 8;
        private Background background = Background.none();
        private boolean backgroundAfterWalk;
        private boolean attenuate;
        private boolean normalize;
        private double tolerance;
        private int threads;
        private ComputeDevice device = ComputeDevice.CPU;
        private @Nullable DType tensorType;

        private Builder() {}

        /** Where the affinities of an image come from. Required. */
        public Builder setAffinity(AffinitySource affinity) {
            this.affinity = affinity;
            return this;
        }

        /** The power of the affinities: the larger, the more the walk avoids weak links. Positive. */
        public Builder optBeta(double beta) {
            if (!(beta > 0) || Double.isInfinite(beta)) {
                throw new IllegalArgumentException("beta must be positive, got " + beta);
            }
            this.beta = beta;
            return this;
        }

        /** Number of steps, 0 or more. The papers' {@code logt} and {@code exp_times} are its binary logarithm. */
        public Builder optSteps(int steps) {
            if (steps < 0) {
                throw new IllegalArgumentException("steps must be 0 or more, got " + steps);
            }
            this.steps = steps;
            return this;
        }

        /** Pixels of the image for one node of the grid, in each direction. */
        public Builder optStride(int stride) {
            if (stride < 1) {
                throw new IllegalArgumentException("stride must be at least 1, got " + stride);
            }
            this.stride = stride;
            return this;
        }

        /**
         * The background's scores, made of the maps as they are given; default none. They walk with the classes. On the
         * border of a padded grid a constant fades, as the classes do.
         */
        public Builder optBackground(Background background) {
            this.background = background;
            return this;
        }

        /** Whether the background is made of the result and does not walk: a constant is then a threshold. */
        public Builder optBackgroundAfterWalk(boolean after) {
            this.backgroundAfterWalk = after;
            return this;
        }

        /** Whether scores start with {@code x (1 - boundary)}; needs affinities that were made from boundaries. */
        public Builder optAttenuateBoundary(boolean attenuate) {
            this.attenuate = attenuate;
            return this;
        }

        /** Whether the resized result is divided by its maximum over all walked maps. */
        public Builder optNormalize(boolean normalize) {
            this.normalize = normalize;
            return this;
        }

        /**
         * How much a score on the grid may differ from the exact walk's, as a part of the largest score; 0, for exact, if
         * not set. With 1e-6, 256 steps take less than half the time: see {@link TransitionMatrix#walkWithin}.
         */
        public Builder optTolerance(double tolerance) {
            if (!(tolerance >= 0 && tolerance < 1)) {
                throw new IllegalArgumentException("tolerance must be 0 or more and below 1, got " + tolerance);
            }
            this.tolerance = tolerance;
            return this;
        }

        /** Threads for one image, at least 1; {@link Torch#setThreads} if not set, which states the rule. */
        public Builder optThreads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be at least 1, got " + threads);
            }
            this.threads = threads;
            return this;
        }

        /**
         * Where to walk; on the CPU if not set. On CUDA every walk is exact, in float64, whatever the {@linkplain
         * #optTolerance tolerance}: see {@link TensorWalk}.
         */
        public Builder optDevice(ComputeDevice device) {
            this.device = device;
            tensorType = device.isCuda() ? DType.F64 : null;
            return this;
        }

        /** Walks on tensors of this type, on the CPU too, where that is the slower way. */
        Builder optTensorType(DType tensorType) {
            this.tensorType = tensorType;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if no affinity source is set
         */
        public RandomWalk build() {
            if (affinity == null) {
                throw new IllegalStateException("setAffinity is required");
            }
            return new RandomWalk(this, affinity);
        }
    }
}
