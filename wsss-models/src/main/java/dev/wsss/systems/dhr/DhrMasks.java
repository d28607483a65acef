package dev.wsss.systems.dhr;

import dev.wsss.api.Description;
import dev.wsss.api.Float16;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelRule;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.label.ArgmaxRule;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How DHR makes masks of probabilities: it keeps the classes that are likely somewhere in the image, and lets a dense CRF decide
 * between them. Tags are not asked for, so it labels images without any.
 *
 * @param threshold classes are kept whose largest probability is above it; of an image without such a class the likeliest
 * @param crf null for none; stays the caller's
 * @param original as the published code: probabilities and energies are rounded to float16, and the CRF sees the image after
 *     normalization and back, which takes a level from many values
 */
public record DhrMasks(double threshold, @Nullable DenseCrf crf, boolean original) implements LabelRule {
    private static final float SMALLEST = 1e-5f;

    /** @throws IllegalArgumentException if the threshold is not in [0, 1) */
    public DhrMasks {
        if (!(threshold >= 0 && threshold < 1)) {
            throw new IllegalArgumentException("threshold must be in [0, 1), got " + threshold);
        }
    }

    /** The maps of the classes that are kept. */
    public ScoreMaps kept(ScoreMaps probabilities) {
        float[] values = probabilities.toArray();
        int points = probabilities.height() * probabilities.width();
        int[] labels = probabilities.labels();
        float[] most = new float[labels.length];
        int likeliest = 0;
        for (int k = 0; k < labels.length; k++) {
            for (int i = 0; i < points; i++) {
                most[k] = Math.max(most[k], values[k * points + i]);
            }
            likeliest = most[k] > most[likeliest] ? k : likeliest;
        }
        int last = likeliest;
        float above = (float) threshold;
        boolean none = most[likeliest] <= above;
        int[] keep = IntStream.range(0, labels.length)
                .filter(k -> none ? k == last : most[k] > above)
                .toArray();
        float[] out = new float[keep.length * points];
        for (int k = 0; k < keep.length; k++) {
            for (int i = 0; i < points; i++) {
                float value = values[keep[k] * points + i];
                out[k * points + i] = original ? half(value) : value;
            }
        }
        return ScoreMaps.of(
                IntStream.of(keep).map(k -> labels[k]).toArray(), probabilities.height(), probabilities.width(), out);
    }

    private static float half(float value) {
        return Float16.toFloat(Float16.of(value));
    }

    /**
     * Labels an image.
     *
     * @param scores what {@link #kept} gave, of the image's size
     * @throws InvalidDataException if they are of another size, or none
     */
    @Override
    public LabelMap label(Sample sample, ScoreMaps scores) {
        RgbImage image = sample.image();
        int height = image.height();
        int width = image.width();
        if (scores.height() != height || scores.width() != width || scores.count() == 0) {
            throw new InvalidDataException("'" + sample.id() + "' has " + scores.count() + " maps of " + scores.height()
                    + "x" + scores.width() + "; expected one or more of " + height + "x" + width + " as the image");
        }
        DenseCrf model = crf;
        if (model == null || scores.count() == 1) {
            return ArgmaxRule.of(scores);
        }
        RgbImage seen =
                original ? Normalize.IMAGENET.denormalize(Normalize.IMAGENET.apply(image), height, width) : image;
        float[] q = model.infer(energies(scores.toArray()), scores.count(), seen);
        return ArgmaxRule.of(ScoreMaps.of(scores.labels(), height, width, q));
    }

    /** {@code -ln p}, of probabilities that count as 1e-5 to 1. */
    float[] energies(float[] probabilities) {
        float[] energies = new float[probabilities.length];
        float smallest = original ? half(SMALLEST) : SMALLEST;
        for (int i = 0; i < energies.length; i++) {
            float p = Math.min(1, Math.max(smallest, original ? half(probabilities[i]) : probabilities[i]));
            float energy = (float) -Math.log(p);
            energies[i] = original ? half(energy) : energy;
        }
        return energies;
    }

    @Override
    public Description description() {
        Description.Builder d =
                Description.of("DhrMasks").put("threshold", threshold).put("original", original);
        return (crf == null ? d : d.put("crf", crf)).build();
    }
}
