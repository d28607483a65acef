package dev.wsss.core.label;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.ScoreMaps;
import java.util.Arrays;

/**
 * What the background scores where no map speaks of it.
 *
 * <p>Immutable.
 */
public abstract sealed class Background implements Described {
    private Background() {}

    /**
     * {@code (1 - max)^alpha} with the pixel's highest score (AffinityNet). A larger {@code alpha} makes a weaker
     * background. The base is kept at 0 where a score exceeds one.
     *
     * @param alpha positive
     */
    public static Background power(double alpha) {
        return new Power(alpha);
    }

    /** The same score everywhere, in float32. */
    public static Background constant(double score) {
        return new Constant((float) score);
    }

    /** No background: maps stay as they are. */
    public static Background none() {
        return new None();
    }

    /**
     * Adds a map of label 0 before the others.
     *
     * @param scores stay the caller's
     * @return maps on the host, which may share the array of {@code scores}. Maps that hold label 0 already are returned
     *     with the same values
     * @throws dev.wsss.api.InvalidDataException if a score is NaN or infinite
     */
    public ScoreMaps addTo(ScoreMaps scores) {
        int[] labels = scores.labels();
        float[] values = scores.toArray();
        int height = scores.height();
        int width = scores.width();
        if (isNone() || labels.length > 0 && labels[0] == 0) {
            return ScoreMaps.of(labels, height, width, values);
        }
        int[] extendedLabels = new int[labels.length + 1];
        System.arraycopy(labels, 0, extendedLabels, 1, labels.length);
        return ScoreMaps.of(extendedLabels, height, width, prepend(values, labels.length, height * width));
    }

    /** Whether this is {@link #none()}. */
    public final boolean isNone() {
        return this instanceof None;
    }

    /**
     * The background's map and the others behind it, for maps on another grid than an image's.
     *
     * @param values {@code count} maps of {@code pixels} scores; stay the caller's
     * @return {@code count + 1} maps
     * @throws IllegalStateException if this is {@link #none()}
     */
    public final float[] prepend(float[] values, int count, int pixels) {
        float[] extended = new float[Math.addExact(values.length, pixels)];
        System.arraycopy(values, 0, extended, pixels, values.length);
        fill(extended, count, pixels);
        return extended;
    }

    @Override
    public final Description description() {
        return Description.of("Background").put("score", toString()).build();
    }

    /** Fills {@code values[0..n-1]} from the {@code count} maps of {@code n} scores behind. */
    abstract void fill(float[] values, int count, int n);

    private static final class Power extends Background {
        private final double alpha;

        private Power(double alpha) {
            if (!(alpha > 0) || Double.isInfinite(alpha)) {
                throw new IllegalArgumentException("alpha must be positive, got " + alpha);
            }
            this.alpha = alpha;
        }

        @Override
        void fill(float[] values, int count, int n) {
            for (int i = 0; i < n; i++) {
                float max = count == 0 ? 0 : values[n + i];
                for (int k = 2; k <= count; k++) {
                    max = Math.max(max, values[k * n + i]);
                }
                values[i] = (float) Math.pow(Math.max(0, 1f - max), alpha);
            }
        }

        @Override
        public String toString() {
            return "power(" + alpha + ")";
        }
    }

    private static final class Constant extends Background {
        private final float score;

        private Constant(float score) {
            if (!Float.isFinite(score)) {
                throw new IllegalArgumentException("background score must be finite, got " + score);
            }
            this.score = score;
        }

        @Override
        void fill(float[] values, int count, int n) {
            Arrays.fill(values, 0, n, score);
        }

        @Override
        public String toString() {
            return "constant(" + score + ")";
        }
    }

    private static final class None extends Background {
        @Override
        void fill(float[] values, int count, int n) {
            throw new IllegalStateException("there is no background to fill in");
        }

        @Override
        public String toString() {
            return "none";
        }
    }
}
