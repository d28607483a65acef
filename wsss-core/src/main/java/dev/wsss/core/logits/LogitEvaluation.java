package dev.wsss.core.logits;

import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.label.ArgmaxRule;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.metrics.IouConvention;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Scores stored logits against the truth, as they are or refined by a CRF, several images at a time.
 *
 * <pre>{@code
 * Evaluation refined = LogitEvaluation.builder()
 *         .setData(val)
 *         .setStore(LogitStore.open(folder))
 *         .optCrf(CrfRefiner.builder().setCrf(DenseCrf.deeplabPytorch().optThreads(1).build()).build())
 *         .build()
 *         .run();
 * }</pre>
 *
 * <p>An image of which there are no logits, or that they do not fit, is not counted in silence: it is named among the {@linkplain
 * Evaluation#skipped skipped}, and where these are too many there is no score.
 */
public final class LogitEvaluation {
    /** Which image the CRF sees. */
    public enum CrfImage {
        /** The image. */
        RAW,

        /**
         * What kazuto1011/deeplab-pytorch, CDL and CLIP-ES give to theirs: blue first, the mean (104.008, 116.669, 122.675)
         * subtracted, cut to whole numbers and taken modulo 256, so that dark pixels wrap to bright ones. For figures that are to
         * be compared with published ones.
         */
        WRAPPED
    }

    private static final double[] MEAN_RGB = {122.675, 116.669, 104.008};

    private final Dataset data;
    private final LogitStore store;
    private final @Nullable CrfRefiner crf;
    private final CrfImage crfImage;
    private final IouConvention convention;
    private final double allowLeftOut;
    private final int threads;

    private LogitEvaluation(Builder b, Dataset data, LogitStore store) {
        this.data = data;
        this.store = store;
        crf = b.crf;
        crfImage = b.crfImage;
        convention = b.convention;
        allowLeftOut = b.allowLeftOut;
        threads = b.threads;
    }

    /** Starts an evaluation. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Scores.
     *
     * @throws InvalidDataException if more images than allowed have no logits or cannot be counted; the message names the first
     */
    public Evaluation run() {
        List<String> asked = IntStream.range(0, data.size())
                .filter(data::hasTruth)
                .mapToObj(data::id)
                .toList();
        List<String> missing = asked.stream().filter(id -> !store.contains(id)).toList();
        requireFew(
                missing.size(),
                asked.size(),
                "have no logits in " + store.folder() + ", such as '" + (missing.isEmpty() ? "" : missing.get(0))
                        + "'");
        Evaluation result = Evaluator.on(data, convention)
                .optThreads(threads)
                .compare(store.folder() + (crf == null ? "" : " with a CRF"), this::labels);
        requireFew(
                result.skipped().size(),
                asked.size(),
                "cannot be counted, the first because "
                        + (result.skipped().isEmpty()
                                ? ""
                                : result.skipped().values().iterator().next()));
        return result;
    }

    private void requireFew(int count, int of, String what) {
        if (count > allowLeftOut * of) {
            throw new InvalidDataException(String.format(
                    Locale.ROOT,
                    "%d of %d images (%.1f %%) of %s %s, and a score over the rest would be another score; expected at most"
                            + " %s %%; allow more images to be left out, if that is meant",
                    count,
                    of,
                    100.0 * count / of,
                    data.name(),
                    what,
                    String.format(Locale.ROOT, "%.1f", 100 * allowLeftOut).replaceAll("\\.0$", "")));
        }
    }

    /** The labels of a sample. */
    private LabelMap labels(int index) {
        PixelLogits logits = store.read(data.id(index));
        String file = store.file(data.id(index)).toString();
        if (logits.classes() != data.classes().labelCount()) {
            throw new InvalidDataException(file + ": logits of " + logits.classes() + " labels; expected "
                    + data.classes().labelCount() + " as " + data.name());
        }
        CrfRefiner refiner = crf;
        try (ScoreMaps p = logits.probabilities()) {
            if (refiner == null) {
                return ArgmaxRule.of(p);
            }
            Sample sample = data.get(index);
            RgbImage image = sample.image();
            if (p.height() != image.height() || p.width() != image.width()) {
                throw new InvalidDataException(file + ": logits of an image of " + p.height() + "x" + p.width()
                        + "; expected " + image.height() + "x" + image.width());
            }
            Sample seen = new Sample(sample.id(), crfImage == CrfImage.RAW ? image : wrapped(image), sample.tags());
            try (ScoreMaps q = refiner.refine(seen, p)) {
                return ArgmaxRule.of(q);
            }
        }
    }

    /** See {@link CrfImage#WRAPPED}. */
    static RgbImage wrapped(RgbImage image) {
        byte[] from = image.data();
        byte[] to = new byte[from.length];
        for (int i = 0; i < from.length; i += 3) {
            for (int c = 0; c < 3; c++) {
                to[i + 2 - c] = (byte) (int) ((from[i + c] & 255) - MEAN_RGB[c]);
            }
        }
        return new RgbImage(image.height(), image.width(), to);
    }

    @Override
    public String toString() {
        return "LogitEvaluation[" + store.folder() + " on " + data.name() + "]";
    }

    /** What to score: data and store are required. */
    public static final class Builder {
        private @Nullable Dataset data;
        private @Nullable LogitStore store;
        private @Nullable CrfRefiner crf;
        private CrfImage crfImage = CrfImage.RAW;
        private IouConvention convention = IouConvention.OCCURRING;
        private double allowLeftOut = 0.05;
        private int threads = Runtime.getRuntime().availableProcessors();

        private Builder() {}

        /** The images and their truth. */
        public Builder setData(Dataset data) {
            this.data = data;
            return this;
        }

        /** The logits; {@link LogitStore#requireRun} says whether they are those that are meant. */
        public Builder setStore(LogitStore store) {
            this.store = store;
            return this;
        }

        /** Refines the probabilities; not unless set. One thread for each image is the fastest. */
        public Builder optCrf(CrfRefiner crf) {
            this.crf = crf;
            return this;
        }

        /** Which image the CRF sees; {@link CrfImage#RAW} unless set. */
        public Builder optCrfImage(CrfImage image) {
            crfImage = image;
            return this;
        }

        /** How classes without a pixel count; {@link IouConvention#OCCURRING} unless set. */
        public Builder optConvention(IouConvention convention) {
            this.convention = convention;
            return this;
        }

        /**
         * The share of images with a truth that may not be counted; 0.05 unless set.
         *
         * @throws IllegalArgumentException if it is not in [0, 1]
         */
        public Builder optAllowLeftOut(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("share of images left out must be in [0, 1], got " + share);
            }
            allowLeftOut = share;
            return this;
        }

        /** Images at a time; one for each processor unless set. */
        public Builder optThreads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be at least 1, got " + threads);
            }
            this.threads = threads;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if something required is not set
         */
        public LogitEvaluation build() {
            Dataset d = data;
            LogitStore s = store;
            if (d == null || s == null) {
                throw new IllegalStateException((d == null ? "setData" : "setStore") + " is required");
            }
            return new LogitEvaluation(this, d, s);
        }
    }
}
