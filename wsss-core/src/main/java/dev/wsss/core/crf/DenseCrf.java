package dev.wsss.core.crf;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected CRF over the pixels of an image (Krähenbühl and Koltun, "Efficient Inference in Fully Connected CRFs
 * with Gaussian Edge Potentials", NIPS 2011), with the meaning and the arithmetic of pydensecrf's {@code DenseCRF2D}.
 *
 * <p>The pairwise energy has up to two terms: a Gaussian one over positions, and a bilateral one over positions and
 * colours. Kernels are {@code exp(-|f_i - f_j|^2 / 2)} with features divided by their standard deviations, approximated
 * on a permutohedral lattice and normalised symmetrically, the pixel itself included. Inference starts from {@code Q =
 * softmax(-U)} and repeats {@code Q = softmax(-U - sum of the terms' energies)}.
 *
 * <pre>{@code
 * DenseCrf crf = DenseCrf.builder()
 *         .optGaussian(3, 3)
 *         .optBilateral(80, 13, 10)
 *         .optIterations(10)
 *         .build();
 * float[] unary = Unary.fromProbabilities(probabilities, labels, height * width, 1e-5, 1);
 * float[] q = crf.infer(unary, labels, image);
 * }</pre>
 *
 * <p>Building the lattices is a large part of the cost. Several inferences on one image share them through {@link
 * #prepare}. The settings that published systems use have factories of their own; each returns a builder, so that it can
 * be changed.
 *
 * <p>Immutable; may be used from several threads. Results are the same bits for any {@link Builder#optThreads}.
 */
public final class DenseCrf {
    /** The order of the coordinates in a feature. It matters: the lattice treats them differently. */
    public enum FeatureOrder {
        /** {@code (x, y, r, g, b)}, as {@code addPairwiseGaussian} and {@code addPairwiseBilateral} have it. */
        XY,
        /** {@code (y, x, r, g, b)}, as {@code create_pairwise_gaussian} and {@code create_pairwise_bilateral} have it. */
        YX
    }

    private record Gaussian(float sxy, Compatibility compatibility) {}

    private record Bilateral(float sxy, float srgb, Compatibility compatibility) {}

    private final @Nullable Gaussian gaussian;
    private final @Nullable Bilateral bilateral;
    private final int iterations;
    private final FeatureOrder order;
    private final int threads;

    private DenseCrf(Builder builder) {
        gaussian = builder.gaussian;
        bilateral = builder.bilateral;
        iterations = builder.iterations;
        order = builder.order;
        threads = builder.threads;
    }

    /** A CRF without terms and 10 iterations, to be configured. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@code crf_inference} of PSA, SEAM and EPS: Gaussian 3/s, weight 3; bilateral 80/s and 13, weight 10; 10 iterations.
     *
     * @param scaleFactor {@code s}: the factor by which the image is smaller than the one the settings were made for
     */
    public static Builder psa(double scaleFactor) {
        return builder().optGaussian(3 / scaleFactor, 3).optBilateral(80 / scaleFactor, 13, 10);
    }

    /** kazuto1011/deeplab-pytorch: Gaussian 1, weight 3; bilateral 67 and 3, weight 4; 10 iterations. */
    public static Builder deeplabPytorch() {
        return builder().optGaussian(1, 3).optBilateral(67, 3, 4);
    }

    /** {@code crf_inference_label} of IRN: Gaussian 3, weight 3; bilateral 50 and 5, weight 10; 10 iterations. */
    public static Builder irnLabels() {
        return builder().optGaussian(3, 3).optBilateral(50, 5, 10);
    }

    /** {@code aff_prepare} of wseg: the values of {@link #psa} at scale 1 with features {@link FeatureOrder#YX}. */
    public static Builder wsegAffPrepare() {
        return psa(1).optFeatureOrder(FeatureOrder.YX);
    }

    /** SEAM's visualisation: the values of {@link #psa} at scale 1, one iteration. */
    public static Builder seamVisual() {
        return psa(1).optIterations(1);
    }

    /** YudeWang/semantic-segmentation-codebase: Gaussian 3, weight 3; bilateral 32 and 13, weight 10; one iteration. */
    public static Builder segmentationCodebase() {
        return builder().optGaussian(3, 3).optBilateral(32, 13, 10).optIterations(1);
    }

    /**
     * Infers label distributions.
     *
     * @param unary energies {@code [labels][height][width]}, in nats; smaller is likelier
     * @param labels number of labels
     * @param image fixes height and width; its colours enter the bilateral term
     * @return {@code Q}, {@code [labels][height][width]}, summing to one over the labels
     * @throws IllegalArgumentException if the unary's length is not the shape's, or a compatibility is of another number
     *     of labels
     * @throws InvalidDataException if an energy is NaN or infinite; the message names label, row and column
     */
    public float[] infer(float[] unary, int labels, RgbImage image) {
        return prepare(image).infer(unary, labels);
    }

    /** Builds the lattices of an image, for one or more inferences on it. */
    public Prepared prepare(RgbImage image) {
        List<Term> terms = new ArrayList<>(2);
        if (gaussian != null) {
            terms.add(new Term(new PermutohedralLattice(positions(image, gaussian.sxy), 2), gaussian.compatibility));
        }
        if (bilateral != null) {
            terms.add(new Term(new PermutohedralLattice(colours(image, bilateral), 5), bilateral.compatibility));
        }
        return new Prepared(image.height(), image.width(), terms, iterations, threads);
    }

    private float[] positions(RgbImage image, float sxy) {
        float[] features = new float[image.height() * image.width() * 2];
        fillPositions(features, 2, image, sxy);
        return features;
    }

    private float[] colours(RgbImage image, Bilateral term) {
        int points = image.height() * image.width();
        float[] features = new float[Math.multiplyExact(points, 5)];
        fillPositions(features, 5, image, term.sxy);
        byte[] data = image.data();
        float[] value = new float[256];
        for (int v = 0; v < 256; v++) {
            value[v] = v / term.srgb;
        }
        for (int i = 0; i < points; i++) {
            features[i * 5 + 2] = value[data[i * 3] & 255];
            features[i * 5 + 3] = value[data[i * 3 + 1] & 255];
            features[i * 5 + 4] = value[data[i * 3 + 2] & 255];
        }
        return features;
    }

    private void fillPositions(float[] features, int dimensions, RgbImage image, float sxy) {
        int atX = order == FeatureOrder.XY ? 0 : 1;
        for (int y = 0, o = 0; y < image.height(); y++) {
            float fy = y / sxy;
            for (int x = 0; x < image.width(); x++, o += dimensions) {
                features[o + atX] = x / sxy;
                features[o + 1 - atX] = fy;
            }
        }
    }

    @Override
    public String toString() {
        return "DenseCrf[" + gaussian + ", " + bilateral + ", iterations=" + iterations + ", order=" + order + "]";
    }

    /** One pairwise term: the filter, normalised, and what is made of its output. */
    private static final class Term {
        final PermutohedralLattice lattice;
        final Compatibility compatibility;

        Term(PermutohedralLattice lattice, Compatibility compatibility) {
            this.lattice = lattice;
            this.compatibility = compatibility;
            normalise();
        }

        /** Works {@code n_i = 1 / sqrt((K 1)_i)} into the lattice's weights, so that it filters with n K n. */
        private void normalise() {
            float[] values = new float[lattice.vertices() + 1];
            float[] other = new float[lattice.vertices() + 1];
            float[] norm = new float[lattice.points()];
            Arrays.fill(norm, 1f);
            lattice.splat(norm, values, 1, 0, lattice.vertices());
            for (int axis = 0; axis < lattice.axes(); axis++) {
                lattice.blur(values, other, 1, axis, 0, lattice.vertices());
                float[] swap = values;
                values = other;
                other = swap;
            }
            float gain = lattice.gainCorrection();
            float[] sum = new float[1];
            for (int i = 0; i < norm.length; i++) {
                lattice.slice(values, sum, 1, i);
                norm[i] = (float) (1 / Math.sqrt(sum[0] * gain + 1e-20));
            }
            lattice.scale(norm, gain);
        }
    }

    /** The arrays of one inference. */
    private static final class Workspace {
        final int size;
        final float[] q;
        final float[][] values;
        final float[][] other;

        Workspace(int points, List<Term> terms, int stride) {
            size = stride;
            q = new float[Math.multiplyExact(points, stride)];
            values = new float[terms.size()][];
            other = new float[terms.size()][];
            for (int t = 0; t < values.length; t++) {
                int n = Math.multiplyExact(terms.get(t).lattice.vertices() + 1, stride);
                values[t] = new float[n];
                other[t] = new float[n];
            }
        }

        void clearAbsentNeighbour(int stride) {
            for (int t = 0; t < values.length; t++) {
                Arrays.fill(values[t], 0, stride, 0f);
                Arrays.fill(other[t], 0, stride, 0f);
            }
        }
    }

    /** A CRF with the lattices of one image. May be used from several threads. */
    public static final class Prepared {
        private final int height;
        private final int width;
        private final List<Term> terms;
        private final int iterations;
        private final int threads;
        /** The last inference's arrays, for the next. */
        private final AtomicReference<@Nullable Workspace> spare = new AtomicReference<>();

        private Prepared(int height, int width, List<Term> terms, int iterations, int threads) {
            this.height = height;
            this.width = width;
            this.terms = terms;
            this.iterations = iterations;
            this.threads = threads;
        }

        /**
         * Infers label distributions; as {@link DenseCrf#infer}.
         *
         * @param unary {@code [labels][height][width]}
         * @return {@code Q}, {@code [labels][height][width]}, a new array
         */
        public float[] infer(float[] unary, int labels) {
            int points = height * width;
            Unary.requireShape("unary", unary.length, labels, points);
            requireFinite(unary);
            terms.forEach(term -> term.compatibility.requireFits(labels));
            // whole groups of four, so that the filter's inner loops have no remainder
            int stride = labels <= 2 ? labels : labels + 3 & ~3;
            Workspace work = spare.getAndSet(null);
            if (work == null || work.size < stride) {
                work = new Workspace(points, terms, stride);
            }
            work.clearAbsentNeighbour(stride);
            update(unary, labels, stride, work, List.of());
            for (int i = 0; i < iterations; i++) {
                for (int t = 0; t < terms.size(); t++) {
                    filter(t, stride, work);
                }
                update(unary, labels, stride, work, terms);
            }
            float[] q = new float[unary.length];
            for (int l = 0; l < labels; l++) {
                for (int i = 0; i < points; i++) {
                    q[l * points + i] = work.q[i * stride + l];
                }
            }
            spare.set(work);
            return q;
        }

        private void requireFinite(float[] unary) {
            for (int i = 0; i < unary.length; i++) {
                if (!Float.isFinite(unary[i])) {
                    int point = i % (height * width);
                    throw new InvalidDataException("unary energy of label " + i / (height * width) + " at row "
                            + point / width + ", column " + point % width + " is " + unary[i]
                            + "; expected a finite number");
                }
            }
        }

        /** Splats Q and blurs it; the result is left in {@code work.values[t]}. */
        private void filter(int t, int stride, Workspace work) {
            PermutohedralLattice lattice = terms.get(t).lattice;
            int vertices = lattice.vertices();
            float[] splatted = work.values[t];
            Parallel.forRange(threads, vertices, (from, to) -> lattice.splat(work.q, splatted, stride, from, to));
            for (int a = 0; a < lattice.axes(); a++) {
                int axis = a;
                float[] in = work.values[t];
                float[] out = work.other[t];
                Parallel.forRange(threads, vertices, (from, to) -> lattice.blur(in, out, stride, axis, from, to));
                work.values[t] = out;
                work.other[t] = in;
            }
        }

        /** Q = softmax(-U - energies of {@code active}). */
        private void update(float[] unary, int labels, int stride, Workspace work, List<Term> active) {
            int points = height * width;
            Parallel.forRange(threads, points, (from, to) -> {
                float[] row = new float[stride];
                float[] filtered = new float[stride];
                for (int i = from; i < to; i++) {
                    for (int l = 0; l < labels; l++) {
                        row[l] = -unary[l * points + i];
                    }
                    for (int t = 0; t < active.size(); t++) {
                        Term term = active.get(t);
                        term.lattice.slice(work.values[t], filtered, stride, i);
                        term.compatibility.subtract(filtered, row, labels);
                    }
                    Softmax.inPlace(row, labels);
                    System.arraycopy(row, 0, work.q, i * stride, stride);
                }
            });
        }
    }

    /** Configures a {@link DenseCrf}. */
    public static final class Builder {
        private @Nullable Gaussian gaussian;
        private @Nullable Bilateral bilateral;
        private int iterations = 10;
        private FeatureOrder order = FeatureOrder.XY;
        private int threads = 1;

        private Builder() {}

        /**
         * Adds the smoothness term.
         *
         * @param sxy standard deviation in pixels, positive
         * @param weight Potts weight
         */
        public Builder optGaussian(double sxy, double weight) {
            return optGaussian(sxy, Compatibility.potts(weight));
        }

        /** As {@link #optGaussian(double, double)} with any compatibility. */
        public Builder optGaussian(double sxy, Compatibility compatibility) {
            gaussian = new Gaussian(requireDeviation("sxy", sxy), compatibility);
            return this;
        }

        /**
         * Adds the appearance term.
         *
         * @param sxy standard deviation of positions, in pixels, positive
         * @param srgb standard deviation of colours, in grey levels of 0 to 255, positive
         * @param weight Potts weight
         */
        public Builder optBilateral(double sxy, double srgb, double weight) {
            return optBilateral(sxy, srgb, Compatibility.potts(weight));
        }

        /** As {@link #optBilateral(double, double, double)} with any compatibility. */
        public Builder optBilateral(double sxy, double srgb, Compatibility compatibility) {
            bilateral = new Bilateral(requireDeviation("sxy", sxy), requireDeviation("srgb", srgb), compatibility);
            return this;
        }

        /** Number of mean-field updates, 0 or more; 10 if not set. */
        public Builder optIterations(int value) {
            if (value < 0) {
                throw new IllegalArgumentException("iterations must not be negative, got " + value);
            }
            iterations = value;
            return this;
        }

        /** Order of the coordinates; {@link FeatureOrder#XY} if not set. */
        public Builder optFeatureOrder(FeatureOrder value) {
            order = value;
            return this;
        }

        /**
         * Threads for one inference, at least 1; 1 if not set, as a pipeline has other images for its other threads. The
         * work runs on the common fork-join pool.
         */
        public Builder optThreads(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("threads must be at least 1, got " + value);
            }
            threads = value;
            return this;
        }

        /** The CRF. */
        public DenseCrf build() {
            return new DenseCrf(this);
        }

        private static float requireDeviation(String name, double value) {
            if (!(value > 0) || !Float.isFinite((float) value) || (float) value == 0) {
                throw new IllegalArgumentException(name + " must be positive, got " + value);
            }
            return (float) value;
        }
    }
}
