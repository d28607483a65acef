package dev.wsss.core.label;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Resize;

/** Each pixel gets the label of its highest score, the lowest such label on a tie. */
public final class ArgmaxRule implements LabelRule {
    private final Background background;

    private ArgmaxRule(Background background) {
        this.background = background;
    }

    /** Over the maps as they are. */
    public static ArgmaxRule create() {
        return new ArgmaxRule(Background.none());
    }

    /** Over the maps and a background, which is added where there is no map of label 0. */
    public static ArgmaxRule with(Background background) {
        return new ArgmaxRule(background);
    }

    @Override
    public LabelMap label(Sample sample, ScoreMaps scores) {
        int height = sample.image().height();
        int width = sample.image().width();
        return of(background.addTo(Resize.TORCH_BILINEAR.apply(scores, height, width)));
    }

    /**
     * The argmax of maps, of their own size.
     *
     * @throws InvalidDataException if there is no map
     */
    public static LabelMap of(ScoreMaps scores) {
        int[] labels = scores.labels();
        if (labels.length == 0) {
            throw new InvalidDataException("no score map to take the highest of; expected at least one label");
        }
        float[] values = scores.toArray();
        int n = scores.height() * scores.width();
        byte[] out = new byte[n];
        for (int i = 0; i < n; i++) {
            int best = 0;
            for (int k = 1; k < labels.length; k++) {
                if (values[k * n + i] > values[best * n + i]) {
                    best = k;
                }
            }
            out[i] = (byte) labels[best];
        }
        return LabelMap.wrap(scores.height(), scores.width(), out);
    }

    @Override
    public Description description() {
        return Description.of("ArgmaxRule").put("background", background).build();
    }

    @Override
    public String toString() {
        return "ArgmaxRule[" + background + "]";
    }
}
