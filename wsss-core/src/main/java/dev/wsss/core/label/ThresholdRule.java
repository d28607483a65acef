package dev.wsss.core.label;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Resize;

/**
 * Each pixel gets the label of its highest score if that exceeds a threshold, and is background if not: a score equal to
 * the threshold is background. Where the catalog has no background such a pixel is {@link LabelMap#IGNORE}.
 */
public final class ThresholdRule implements LabelRule {
    private final float threshold;

    private ThresholdRule(float threshold) {
        if (!Float.isFinite(threshold)) {
            throw new IllegalArgumentException("threshold must be finite, got " + threshold);
        }
        this.threshold = threshold;
    }

    /**
     * A rule.
     *
     * @param threshold compared with scores in float32
     */
    public static ThresholdRule of(double threshold) {
        return new ThresholdRule((float) threshold);
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException if the catalog has a background and the scores hold a map of it: there is nothing left
     *     for a threshold to decide
     */
    @Override
    public LabelMap label(Sample sample, ScoreMaps scores) {
        boolean hasBackground = sample.tags().catalog().hasBackground();
        int[] labels = scores.labels();
        if (hasBackground && labels.length > 0 && labels[0] == 0) {
            throw new InvalidDataException("scores of image " + sample.id()
                    + " hold a background map (label 0); a threshold needs scores of foreground labels alone");
        }
        int height = sample.image().height();
        int width = sample.image().width();
        float[] values = Resize.TORCH_BILINEAR.apply(scores, height, width).toArray();
        int n = height * width;
        byte below = (byte) (hasBackground ? 0 : LabelMap.IGNORE);
        byte[] out = new byte[n];
        for (int i = 0; i < n; i++) {
            float best = threshold;
            byte label = below;
            for (int k = 0; k < labels.length; k++) {
                if (values[k * n + i] > best) {
                    best = values[k * n + i];
                    label = (byte) labels[k];
                }
            }
            out[i] = label;
        }
        return LabelMap.wrap(height, width, out);
    }

    @Override
    public Description description() {
        return Description.of("ThresholdRule").put("threshold", threshold).build();
    }

    @Override
    public String toString() {
        return "ThresholdRule(" + threshold + ")";
    }
}
