package dev.wsss.core.crf;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A fully connected CRF over the pixels of an image (Krähenbühl and Koltun, "Efficient Inference in Fully Connected CRFs
 * with Gaussian Edge Potentials", NIPS 2011), with the meaning and the arithmetic of pydensecrf's {@code DenseCRF2D}.
 *
 * <p>The pairwise energy has up to two terms: a Gaussian one over positions, and a bilateral one over positions and
 * colours. Kernels are {@code exp(-|f_i - f_j|^2 / 2)} with features divided by their standard deviations, approximated
 * on a permutohedral lattice and normalized symmetrically, the pixel itself included. Inference starts from {@code Q =
 * softmax(-U)} and repeats {@code Q = softmax(-U - sum of the terms' energies)}.
 *
 * <pre>{@code
 * try (DenseCrf crf = DenseCrf.builder()
 *         .optGaussian(3, 3)
 *         .optBilateral(80, 13, 10)
 *         .optIterations(10)
 *         .build()) {
 *     float[] unary = Unary.fromProbabilities(probabilities, labels, height * width, 1e-5, 1);
 *     float[] q = crf.infer(unary, labels, image);
 * }
 * }</pre>
 *
 * <p>Building the lattices is a large part of the cost. Several inferences on one image share them through {@link
 * #prepare}. The settings that published systems use have factories of their own; each returns a builder, so that it can
 * be changed.
 *
 * <p>On the CPU, where the JVM was started with {@code --add-modules jdk.incubator.vector} (JDK 17 or 25), inference is Java
 * with vector instructions, in one pass over the points an update. Otherwise, and on {@link Builder#optDevice} CUDA, it is
 * a handful of libtorch's operations, a third slower on one thread of the CPU. {@link Builder#optThreads} shares out building
 * and inference; libtorch's operations only where {@link Torch#setThreads} is 1, which is best: where it is more, libtorch's
 * own threads divide each operation, waiting for each other actively and some hundred times an image, which is slow where
 * other work takes the cores.
 *
 * <p>May be used from several threads. It keeps the memory of its last images for the next ones, of as many as were in
 * work at once and at most as many as there are cores: for each some {@code 8 (labels + 20)} bytes a pixel; and the lattice
 * of positions, which serves all images of a size. {@link #close} frees it. On the CPU, results are the same bits for any
 * number of threads.
 */
public final class DenseCrf implements Described, AutoCloseable {
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
    /** 0 for Torch's. */
    private final int threads;

    private final ComputeDevice device;
    private final Spares<Lattices> lattices = new Spares<>(Lattices::new, Lattices::close);

    private DenseCrf(Builder builder) {
        gaussian = builder.gaussian;
        bilateral = builder.bilateral;
        iterations = builder.iterations;
        order = builder.order;
        threads = builder.threads;
        device = builder.device;
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

    /** SEAM's visualization: the values of {@link #psa} at scale 1, one iteration. */
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
     * @throws IllegalStateException if closed
     */
    public float[] infer(float[] unary, int labels, RgbImage image) {
        try (Prepared prepared = prepare(image)) {
            return prepared.infer(unary, labels);
        }
    }

    /**
     * Builds the lattices of an image, for one or more inferences on it. To be closed.
     *
     * @throws IllegalStateException if closed
     */
    public Prepared prepare(RgbImage image) {
        if (lattices.isClosed()) {
            throw new IllegalStateException("the CRF is closed");
        }
        Lattices own = lattices.take();
        try {
            own.build(image);
            return new Prepared(this, image.height(), image.width(), own);
        } catch (RuntimeException | Error e) {
            own.close(); // half built
            throw e;
        }
    }

    /**
     * Frees the memory that is kept for the next image. An image that is still prepared can be used, and frees its own when
     * it is closed. Idempotent.
     */
    @Override
    public void close() {
        lattices.close();
    }

    private int threads() {
        return threads == 0 ? Torch.threads() : threads;
    }

    private void requireFits(int labels) {
        if (gaussian != null) {
            gaussian.compatibility.requireFits(labels);
        }
        if (bilateral != null) {
            bilateral.compatibility.requireFits(labels);
        }
    }

    private PermutohedralLattice.Features positions(RgbImage image, float sxy) {
        int atX = order == FeatureOrder.XY ? 0 : 1;
        int width = image.width();
        return (point, feature) -> {
            feature[atX] = point % width / sxy;
            feature[1 - atX] = point / width / sxy;
        };
    }

    private PermutohedralLattice.Features colours(RgbImage image, Bilateral term) {
        PermutohedralLattice.Features position = positions(image, term.sxy);
        byte[] data = image.data();
        return (point, feature) -> {
            position.write(point, feature);
            feature[2] = (data[point * 3] & 255) / term.srgb;
            feature[3] = (data[point * 3 + 1] & 255) / term.srgb;
            feature[4] = (data[point * 3 + 2] & 255) / term.srgb;
        };
    }

    /** The model. Threads are no part of it; the device is, as its arithmetic rounds otherwise. */
    @Override
    public Description description() {
        return Description.of("DenseCrf")
                .put("gaussian", Optional.ofNullable(gaussian))
                .put("bilateral", Optional.ofNullable(bilateral))
                .put("iterations", iterations)
                .put("order", order)
                .put("device", device.isCuda() ? "cuda" : "cpu")
                .build();
    }

    @Override
    public String toString() {
        return "DenseCrf[" + gaussian + ", " + bilateral + ", iterations=" + iterations + ", order=" + order + "]";
    }

    /** The lattices of one image at a time; those of a term that is not set stay empty. */
    private final class Lattices implements AutoCloseable {
        final PermutohedralLattice gaussian = new PermutohedralLattice(2);
        final PermutohedralLattice bilateral = new PermutohedralLattice(5);
        final MeanField meanField;
        private int height;
        private int width;

        Lattices() {
            List<MeanField.Term> terms = new ArrayList<>(2);
            if (DenseCrf.this.gaussian != null) {
                terms.add(new MeanField.Term(gaussian, DenseCrf.this.gaussian.compatibility));
            }
            if (DenseCrf.this.bilateral != null) {
                terms.add(new MeanField.Term(bilateral, DenseCrf.this.bilateral.compatibility));
            }
            meanField = MeanField.on(device, terms);
        }

        void build(RgbImage image) {
            if (DenseCrf.this.gaussian != null) {
                buildGaussian(image, positions(image, DenseCrf.this.gaussian.sxy));
            }
            if (DenseCrf.this.bilateral != null) {
                int points = Math.multiplyExact(image.height(), image.width());
                bilateral.build(points, colours(image, DenseCrf.this.bilateral), threads());
            }
            meanField.prepare(threads());
        }

        /** That of positions alone serves all images of a size. */
        private void buildGaussian(RgbImage image, PermutohedralLattice.Features positions) {
            if (height != image.height() || width != image.width()) {
                height = image.height();
                width = image.width();
                gaussian.build(height * width, positions, threads());
            }
        }

        @Override
        public void close() {
            meanField.close();
        }
    }

    /** A CRF with the lattices of one image. May be used from several threads; closing it lets the next image have them. */
    public static final class Prepared implements AutoCloseable {
        private final DenseCrf crf;
        private final int height;
        private final int width;
        private final Lattices lattices;
        private int inferences;
        private boolean closed;

        private Prepared(DenseCrf crf, int height, int width, Lattices lattices) {
            this.crf = crf;
            this.height = height;
            this.width = width;
            this.lattices = lattices;
        }

        /**
         * Infers label distributions; as {@link DenseCrf#infer}.
         *
         * @param unary {@code [labels][height][width]}
         * @return {@code Q}, {@code [labels][height][width]}, a new array
         * @throws IllegalStateException if closed
         */
        public float[] infer(float[] unary, int labels) {
            begin();
            try {
                Unary.requireShape("unary", unary.length, labels, height * width);
                requireFinite(unary);
                crf.requireFits(labels);
                return lattices.meanField.infer(unary, labels, crf.iterations, crf.threads());
            } finally {
                end();
            }
        }

        private synchronized void begin() {
            if (closed) {
                throw new IllegalStateException("the prepared image is closed");
            }
            inferences++;
        }

        private synchronized void end() {
            inferences--;
            giveBackWhenDone();
        }

        private void giveBackWhenDone() {
            if (closed && inferences == 0) {
                crf.lattices.giveBack(lattices);
            }
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

        /** Ends the use of this image; an inference that is under way on another thread ends well. Idempotent. */
        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                giveBackWhenDone();
            }
        }
    }

    /** Configures a {@link DenseCrf}. */
    public static final class Builder {
        private @Nullable Gaussian gaussian;
        private @Nullable Bilateral bilateral;
        private int iterations = 10;
        private FeatureOrder order = FeatureOrder.XY;
        private int threads;
        private ComputeDevice device = ComputeDevice.CPU;

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
         * Threads for one image, at least 1; {@link Torch#setThreads} if not set, which states the rule. They are of the
         * caller's fork-join pool or the common one.
         */
        public Builder optThreads(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("threads must be at least 1, got " + value);
            }
            threads = value;
            return this;
        }

        /** Where to infer; on the CPU if not set. On CUDA by this library's own kernels, where NVRTC can compile them. */
        public Builder optDevice(ComputeDevice value) {
            device = value;
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
