package dev.wsss.core.augment;

import java.util.Arrays;

/**
 * One axis of a crop: for each of its places, which source places it is made of, and with what weights. Places that show
 * the source follow each other, with padding before and behind.
 */
final class Axis {
    private final int size;
    private final int source;
    private final int taps;
    private final int[] first;
    private final float[] weights;
    private final int from;
    private final int to;

    /**
     * @param source places before scaling
     * @param scaled places after it
     * @param crop places of the result
     * @param offset of the result in the scaled image, negative where it begins before
     */
    Axis(int source, double scaled, int crop, double offset, boolean flipped, Interpolation interpolation) {
        this.size = crop;
        this.source = source;
        double ratio = source / scaled;
        double spread = interpolation.smoothing() ? Math.max(1, ratio) : 1;
        double reach = interpolation.kernel().reach() * spread;
        taps = Math.min(source, 2 * (int) Math.ceil(reach));
        first = new int[crop];
        weights = new float[crop * taps];
        int begin = crop;
        int end = 0;
        for (int i = 0; i < crop; i++) {
            double middle = (flipped ? crop - 1 - i : i) + offset + 0.5;
            if (middle < 0 || middle >= scaled) {
                continue;
            }
            begin = Math.min(begin, i);
            end = i + 1;
            double centre = middle * source / scaled;
            if (interpolation.smoothing()) {
                smooth(i, centre, spread, interpolation.kernel());
            } else {
                sample(i, centre, interpolation.kernel());
            }
        }
        from = Math.min(begin, end);
        to = end;
    }

    /** The kernel is cut at the edges, and its weights sum to one. */
    private void smooth(int place, double centre, double spread, Interpolation.Kernel kernel) {
        int start = (int) Math.floor(centre - kernel.reach() * spread + 0.5);
        first[place] = Math.min(source - taps, Math.max(0, start));
        double[] raw = new double[taps];
        double sum = 0;
        for (int t = 0; t < taps; t++) {
            raw[t] = kernel.at((first[place] + t + 0.5 - centre) / spread);
            sum += raw[t];
        }
        for (int t = 0; t < taps; t++) {
            weights[place * taps + t] = (float) (raw[t] / sum);
        }
    }

    /** What the kernel takes from beyond an edge is the edge's. */
    private void sample(int place, double centre, Interpolation.Kernel kernel) {
        int start = (int) Math.floor(centre - 0.5) - kernel.reach() + 1;
        first[place] = Math.min(source - taps, Math.max(0, start));
        for (int t = 0; t < 2 * kernel.reach(); t++) {
            int at = Math.min(source - 1, Math.max(0, start + t));
            weights[place * taps + at - first[place]] += (float) kernel.at(start + t + 0.5 - centre);
        }
    }

    /** Places of the result. */
    int size() {
        return size;
    }

    /** The first place that is not padding. */
    int from() {
        return from;
    }

    /** The end of the places that are not padding; {@link #from} where there are none. */
    int to() {
        return to;
    }

    /** How many source places one of the result is made of, at most. */
    int taps() {
        return taps;
    }

    /** The first source place of one of the result; those of all taps are inside. */
    int first(int place) {
        return first[place];
    }

    /** The weight of the source place {@code first(place) + tap}. */
    float weight(int place, int tap) {
        return weights[place * taps + tap];
    }

    /** For each place the source place that its middle is in, or -1 for padding. */
    static int[] nearest(int source, double scaled, int crop, double offset, boolean flipped) {
        int[] nearest = new int[crop];
        Arrays.setAll(nearest, i -> {
            double middle = (flipped ? crop - 1 - i : i) + offset + 0.5;
            return middle < 0 || middle >= scaled ? -1 : Math.min(source - 1, (int) (middle * source / scaled));
        });
        return nearest;
    }
}
