package dev.wsss.core.report;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.metrics.Overlap;
import dev.wsss.core.metrics.SweepEvaluation;
import dev.wsss.core.metrics.ThresholdSweep;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.runtime.NativeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How good is what a run made? Measures score maps, label maps and segmenters against masks, and writes the page that shows
 * them. The one part of a run that goes by masks.
 *
 * <pre>{@code
 * RunReport report = RunReport.builder()
 *         .setTrain(train)
 *         .optUnseen(val)
 *         .optScores("CAM", run.store(cam))
 *         .optLabels("pseudo labels", run.store(pseudo))
 *         .optSegmenter("segmenter", segmenter)
 *         .optRun(run)
 *         .build();
 * System.out.print(report.table());
 * report.write(Path.of("out/report.html"));
 * }</pre>
 *
 * <p>Products are measured on the training images, segmenters on other images, where there are such with masks. Those are
 * called unseen if none of them is among the training images, by {@link Overlap}; else rows, table and page say how many
 * are.
 *
 * <p>Each row says how many images it covers. An image that cannot be counted, of a damaged product or mask, for instance,
 * is left out, listed in {@link #failures} and counted. Where rows of one dataset cover different images, they also have a
 * score on those that all have in common, and this is what is compared.
 */
public final class RunReport {
    private static final int STRIPS = 6;

    /** More lines about images that were left out would hide the table. */
    private static final int MAX_LINES = 20;

    private final Dataset train;
    private final Dataset unseen;
    private final Map<String, ProductStore<ScoreMaps>> scores;
    private final Map<String, ProductStore<LabelMap>> labels;
    private final Map<String, Segmenter> segmenters;
    private final @Nullable RunFolder run;
    private final List<Evaluation> products = new ArrayList<>();
    private final List<Evaluation> segmented = new ArrayList<>();
    private final Set<RunManifest.Failure> failures = new LinkedHashSet<>();
    private final List<ReportRow> rows = new ArrayList<>();
    private final List<StageScore> stageScores = new ArrayList<>();
    private @Nullable SweepEvaluation sweep;
    private @Nullable Overlap overlap;

    private RunReport(Builder b, Dataset train) {
        this.train = train;
        unseen = b.unseen != null && b.unseen.hasTruth() ? b.unseen : train;
        scores = new LinkedHashMap<>(b.scores);
        labels = new LinkedHashMap<>(b.labels);
        segmenters = new LinkedHashMap<>(b.segmenters);
        run = b.run;
        measure();
        compare();
    }

    /** Starts a report. */
    public static Builder builder() {
        return new Builder();
    }

    private void measure() {
        if (train.hasTruth()) {
            labels.forEach((name, store) -> products.add(Evaluator.on(train)
                    .compare(name, i -> store.contains(train.id(i)) ? store.load(train.id(i)) : null)));
            if (train.classes().hasBackground() && !scores.isEmpty()) {
                sweep = sweep(Evaluator.on(train));
            }
        }
        if (unseen.hasTruth() && !segmenters.isEmpty()) {
            overlap = unseen == train ? null : Overlap.of(unseen, train);
            String words = overlap == null ? "training images" : overlap.words();
            segmenters.forEach(
                    (name, segmenter) -> segmented.add(Evaluator.on(unseen).evaluate(name + ", " + words, segmenter)));
        }
        products.forEach(e -> enter(e.skipped()));
        if (sweep != null) {
            enter(sweep.skipped());
        }
        segmented.forEach(e -> enter(e.skipped()));
    }

    private void enter(Map<String, String> skipped) {
        skipped.forEach((id, reason) -> failures.add(new RunManifest.Failure(id, "evaluation", reason)));
    }

    /** The curve of the first scores: what their best threshold would give, which no one knows without masks. */
    private SweepEvaluation sweep(Evaluator evaluator) {
        Map.Entry<String, ProductStore<ScoreMaps>> first =
                scores.entrySet().iterator().next();
        return evaluator.sweep(first.getKey(), ThresholdSweep.range(0, 0.01, 100), i -> scores(first.getValue(), i));
    }

    /** The scores of a training image; of one without tags those of no class, as a dict of none does not say its size. */
    private @Nullable ScoreMaps scores(ProductStore<ScoreMaps> store, int i) {
        String id = train.id(i);
        if (!store.contains(id)) {
            return null;
        }
        if (!train.tags(i).isEmpty()) {
            return store.load(id);
        }
        if (train.hasTruth(i)) {
            LabelMap truth = train.truth(i);
            return ScoreMaps.none(truth.height(), truth.width());
        }
        RgbImage image = train.get(i).image();
        return ScoreMaps.none(image.height(), image.width());
    }

    /** Makes the rows: those of one dataset are compared on the images that all of them cover. */
    private void compare() {
        List<Set<String>> ofTrain = new ArrayList<>();
        List<Set<String>> ofUnseen = unseen == train ? ofTrain : new ArrayList<>();
        products.forEach(e -> ofTrain.add(e.byImage().ids()));
        if (sweep != null) {
            ofTrain.add(sweep.ids());
        }
        segmented.forEach(e -> ofUnseen.add(e.byImage().ids()));
        Set<String> onTrain = ReportRow.commonWhereDifferent(ofTrain);
        Set<String> onUnseen = ReportRow.commonWhereDifferent(ofUnseen);
        products.forEach(e -> enter(e, onTrain));
        SweepEvaluation s = sweep;
        if (s != null) {
            rows.add(ReportRow.of(s, common(s, onTrain)));
        }
        segmented.forEach(e -> enter(e, onUnseen));
    }

    private void enter(Evaluation e, @Nullable Set<String> common) {
        StageScore score = StageScore.of(e);
        if (common != null && e.images() > 0) {
            Evaluation on = e.on(common);
            score = score.withCommon(new StageScore.Common(on.meanIou(), on.images(), e.split() + "/" + on.imageSet()));
        }
        stageScores.add(score);
        rows.add(ReportRow.of(e, score.common()));
    }

    /** Score maps are read again, as what each image adds to a hundred matrices is more than is worth keeping. */
    private StageScore.@Nullable Common common(SweepEvaluation s, @Nullable Set<String> common) {
        if (common == null || s.ids().isEmpty()) {
            return null;
        }
        SweepEvaluation on =
                common.equals(s.ids()) ? s : sweep(Evaluator.on(train).only(common));
        return new StageScore.Common(on.bestMeanIou(), on.ids().size(), "");
    }

    /** The evaluations in order: label maps as they were added, then segmenters. Empty without masks. */
    public List<Evaluation> evaluations() {
        List<Evaluation> all = new ArrayList<>(products);
        all.addAll(segmented);
        return all;
    }

    /** The threshold at which the first score maps would be best; empty without masks, scores, background or counted pixels. */
    public Optional<Best> bestThreshold() {
        if (sweep == null || sweep.ids().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Best(sweep.subject(), sweep.sweep().thresholds()[sweep.best()], sweep.bestMeanIou()));
    }

    /** Images on which segmenters were measured that are among the training images; empty unless there were others. */
    public Optional<Overlap> overlap() {
        return Optional.ofNullable(overlap);
    }

    /**
     * A threshold.
     *
     * @param scores name of the score maps
     * @param threshold below it a pixel is background
     * @param meanIou in [0, 1]
     */
    public record Best(String scores, double threshold, double meanIou) {}

    /** Images that were left out of the evaluation, or could not be shown, and why; each reason once. */
    public List<RunManifest.Failure> failures() {
        return List.copyOf(failures);
    }

    /** The scores in lines for a terminal. */
    public String table() {
        StringBuilder text = new StringBuilder();
        failures.stream()
                .limit(MAX_LINES)
                .forEach(f -> text.append("  %s left out of the evaluation: %s%n".formatted(f.id(), f.reason())));
        if (failures.size() > MAX_LINES) {
            text.append("  and %d more%n".formatted(failures.size() - MAX_LINES));
        }
        if (!failures.isEmpty()) {
            text.append(leftOut()).append(System.lineSeparator());
        }
        if (rows.isEmpty()) {
            return text.append("no masks in %s: nothing to evaluate against%n".formatted(train.name()))
                    .toString();
        }
        warnings().forEach(warning -> text.append("warning: ").append(warning).append(System.lineSeparator()));
        return text.append(System.lineSeparator()).append(ReportRow.table(rows)).toString();
    }

    private String leftOut() {
        long images = failures.stream().map(RunManifest.Failure::id).distinct().count();
        return images + (images == 1 ? " image was" : " images were") + " left out of some row or all";
    }

    private List<String> warnings() {
        return overlap == null || overlap.isEmpty() ? List.of() : List.of(overlap.warning());
    }

    /** Writes the page: scores, curves, pictures of some images, times, memory, failures, manifest. */
    public void write(Path file) {
        ClassCatalog classes = train.classes();
        Report.Builder report = Report.builder()
                .setTitle("From tags to labels: " + train.name())
                .setClasses(classes)
                .optSubtitle("Image tags are the only supervision; no mask was trained on.");
        warnings().forEach(report::warning);
        if (sweep != null && !sweep.ids().isEmpty()) {
            float[] compared = sweep.sweep().thresholds();
            double[] thresholds = new double[compared.length];
            Arrays.setAll(thresholds, i -> compared[i]);
            report.fact(
                            "images of the threshold curve",
                            Integer.toString(sweep.ids().size()))
                    .thresholds(thresholds, sweep.sweep().curve(sweep.convention()));
        }
        segmented.forEach(e -> report.classIou(e.subject(), e.iou()).confusion(counts(e)));
        Map<String, Double> spent = run == null ? Map.of() : run.seconds();
        Set<RunManifest.Failure> unshown = new LinkedHashSet<>(failures);
        int count = Math.min(STRIPS, train.size());
        for (int i = 0; i < count; i++) {
            int sample = i * train.size() / count;
            attempt(sample, unshown, () -> report.strip(strip(sample, unshown)));
        }
        report.stageScores(stageScores)
                .timings(spent)
                .memory("process, at most", NativeMemory.now().peakResidentBytes())
                .failures(List.copyOf(unshown));
        if (run != null) {
            run.trainings().forEach((name, history) -> {
                report.curve(Curve.ofSteps("loss of the " + name, "loss", history.losses()));
                if (history.skipped() > 0) {
                    report.fact(
                            "steps left out of the training of the " + name,
                            history.skipped() + " of " + history.steps());
                }
            });
            if (run.hasManifest()) {
                report.manifest(run.manifest());
            }
        }
        report.build().write(file);
    }

    /** Does a part of the page; where the image's data do not allow it, the page says why and goes on without. */
    private void attempt(int i, Set<RunManifest.Failure> unshown, Runnable part) {
        try {
            part.run();
        } catch (InvalidDataException | IllegalArgumentException e) {
            // the latter where a map is of another size than the image
            String id = train.id(i);
            String reason = String.valueOf(e.getMessage());
            if (!unshown.contains(new RunManifest.Failure(id, "evaluation", reason))) {
                unshown.add(new RunManifest.Failure(id, "report", reason));
            }
        }
    }

    private Strip strip(int i, Set<RunManifest.Failure> unshown) {
        String id = train.id(i);
        Sample sample = train.get(i);
        Strip.Builder strip = Strip.builder(id, sample.image(), train.classes())
                .optNote(String.join(", ", train.tags(i).names()));
        scores.forEach((name, store) -> attempt(i, unshown, () -> {
            try (ScoreMaps maps = scores(store, i)) {
                if (maps != null) {
                    strip.scores(name, maps);
                }
            }
        }));
        labels.forEach((name, store) -> {
            if (store.contains(id)) {
                attempt(i, unshown, () -> strip.labels(name, store.load(id)));
            }
        });
        segmenters.forEach(
                (name, segmenter) -> attempt(i, unshown, () -> strip.labels(name, segmenter.segment(sample.image()))));
        if (train.hasTruth(i)) {
            attempt(i, unshown, () -> strip.labels("truth", train.truth(i)));
        }
        return strip.build();
    }

    private static long[][] counts(Evaluation evaluation) {
        int n = evaluation.classes().labelCount();
        long[][] counts = new long[n][n];
        for (int truth = 0; truth < n; truth++) {
            for (int prediction = 0; prediction < n; prediction++) {
                counts[truth][prediction] = evaluation.confusion().count(truth, prediction);
            }
        }
        return counts;
    }

    /** What to measure: the training data are required. */
    public static final class Builder {
        private @Nullable Dataset train;
        private @Nullable Dataset unseen;
        private final Map<String, ProductStore<ScoreMaps>> scores = new LinkedHashMap<>();
        private final Map<String, ProductStore<LabelMap>> labels = new LinkedHashMap<>();
        private final Map<String, Segmenter> segmenters = new LinkedHashMap<>();
        private @Nullable RunFolder run;

        private Builder() {}

        /** The images that products are of, with masks if there are such. */
        public Builder setTrain(Dataset train) {
            this.train = train;
            return this;
        }

        /**
         * Images to measure segmenters on, which are called unseen if they are; the training images where these have no
         * masks, or unless set.
         */
        public Builder optUnseen(Dataset unseen) {
            this.unseen = unseen;
            return this;
        }

        /** Adds score maps of the training images; the first get a curve of thresholds. */
        public Builder optScores(String name, ProductStore<ScoreMaps> store) {
            scores.put(name, store);
            return this;
        }

        /** Adds label maps of the training images. */
        public Builder optLabels(String name, ProductStore<LabelMap> store) {
            labels.put(name, store);
            return this;
        }

        /** Adds a segmenter. */
        public Builder optSegmenter(String name, Segmenter segmenter) {
            segmenters.put(name, segmenter);
            return this;
        }

        /** Shows a run's training curves, seconds and manifest. */
        public Builder optRun(RunFolder run) {
            this.run = run;
            return this;
        }

        /**
         * Measures everything.
         *
         * @throws IllegalStateException if the training data are not set
         */
        public RunReport build() {
            if (train == null) {
                throw new IllegalStateException("setTrain is required");
            }
            return new RunReport(this, train);
        }
    }
}
