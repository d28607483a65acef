package dev.wsss.core.report;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RunManifest;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.api.Segmenter;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ThresholdSweep;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.pipeline.RunFolder;
import dev.wsss.core.runtime.NativeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How good is what a run made? Measures score maps, label maps and segmenters against masks, and writes the page that shows
 * them. The one part of a run that reads masks.
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
 * <p>Products are measured on the training images, segmenters on images that they have not seen, where there are such with
 * masks.
 */
public final class RunReport {
    private static final int STRIPS = 6;

    private final Dataset train;
    private final Dataset unseen;
    private final Map<String, ProductStore<ScoreMaps>> scores;
    private final Map<String, ProductStore<LabelMap>> labels;
    private final Map<String, Segmenter> segmenters;
    private final @Nullable RunFolder run;
    private final List<Evaluation> products = new ArrayList<>();
    private final List<Evaluation> segmented = new ArrayList<>();
    private final List<RunManifest.Failure> failures = new ArrayList<>();
    private @Nullable ThresholdSweep sweep;

    private RunReport(Builder b, Dataset train) {
        this.train = train;
        unseen = b.unseen != null && b.unseen.hasTruth() ? b.unseen : train;
        scores = new LinkedHashMap<>(b.scores);
        labels = new LinkedHashMap<>(b.labels);
        segmenters = new LinkedHashMap<>(b.segmenters);
        run = b.run;
        measure();
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
                sweep = sweep(scores.values().iterator().next());
            }
        }
        if (unseen.hasTruth()) {
            segmenters.forEach((name, segmenter) -> segmented.add(Evaluator.on(unseen)
                    .compare(
                            name + (unseen == train ? ", training images" : ", unseen images"),
                            i -> segment(i, segmenter))));
        }
    }

    /** The curve of the first scores: what their best threshold would give, which no one knows without masks. */
    private ThresholdSweep sweep(ProductStore<ScoreMaps> store) {
        ThresholdSweep all = new ThresholdSweep(train.classes(), ThresholdSweep.range(0, 0.01, 100));
        for (int i = 0; i < train.size(); i++) {
            if (store.contains(train.id(i))) {
                try (ScoreMaps maps = store.load(train.id(i))) {
                    all.add(maps, train.truth(i));
                }
            }
        }
        return all;
    }

    private @Nullable LabelMap segment(int i, Segmenter segmenter) {
        Sample sample;
        try {
            sample = unseen.get(i);
        } catch (InvalidDataException e) {
            failures.add(new RunManifest.Failure(unseen.id(i), "evaluation", String.valueOf(e.getMessage())));
            return null;
        }
        return segmenter.segment(sample.image());
    }

    /** The evaluations in order: label maps as they were added, then segmenters. Empty without masks. */
    public List<Evaluation> evaluations() {
        List<Evaluation> all = new ArrayList<>(products);
        all.addAll(segmented);
        return all;
    }

    /** The threshold at which the first score maps would be best; empty without masks, scores or background. */
    public Optional<Best> bestThreshold() {
        if (sweep == null) {
            return Optional.empty();
        }
        int best = sweep.best(IouConvention.OCCURRING);
        return Optional.of(new Best(
                scores.keySet().iterator().next(),
                sweep.thresholds()[best],
                sweep.curve(IouConvention.OCCURRING)[best]));
    }

    /**
     * A threshold.
     *
     * @param scores name of the score maps
     * @param threshold below it a pixel is background
     * @param meanIou in [0, 1]
     */
    public record Best(String scores, double threshold, double meanIou) {}

    /** Images that could not be read for the evaluation. */
    public List<RunManifest.Failure> failures() {
        return List.copyOf(failures);
    }

    /** The scores in lines for a terminal. */
    public String table() {
        StringBuilder text = new StringBuilder();
        failures.forEach(f -> text.append("  %s left out of the evaluation: %s%n".formatted(f.id(), f.reason())));
        if (products.isEmpty() && segmented.isEmpty()) {
            return text.append("no masks in %s: nothing to evaluate against%n".formatted(train.name()))
                    .toString();
        }
        text.append("%n%-28s %-24s %6s  %s%n".formatted("stage", "evaluated on", "images", "mIoU"));
        products.forEach(e -> text.append(line(e)));
        bestThreshold()
                .ifPresent(best -> text.append(String.format(
                        Locale.ROOT,
                        "%-28s %-24s %6s  %4.1f %% at %.2f%n",
                        best.scores + ", best threshold",
                        train.name(),
                        "",
                        100 * best.meanIou,
                        best.threshold)));
        segmented.forEach(e -> text.append(line(e)));
        return text.toString();
    }

    private static String line(Evaluation e) {
        return String.format(
                Locale.ROOT, "%-28s %-24s %6d  %4.1f %%%n", e.subject(), e.split(), e.images(), 100 * e.meanIou());
    }

    /** Writes the page: scores, curves, pictures of some images, times, memory, failures, manifest. */
    public void write(Path file) {
        ClassCatalog classes = train.classes();
        Report.Builder report = Report.builder()
                .setTitle("From tags to labels: " + train.name())
                .setClasses(classes)
                .optSubtitle("Image tags are the only supervision; masks were read for this evaluation alone.");
        if (sweep != null) {
            double[] thresholds = new double[sweep.thresholds().length];
            for (int i = 0; i < thresholds.length; i++) {
                thresholds[i] = sweep.thresholds()[i];
            }
            report.thresholds(thresholds, sweep.curve(IouConvention.OCCURRING));
        }
        segmented.forEach(e -> report.classIou(e.subject(), e.iou()).confusion(counts(e)));
        Map<String, Double> spent = run == null ? Map.of() : run.seconds();
        List<RunManifest.Failure> unshown = new ArrayList<>(failures);
        int count = Math.min(STRIPS, train.size());
        for (int i = 0; i < count; i++) {
            int sample = i * train.size() / count;
            try {
                report.strip(strip(sample));
            } catch (InvalidDataException e) {
                unshown.add(new RunManifest.Failure(train.id(sample), "report", String.valueOf(e.getMessage())));
            }
        }
        report.stageScores(evaluations().stream().map(StageScore::of).toList())
                .timings(spent)
                .memory("process, at most", NativeMemory.now().peakResidentBytes())
                .failures(unshown);
        if (run != null) {
            run.trainings()
                    .forEach((name, history) ->
                            report.curve(Curve.ofSteps("loss of the " + name, "loss", history.losses())));
            if (run.hasManifest()) {
                report.manifest(run.manifest());
            }
        }
        report.build().write(file);
    }

    private Strip strip(int i) {
        String id = train.id(i);
        Sample sample = train.get(i);
        Strip.Builder strip = Strip.builder(id, sample.image(), train.classes())
                .optNote(String.join(", ", train.tags(i).names()));
        scores.forEach((name, store) -> {
            if (store.contains(id)) {
                try (ScoreMaps maps = store.load(id)) {
                    strip.scores(name, maps);
                }
            }
        });
        labels.forEach((name, store) -> {
            if (store.contains(id)) {
                strip.labels(name, store.load(id));
            }
        });
        segmenters.forEach((name, segmenter) -> strip.labels(name, segmenter.segment(sample.image())));
        if (train.hasTruth()) {
            strip.labels("truth", train.truth(i));
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

        /** Images to measure segmenters on; the training images where these have no masks, or unless set. */
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
         * @throws InvalidDataException if a map is of another size than its mask
         */
        public RunReport build() {
            if (train == null) {
                throw new IllegalStateException("setTrain is required");
            }
            return new RunReport(this, train);
        }
    }
}
