package dev.wsss.core.crf;

import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.ScoreRefiner;
import dev.wsss.core.image.Resize;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.label.Background;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Refines score maps with a {@link DenseCrf}: the result are the maps of {@code Q}, at the image's size.
 *
 * <pre>{@code
 * ScoreRefiner crf = CrfRefiner.builder()
 *         .setCrf(DenseCrf.psa(1).build())
 *         .optBackground(Background.power(16))
 *         .build();
 * }</pre>
 *
 * <p>Scores of another size are resized bilinearly first. They are taken as probabilities that need not sum to one. SEAM's
 * normalization leaves suppressed pixels slightly below zero; scores down to -1e-4 count as 0, lower ones are refused.
 */
public final class CrfRefiner implements ScoreRefiner {
    private static final float LOWEST = -1e-4f;

    private final DenseCrf crf;
    private final Background background;
    private final boolean allLabels;
    private final double clip;
    /** Trust in hard labels, or 0 where the energies come from the scores. */
    private final double gtProb;

    private CrfRefiner(Builder builder, DenseCrf crf) {
        this.crf = crf;
        background = builder.background;
        allLabels = builder.allLabels;
        clip = builder.clip;
        gtProb = builder.gtProb;
    }

    /** A builder; {@link Builder#setCrf} is required. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidDataException if a score is NaN, infinite or below -1e-4 (the message names label, row and column),
     *     or if there is no map
     */
    @Override
    public ScoreMaps refine(Sample sample, ScoreMaps scores) {
        int height = sample.image().height();
        int width = sample.image().width();
        requireNotNegative(sample, scores);
        ScoreMaps fitted = background.addTo(Resize.TORCH_BILINEAR.apply(scores, height, width));
        if (fitted.count() == 0) {
            throw new InvalidDataException("image " + sample.id() + " has no score map and no background is added");
        }
        ScoreMaps complete =
                allLabels ? withAbsentLabels(fitted, sample.tags().catalog().labelCount()) : fitted;
        int[] labels = complete.labels();
        float[] q = crf.infer(unary(complete, labels), labels.length, sample.image());
        return ScoreMaps.of(labels, height, width, q);
    }

    private static void requireNotNegative(Sample sample, ScoreMaps scores) {
        float[] values = scores.toArray();
        for (int i = 0; i < values.length; i++) {
            if (values[i] < LOWEST) {
                int pixel = i % (scores.height() * scores.width());
                throw new InvalidDataException(
                        "score of label " + scores.labels()[i / (scores.height() * scores.width())] + " of image "
                                + sample.id() + " at row " + pixel / scores.width() + ", column "
                                + pixel % scores.width() + " is " + values[i] + "; expected at least 0");
            }
        }
    }

    private static ScoreMaps withAbsentLabels(ScoreMaps present, int labelCount) {
        int n = present.height() * present.width();
        float[] all = new float[Math.multiplyExact(labelCount, n)];
        int[] labels = present.labels();
        for (int k = 0; k < labels.length; k++) {
            if (labels[k] >= labelCount) {
                throw new InvalidDataException(
                        "score map of label " + labels[k] + ", but the catalog has " + labelCount + " labels");
            }
            System.arraycopy(present.toArray(), k * n, all, labels[k] * n, n);
        }
        return ScoreMaps.of(IntStream.range(0, labelCount).toArray(), present.height(), present.width(), all);
    }

    private float[] unary(ScoreMaps scores, int[] labels) {
        int n = scores.height() * scores.width();
        if (labels.length == 1) {
            return new float[n];
        }
        if (gtProb == 0) {
            return Unary.fromProbabilities(scores.toArray(), labels.length, n, clip, 1);
        }
        byte[] label = ArgmaxRule.of(scores).toArray();
        int[] index = new int[n];
        Arrays.setAll(index, i -> Arrays.binarySearch(labels, label[i] & 255));
        return Unary.fromLabels(index, labels.length, gtProb, false);
    }

    @Override
    public Description description() {
        return Description.of("CrfRefiner")
                .put("crf", crf)
                .put("background", background)
                .put("allLabels", allLabels)
                .put("smallest", clip)
                .put("labelTrust", gtProb)
                .build();
    }

    @Override
    public String toString() {
        return "CrfRefiner[" + crf + ", background " + background + ", "
                + (gtProb == 0 ? "scores from " + clip : "labels at " + gtProb) + (allLabels ? ", all labels" : "")
                + "]";
    }

    /** Configures a {@link CrfRefiner}. */
    public static final class Builder {
        private @Nullable DenseCrf crf;
        private Background background = Background.none();
        private boolean allLabels;
        private double clip = 1e-5;
        private double gtProb;

        private Builder() {}

        /** The model. */
        public Builder setCrf(DenseCrf value) {
            crf = value;
            return this;
        }

        /** The background to add where no map of label 0 is; {@link Background#none()} if not set. */
        public Builder optBackground(Background value) {
            background = value;
            return this;
        }

        /**
         * Whether all labels of the catalog take part, those without a map with score 0, or only those with a map; only
         * those if not set. It changes the result, if little: the absent labels get their share of {@code Q}.
         */
        public Builder optAllLabels(boolean value) {
            allLabels = value;
            return this;
        }

        /** Energies are {@code -ln clip(score, smallest, 1)}; this is the default, with 1e-5. */
        public Builder optFromScores(double smallest) {
            if (!(smallest > 0 && smallest <= 1)) {
                throw new IllegalArgumentException("smallest probability must be in (0, 1], got " + smallest);
            }
            clip = smallest;
            gtProb = 0;
            return this;
        }

        /**
         * Energies come from the label with the highest score, which is trusted with this probability (IRN: 0.7).
         *
         * @param probability between 0 and 1
         */
        public Builder optFromLabels(double probability) {
            if (!(probability > 0 && probability < 1)) {
                throw new IllegalArgumentException("probability must be between 0 and 1, got " + probability);
            }
            gtProb = probability;
            return this;
        }

        /**
         * The refiner.
         *
         * @throws IllegalStateException if the CRF is not set
         */
        public CrfRefiner build() {
            if (crf == null) {
                throw new IllegalStateException("setCrf is required");
            }
            return new CrfRefiner(this, crf);
        }
    }
}
