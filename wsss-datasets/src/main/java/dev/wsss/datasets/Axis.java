package dev.wsss.datasets;

/** One axis of a crop: for each of its places, which source places it is made of, and with what weights. */
final class Axis {
    private final int size;
    private final int source;
    private final int taps;
    private final int[] first;

    private final float[] weights;
    private final int[] nearest;
    private final int inside;

    /**
     * @param source places before scaling
     * @param scaled places after it
     * @param crop places of the result
     * @param offset of the result in the scaled image, negative where it begins before
     * @param bicubic Pillow's kernel, wider when shrinking; otherwise linear without smoothing
     */
    Axis(int source, int scaled, int crop, int offset, boolean flipped, boolean bicubic) {
        this.size = crop;
        this.source = source;
        double ratio = (double) source / scaled;
        double spread = Math.max(1, ratio);
        taps = bicubic ? (int) Math.ceil(4 * spread) + 1 : 2;
        first = new int[crop];
        weights = new float[crop * taps];
        nearest = new int[crop];
        int count = 0;
        for (int i = 0; i < crop; i++) {
            int at = (flipped ? crop - 1 - i : i) + offset;
            if (at < 0 || at >= scaled) {
                nearest[i] = -1;
                continue;
            }
            count++;
            double centre = (at + 0.5) * source / scaled;
            nearest[i] = Math.min(source - 1, (int) centre);
            if (bicubic) {
                cubic(i, centre, spread);
            } else {
                double left = Math.min(source - 1, Math.max(0, centre - 0.5));
                first[i] = (int) left;
                weights[i * taps + 1] = (float) (left - first[i]);
                weights[i * taps] = 1 - weights[i * taps + 1];
            }
        }
        inside = count;
    }

    private void cubic(int place, double centre, double spread) {
        first[place] = (int) Math.floor(centre - 2 * spread);
        double sum = 0;
        double[] raw = new double[taps];
        for (int t = 0; t < taps; t++) {
            int at = first[place] + t;
            raw[t] = at < 0 || at >= source ? 0 : kernel((at + 0.5 - centre) / spread);
            sum += raw[t];
        }
        for (int t = 0; t < taps; t++) {
            weights[place * taps + t] = (float) (raw[t] / sum);
        }
    }

    /** Keys' cubic with a = -1/2. */
    private static double kernel(double x) {
        double d = Math.abs(x);
        if (d < 1) {
            return (1.5 * d - 2.5) * d * d + 1;
        }
        return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    }

    /** Places of the result. */
    int size() {
        return size;
    }

    /** Number of places that are not padding. */
    int inside() {
        return inside;
    }

    /** Whether a place is beyond the image. */
    boolean isPadding(int place) {
        return nearest[place] < 0;
    }

    /** The nearest source place. */
    int nearest(int place) {
        return nearest[place];
    }

    /** How many source places one of the result is made of, at most. */
    int taps() {
        return taps;
    }

    /** A source place; one with weight 0 is any place of the image. */
    int source(int place, int tap) {
        return Math.min(source - 1, Math.max(0, first[place] + tap));
    }

    /** The weight of a source place. */
    float weight(int place, int tap) {
        return weights[place * taps + tap];
    }
}
