package dev.wsss.core.report;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.metrics.BoundaryIou;
import dev.wsss.core.metrics.ConfusionMatrix;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ObjectSizes;
import dev.wsss.core.metrics.SweepEvaluation;
import dev.wsss.core.metrics.ThresholdSweep;
import dev.wsss.core.metrics.Unpredicted;
import dev.wsss.core.pipeline.ProductCodec;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How good are the files of a folder, whoever made them? Compares label PNGs, or score maps at every threshold, with the
 * label PNGs of another folder that have their names.
 *
 * <pre>{@code
 * FolderEvaluation result = FolderEvaluation.builder()
 *         .setPredictions(Path.of("out/pseudo"))
 *         .setTruth(Path.of("VOC2012/SegmentationClass"))
 *         .setClasses(classes)
 *         .build();
 * double miou = result.meanIou(IouConvention.OCCURRING);
 * }</pre>
 *
 * <p>An image is known by its file's name without extension, with the folders that it lies in below the one given. Pixels whose
 * truth is {@link LabelMap#IGNORE} do not count; a prediction of that value is a miss of the true label. Images that only one
 * side has, and images that cannot be counted, are listed and never counted in silence; where too many have no prediction,
 * there is no result.
 */
public final class FolderEvaluation {
    private final Path predictions;
    private final Path truth;
    private final int asked;
    private final List<String> withoutPrediction;
    private final List<String> withoutTruth;
    private final Set<String> counted;
    private final Evaluation evaluation;
    private final @Nullable SweepEvaluation sweep;

    private FolderEvaluation(Builder b, Path predictions, Path truth, ClassCatalog classes) {
        this.predictions = predictions;
        this.truth = truth;
        ProductCodec<ScoreMaps> scores = b.scores;
        SortedMap<String, Path> made =
                NamedFiles.in(predictions, scores == null ? "png" : scores.extension(), "predictions");
        SortedMap<String, Path> masks = NamedFiles.in(truth, "png", "the truth");
        Set<String> ids = new LinkedHashSet<>(b.ids == null ? masks.keySet() : NamedFiles.resolve(b.ids, masks, made));
        Set<String> all = new TreeSet<>(ids);
        if (b.ids == null) {
            all.addAll(made.keySet());
        }
        asked = all.size();
        withoutPrediction = ids.stream()
                .filter(id -> masks.containsKey(id) && !made.containsKey(id))
                .toList();
        withoutTruth = all.stream().filter(id -> !masks.containsKey(id)).toList();
        List<String> both = ids.stream()
                .filter(id -> masks.containsKey(id) && made.containsKey(id))
                .toList();
        if (both.isEmpty()) {
            throw new InvalidDataException("no image has both a prediction in " + predictions + " (such as '"
                    + made.firstKey() + "') and a mask in " + truth + " (such as '" + masks.firstKey()
                    + "'); expected files of the same names");
        }
        requireEnough(ids.stream().filter(masks::containsKey).count(), b.allowLeftOut, made, masks);
        MaskData data = new MaskData(truth.toString(), classes, both, masks, b.ignore);
        FolderCheck check = new FolderCheck(data);
        check.requireClasses(truth.toString(), data::truth);
        if (scores == null) {
            check.requireClasses(predictions.toString(), i -> data.labels(i, NamedFiles.of(made, data.id(i))));
        } else {
            check.requireKeysOfTags(i -> NamedFiles.of(made, data.id(i)));
        }
        Evaluator evaluator = evaluator(b, data);
        if (scores == null) {
            evaluation =
                    evaluator.compare(predictions.toString(), i -> data.labels(i, NamedFiles.of(made, data.id(i))));
            counted = evaluation.byImage().ids();
            sweep = null;
        } else {
            SweepEvaluation e = evaluator.sweep(
                    predictions.toString(), b.thresholds, i -> data.scores(i, NamedFiles.of(made, data.id(i)), scores));
            counted = e.ids();
            evaluation = e.atBest(classes);
            sweep = e;
        }
    }

    private static Evaluator evaluator(Builder b, MaskData data) {
        Evaluator evaluator =
                Evaluator.on(data, b.convention).optThreads(b.threads).optUnpredicted(b.unpredicted);
        if (b.onlyWithForeground) {
            evaluator = evaluator.onlyWithForeground();
        }
        if (b.boundary > 0) {
            evaluator = evaluator.optBoundary(b.boundary);
        }
        ObjectSizes.Areas areas = b.areas;
        return areas == null ? evaluator : evaluator.optObjectSizes(areas);
    }

    /** Starts an evaluation. */
    public static Builder builder() {
        return new Builder();
    }

    private void requireEnough(long masksAsked, double allowed, Map<String, Path> made, Map<String, Path> masks) {
        int missing = withoutPrediction.size();
        if (missing > allowed * masksAsked) {
            throw new InvalidDataException(String.format(
                    Locale.ROOT,
                    "%d of the %d images of %s (%.1f %%) have no prediction in %s, such as '%s': it has %d files, there are"
                            + " %d masks, and a score over the rest would be another score; expected at most %s %% without"
                            + " one, or a list of the images that are meant",
                    missing,
                    masksAsked,
                    truth,
                    100.0 * missing / masksAsked,
                    predictions,
                    withoutPrediction.get(0),
                    made.size(),
                    masks.size(),
                    String.format(Locale.ROOT, "%.1f", 100 * allowed).replaceAll("\\.0$", "")));
        }
    }

    /** Ids of the images that were counted. */
    public Set<String> counted() {
        return counted;
    }

    /** How many images were asked for: those of a list, or else of both folders. */
    public int asked() {
        return asked;
    }

    /** Ids with a mask and without a prediction. */
    public List<String> withoutPrediction() {
        return withoutPrediction;
    }

    /** Ids with a prediction, or of the list, and without a mask. */
    public List<String> withoutTruth() {
        return withoutTruth;
    }

    /** Why images that have both were not counted, by id. */
    public Map<String, String> skipped() {
        return evaluation.skipped();
    }

    /** All figures: of the labels, or of scores at their best threshold. */
    public Evaluation evaluation() {
        return evaluation;
    }

    /** The counts: of the labels, or of scores at their best threshold. */
    public ConfusionMatrix confusion() {
        return evaluation.confusion();
    }

    /** The classes. */
    public ClassCatalog classes() {
        return evaluation.classes();
    }

    /** How classes without a pixel count where one way has to be chosen, as for the best threshold. */
    public IouConvention convention() {
        return evaluation.convention();
    }

    /** The figures at each threshold, if there are scores. */
    public Optional<SweepEvaluation> sweep() {
        return Optional.ofNullable(sweep);
    }

    /** Mean IoU, 0 to 1; NaN if no pixel was counted. */
    public double meanIou(IouConvention by) {
        return confusion().total() == 0 ? Double.NaN : confusion().meanIou(by);
    }

    /** Pixels that count and whose prediction is {@link LabelMap#IGNORE}: misses of their labels. */
    public long unpredicted() {
        return evaluation.unpredicted();
    }

    /**
     * All figures as JSON: those of {@link Evaluation#toJson} without {@code subject}, {@code split} and {@code imageSet}, and
     * {@code predictions}, {@code truth}, {@code asked}, {@code bestThreshold} and {@code curve} of scores, {@code
     * withoutPrediction}, {@code withoutTruth}. What is not a number is null.
     */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("predictions", predictions.toString());
        json.addProperty("truth", truth.toString());
        json.addProperty("asked", asked);
        JsonObject figures = JsonParser.parseString(evaluation.toJson()).getAsJsonObject();
        List.of("subject", "split", "imageSet").forEach(figures::remove);
        figures.entrySet().forEach(e -> json.add(e.getKey(), e.getValue()));
        SweepEvaluation s = sweep;
        if (s != null) {
            float[] thresholds = s.sweep().thresholds();
            double[] curve = s.sweep().curve(convention());
            put(json, "bestThreshold", counted.isEmpty() ? Double.NaN : decimal(thresholds[s.best()]));
            JsonArray points = new JsonArray();
            for (int i = 0; i < curve.length; i++) {
                JsonObject point = new JsonObject();
                put(point, "threshold", decimal(thresholds[i]));
                put(point, "miou", curve[i]);
                points.add(point);
            }
            json.add("curve", points);
        }
        json.add("withoutPrediction", array(withoutPrediction));
        json.add("withoutTruth", array(withoutTruth));
        return new GsonBuilder()
                        .disableHtmlEscaping()
                        .serializeNulls()
                        .setPrettyPrinting()
                        .create()
                        .toJson(json)
                + "\n";
    }

    /**
     * The figures as Markdown: those of {@link Evaluation#toMarkdown}, how many images were asked for and lack a file, and the
     * best threshold of scores.
     */
    public String toMarkdown() {
        StringBuilder text = new StringBuilder(evaluation.toMarkdown());
        text.append(String.format(
                Locale.ROOT,
                "\n%d of %d images were counted; %d have no prediction, %d no mask.\n",
                counted.size(),
                asked,
                withoutPrediction.size(),
                withoutTruth.size()));
        SweepEvaluation s = sweep;
        if (s != null && !counted.isEmpty()) {
            text.append(String.format(
                    Locale.ROOT,
                    "\nThe figures are at the best threshold, %.2f.\n",
                    s.sweep().thresholds()[s.best()]));
        }
        return text.toString();
    }

    private static void put(JsonObject json, String key, double value) {
        if (Double.isFinite(value)) {
            json.addProperty(key, value);
        } else {
            json.add(key, JsonNull.INSTANCE);
        }
    }

    /** So that 0.07 stays 0.07, though it was compared in float32. */
    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    private static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    @Override
    public String toString() {
        return "FolderEvaluation[" + predictions + ", " + counted.size() + " of " + asked + " images of " + truth + "]";
    }

    /** What to compare: both folders and the classes are required. */
    public static final class Builder {
        private @Nullable Path predictions;
        private @Nullable Path truth;
        private @Nullable ClassCatalog classes;
        private @Nullable ProductCodec<ScoreMaps> scores;
        private double[] thresholds = ThresholdSweep.range(0, 0.01, 100);
        private @Nullable List<String> ids;
        private int[] ignore = {};
        private IouConvention convention = IouConvention.OCCURRING;
        private double allowLeftOut = 0.05;
        private boolean onlyWithForeground;
        private int threads = Runtime.getRuntime().availableProcessors();
        private double boundary;
        private ObjectSizes.@Nullable Areas areas;
        private Unpredicted unpredicted = Unpredicted.MISS;

        private Builder() {}

        /** The folder of label PNGs, or of score maps with {@link #optScores}. */
        public Builder setPredictions(Path folder) {
            predictions = folder;
            return this;
        }

        /** The folder of the true label PNGs. */
        public Builder setTruth(Path folder) {
            truth = folder;
            return this;
        }

        /** The meaning of the values. */
        public Builder setClasses(ClassCatalog classes) {
            this.classes = classes;
            return this;
        }

        /** The predictions are files of score maps in this form, such as {@link ProductCodec#camDicts}. */
        public Builder optScores(ProductCodec<ScoreMaps> form) {
            scores = form;
            return this;
        }

        /** The background thresholds of scores, as for {@link ThresholdSweep}; 0, 0.01 ... 0.99 unless set. */
        public Builder optThresholds(double... thresholds) {
            this.thresholds = thresholds.clone();
            return this;
        }

        /**
         * The images that are meant, in place of all that have a mask: names without extension, or paths as lists of VOC have
         * them, of which the file's name counts where there is no file of the whole path.
         */
        public Builder optIds(List<String> ids) {
            this.ids = List.copyOf(ids);
            return this;
        }

        /**
         * Values that stand for {@link LabelMap#IGNORE} in the truth; in predictions too, those of them that are no labels.
         *
         * @throws IllegalArgumentException if one is not in 0..255
         */
        public Builder optIgnore(int... values) {
            for (int v : values) {
                if (v < 0 || v > 255) {
                    throw new IllegalArgumentException("ignored value must be in 0..255, got " + v);
                }
            }
            ignore = values.clone();
            return this;
        }

        /** How classes without a pixel count; {@link IouConvention#OCCURRING} unless set. */
        public Builder optConvention(IouConvention convention) {
            this.convention = convention;
            return this;
        }

        /**
         * The share of the images with a mask that may lack a prediction; 0.05 unless set.
         *
         * @throws IllegalArgumentException if it is not in 0..1
         */
        public Builder optAllowLeftOut(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("share of images left out must be in 0..1, got " + share);
            }
            allowLeftOut = share;
            return this;
        }

        /**
         * Leaves out the images whose truth shows the background alone, as DHR's evaluation does on all datasets but COCO;
         * they are listed in {@link FolderEvaluation#skipped}.
         */
        public Builder optOnlyWithForeground() {
            onlyWithForeground = true;
            return this;
        }

        /** Counts {@link BoundaryIou} too, at the width of the paper; for labels, not for scores. */
        public Builder optBoundary() {
            return optBoundary(BoundaryIou.PUBLISHED_RATIO);
        }

        /**
         * As {@link #optBoundary()} with another width.
         *
         * @param ratio of the image's diagonal
         * @throws IllegalArgumentException if it is not above 0 and at most 1
         */
        public Builder optBoundary(double ratio) {
            if (!(ratio > 0 && ratio <= 1)) {
                throw new IllegalArgumentException("ratio must be above 0 and at most 1, got " + ratio);
            }
            boundary = ratio;
            return this;
        }

        /** Counts {@link ObjectSizes} too; for labels, not for scores. */
        public Builder optObjectSizes(ObjectSizes.Areas areas) {
            this.areas = areas;
            return this;
        }

        /** What a pixel counts as that a label map leaves at 255; {@link Unpredicted#MISS} unless set. */
        public Builder optUnpredicted(Unpredicted rule) {
            unpredicted = rule;
            return this;
        }

        /**
         * How many images are read at a time; as many as there are processors unless set. The figures are the same.
         *
         * @throws IllegalArgumentException if it is not positive
         */
        public Builder optThreads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be 1 or more, got " + threads);
            }
            this.threads = threads;
            return this;
        }

        /**
         * Counts.
         *
         * @throws IllegalStateException if a folder or the classes are not set, or boundaries or object sizes are asked of
         *     scores
         * @throws IllegalArgumentException if there are scores, or pixels without a prediction are to be background, and the
         *     classes have no background, or the thresholds are not as they should be
         * @throws InvalidDataException if a folder does not exist or has no file, no image has both files, or more than the
         *     allowed share of the masks has no prediction
         */
        public FolderEvaluation build() {
            Path p = predictions;
            Path t = truth;
            ClassCatalog c = classes;
            if (p == null || t == null || c == null) {
                throw new IllegalStateException(
                        (p == null ? "setPredictions" : t == null ? "setTruth" : "setClasses") + " is required");
            }
            if (scores != null && (boundary > 0 || areas != null)) {
                throw new IllegalStateException(
                        "boundaries and object sizes are those of labels, and optScores is set; expected one of both");
            }
            return new FolderEvaluation(this, p, t, c);
        }
    }
}
