package dev.wsss.core.saliency;

import dev.wsss.api.Description;
import dev.wsss.api.RgbImage;
import dev.wsss.api.SaliencyMap;
import dev.wsss.api.SaliencySource;
import dev.wsss.api.Sample;
import dev.wsss.core.image.Resize;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Salient is what the border of the image cannot reach without a jump in colour: the minimum barrier distance of Zhang et
 * al., which needs no training and no download.
 *
 * <pre>{@code
 * SaliencySource source = MinimumBarrierSaliency.builder().build();
 * SaliencyMap map = source.saliency(sample);
 * }</pre>
 *
 * <p>The image is shrunk to {@linkplain Builder#optWorkingSize working size} and converted to L*a*b*. In each channel,
 * raster scans find for each pixel the path from the border with the least difference between its highest and its lowest
 * value; the three differences are summed. That is the paper's MB. For MB+, unless {@linkplain Builder#optBackgroundness
 * switched off}, the colour contrast to the four sides of the image is added, both scaled to a maximum of 1. The sum is
 * then
 *
 * <ol>
 *   <li>smoothed by an opening and a closing by reconstruction with a square of the width {@code alpha sqrt(mean)}: small
 *       spots and holes go, outlines stay;
 *   <li>multiplied by {@code 1 - (distance from the centre) / (half the diagonal)}, if {@linkplain
 *       Builder#optCentredness asked for};
 *   <li>scaled to a maximum of 1, made steeper by {@code 1 / (1 + exp(-b (s - 1/2)))}, and resized to the image.
 * </ol>
 *
 * <p>An image without a noticeable jump in colour has no salient pixel; in any other something reaches the maximum, as
 * saliency is relative to the image. Objects that touch the border of the image are the method's weakness, cluttered scenes another: a saliency
 * network does better, and {@link SaliencyFolder} reads what it gives.
 *
 * <p>Deterministic; may be used by several threads, each of which keeps some 33 bytes for each pixel of working size.
 *
 * @see <a href="https://doi.org/10.1109/ICCV.2015.165">Zhang et al., Minimum Barrier Salient Object Detection at 80 FPS,
 *     ICCV 2015</a>
 */
public final class MinimumBarrierSaliency implements SaliencySource {
    /** Barriers below one unit of L*a*b* are not seen, and not to be magnified to a maximum of 1. */
    private static final float NOTICEABLE = 1;

    private final int workingSize;
    private final int passes;
    private final boolean backgroundness;
    private final double smoothing;
    private final boolean centredness;
    private final double contrast;
    private final Queue<Planes> idle = new ConcurrentLinkedQueue<>();

    private MinimumBarrierSaliency(Builder b) {
        workingSize = b.workingSize;
        passes = b.passes;
        backgroundness = b.backgroundness;
        smoothing = b.smoothing;
        centredness = b.centredness;
        contrast = b.contrast;
    }

    /** Starts with the paper's settings of MB+, but for centredness, which is off. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@inheritDoc} Every image has one. */
    @Override
    public SaliencyMap saliency(Sample sample) {
        RgbImage image = sample.image();
        RgbImage small = shrunk(image);
        Planes planes = idle.poll();
        if (planes == null) {
            planes = new Planes();
        }
        planes.size(small.height(), small.width());
        LabColour.convert(small.data(), planes.pixels(), planes.colour);
        compute(planes);
        float[] map = new float[planes.pixels()];
        System.arraycopy(planes.map, 0, map, 0, map.length);
        idle.add(planes);
        float[] resized = small == image
                ? map
                : Resize.TORCH_BILINEAR.apply(map, 1, small.height(), small.width(), image.height(), image.width());
        for (int i = 0; i < resized.length; i++) {
            resized[i] = Math.min(1, resized[i]); // interpolation rounds
        }
        return new SaliencyMap(image.height(), image.width(), resized);
    }

    private RgbImage shrunk(RgbImage image) {
        int longest = Math.max(image.height(), image.width());
        if (workingSize == 0 || longest <= workingSize) {
            return image;
        }
        double scale = (double) workingSize / longest;
        return Resize.PIL_BILINEAR.apply(image, Math.max(1, (int) Math.rint(image.height() * scale)), Math.max(1, (int)
                Math.rint(image.width() * scale)));
    }

    /** From the colours to the map at working size. */
    private void compute(Planes planes) {
        int n = planes.pixels();
        float[] map = planes.map;
        barrier(planes);
        if (Levels.max(map, n) < NOTICEABLE) {
            Arrays.fill(map, 0, n, 0);
            return;
        }
        Levels.normalize(map, n);
        if (backgroundness) {
            float[] contrasts = BorderContrast.run(planes);
            Levels.normalize(contrasts, n);
            for (int i = 0; i < n; i++) {
                map[i] += contrasts[i];
            }
            Levels.normalize(map, n);
        }
        int radius = (int) Math.rint(smoothing * Math.sqrt(Levels.mean(map, n)) / 2);
        if (radius > 0) {
            Reconstruction.smooth(planes, radius);
        }
        if (centredness) {
            centre(planes);
        }
        Levels.normalize(map, n);
        if (contrast > 0) {
            for (int i = 0; i < n; i++) {
                map[i] = (float) (1 / (1 + Math.exp(-contrast * (map[i] - 0.5))));
            }
        }
    }

    private void barrier(Planes planes) {
        int n = planes.pixels();
        for (int c = 0; c < 3; c++) {
            BarrierTransform.run(planes, planes.colour[c], passes);
            for (int i = 0; i < n; i++) {
                planes.map[i] = planes.distance[i] + (c == 0 ? 0 : planes.map[i]);
            }
        }
    }

    private static void centre(Planes planes) {
        double middleRow = (planes.height - 1) / 2.0;
        double middleColumn = (planes.width - 1) / 2.0;
        double farthest = Math.max(Math.hypot(middleRow, middleColumn), 1);
        for (int y = 0, i = 0; y < planes.height; y++) {
            for (int x = 0; x < planes.width; x++, i++) {
                double dy = y - middleRow;
                double dx = x - middleColumn;
                planes.map[i] *= (float) Math.max(0, 1 - Math.sqrt(dy * dy + dx * dx) / farthest);
            }
        }
    }

    @Override
    public Description description() {
        return Description.of("MinimumBarrierSaliency")
                .put("workingSize", workingSize)
                .put("passes", passes)
                .put("backgroundness", backgroundness)
                .put("smoothing", smoothing)
                .put("centredness", centredness)
                .put("contrast", contrast)
                .build();
    }

    @Override
    public String toString() {
        return "MinimumBarrierSaliency[" + (backgroundness ? "MB+" : "MB") + ", working size "
                + (workingSize == 0 ? "the image's" : workingSize) + ", " + passes + " passes, smoothing " + smoothing
                + (centredness ? ", centred" : "") + ", contrast " + contrast + "]";
    }

    /** Settings. */
    public static final class Builder {
        private int workingSize = 300;
        private int passes = 3;
        private boolean backgroundness = true;
        private double smoothing = 50;
        private boolean centredness;
        private double contrast = 10;

        private Builder() {}

        /** Longest side that the image is shrunk to, 300 by default; 0 for none. */
        public Builder optWorkingSize(int longestSide) {
            if (longestSide < 0) {
                throw new IllegalArgumentException("working size must be 0 or more, got " + longestSide);
            }
            workingSize = longestSide;
            return this;
        }

        /** Number of raster scans, at least 1, 3 by default. */
        public Builder optPasses(int passes) {
            if (passes < 1) {
                throw new IllegalArgumentException("passes must be at least 1, got " + passes);
            }
            this.passes = passes;
            return this;
        }

        /** Whether the contrast to the colours at the border counts too (MB+, the default) or not (MB). */
        public Builder optBackgroundness(boolean on) {
            backgroundness = on;
            return this;
        }

        /** The {@code alpha} of the smoothing, in pixels of working size, 50 by default; 0 for none. */
        public Builder optSmoothing(double alpha) {
            if (!(alpha >= 0) || Double.isInfinite(alpha)) {
                throw new IllegalArgumentException("smoothing must be 0 or more, got " + alpha);
            }
            smoothing = alpha;
            return this;
        }

        /**
         * Whether pixels count less the farther they are from the centre. On in the paper, off by default: a tag is of an
         * object wherever it is, and of all of it.
         */
        public Builder optCentredness(boolean on) {
            centredness = on;
            return this;
        }

        /** The {@code b} of the sigmoid, 10 by default; 0 for none. */
        public Builder optContrast(double b) {
            if (!(b >= 0) || Double.isInfinite(b)) {
                throw new IllegalArgumentException("contrast must be 0 or more, got " + b);
            }
            contrast = b;
            return this;
        }

        /** Builds. */
        public MinimumBarrierSaliency build() {
            return new MinimumBarrierSaliency(this);
        }
    }
}
