package dev.wsss.core.metrics;

import dev.wsss.api.LabelMap;

/**
 * What a pixel counts as whose truth is a label and whose prediction is {@link LabelMap#IGNORE}, as pseudo labels have it
 * where they are not sure. Published figures of pseudo labels differ in this.
 */
public enum Unpredicted {
    /** A miss of its true label: sound, since leaving pixels out cannot raise a score. */
    MISS,

    /** Not counted, as AFA's evaluation of pseudo labels does it: labels that are sure of little look good. */
    LEFT_OUT,

    /** Predicted to be background, as in RIB's evaluation; for classes with a background. */
    BACKGROUND;

    /** The prediction that is counted. */
    LabelMap prediction(LabelMap predicted) {
        return this == BACKGROUND ? replace(predicted, predicted, 0) : predicted;
    }

    /** The truth that it is counted against. */
    LabelMap truth(LabelMap predicted, LabelMap truth) {
        boolean fits = predicted.height() == truth.height() && predicted.width() == truth.width();
        return this == LEFT_OUT && fits ? replace(truth, predicted, LabelMap.IGNORE) : truth;
    }

    /** A map with another value where the prediction is to be ignored. */
    private static LabelMap replace(LabelMap map, LabelMap predicted, int value) {
        if (predicted.histogram()[LabelMap.IGNORE] == 0) {
            return map;
        }
        byte[] values = map.toArray();
        byte[] unsure = predicted.toArray();
        for (int i = 0; i < values.length; i++) {
            if ((unsure[i] & 255) == LabelMap.IGNORE) {
                values[i] = (byte) value;
            }
        }
        return LabelMap.wrap(map.height(), map.width(), values);
    }
}
