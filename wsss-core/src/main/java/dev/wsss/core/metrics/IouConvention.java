package dev.wsss.core.metrics;

/** How the IoU of a class that does not occur enters the mean. */
public enum IouConvention {
    /** A class that occurs neither in truth nor in prediction has NaN and is left out of the mean. */
    OCCURRING {
        @Override
        double iou(long tp, long predicted, long truth) {
            long union = truth + predicted - tp;
            return union == 0 ? Double.NaN : (double) tp / union;
        }
    },
    /** As {@link #OCCURRING}, but a class that the truth lacks is left out though it was predicted (deeplab-pytorch). */
    IN_TRUTH {
        @Override
        double iou(long tp, long predicted, long truth) {
            return truth == 0 ? Double.NaN : OCCURRING.iou(tp, predicted, truth);
        }
    },
    /** {@code TP / (T + P - TP + 1e-10)}: a class that does not occur has 0 and lowers the mean, which is over all classes (wseg). */
    ALL {
        @Override
        double iou(long tp, long predicted, long truth) {
            return tp / (truth + predicted - tp + 1e-10);
        }
    };

    abstract double iou(long tp, long predicted, long truth);

    /** The mean of those that are not NaN; NaN if there is none. */
    static double mean(double[] values) {
        double sum = 0;
        int n = 0;
        for (double v : values) {
            if (!Double.isNaN(v)) {
                sum += v;
                n++;
            }
        }
        return n == 0 ? Double.NaN : sum / n;
    }
}
