package dev.wsss.examples;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.metrics.Evaluation;
import dev.wsss.core.metrics.Evaluator;
import dev.wsss.core.metrics.IouConvention;
import dev.wsss.core.metrics.ThresholdSweep;
import dev.wsss.core.pipeline.ProductStore;
import dev.wsss.core.report.Curve;
import dev.wsss.core.report.Report;
import dev.wsss.core.report.StageScore;
import dev.wsss.core.report.Strip;
import dev.wsss.core.runtime.NativeMemory;
import dev.wsss.datasets.DatasetSplits;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Measures what a run made, prints the table and writes the report. The one reader of masks. */
final class RunReport {
    private static final int STRIPS = 6;

    private final DatasetSplits splits;
    private final Dataset train;
    private final PrintStream console;
    private final Map<String, ProductStore<ScoreMaps>> scores = new LinkedHashMap<>();
    private final Map<String, ProductStore<LabelMap>> labels = new LinkedHashMap<>();
    private final Map<String, Function<RgbImage, LabelMap>> segmenters = new LinkedHashMap<>();
    private final List<Curve> curves = new ArrayList<>();
    private final Map<String, Double> seconds = new TreeMap<>();
    private @Nullable RunManifest manifest;
    private final List<StageScore> table = new ArrayList<>();
    /** Images that the pipeline, and so the manifest, has not met. */
    private final List<RunManifest.Failure> failures = new ArrayList<>();

    RunReport(DatasetSplits splits, PrintStream console) {
        this.splits = splits;
        this.train = splits.train();
        this.console = console;
    }

    /** Adds score maps of the training images. */
    RunReport scores(String name, ProductStore<ScoreMaps> store) {
        scores.put(name, store);
        return this;
    }

    /** Adds label maps of the training images. */
    RunReport labels(String name, ProductStore<LabelMap> store) {
        labels.put(name, store);
        return this;
    }

    /** Adds a segmenter, which is evaluated on images that it has not seen where there are such. */
    RunReport segmenter(String name, Function<RgbImage, LabelMap> segmenter) {
        segmenters.put(name, segmenter);
        return this;
    }

    /** Adds the curves of training. */
    RunReport curves(List<Curve> more) {
        curves.addAll(more);
        return this;
    }

    /** Adds times by name. */
    RunReport seconds(Map<String, Double> more) {
        seconds.putAll(more);
        return this;
    }

    /** Adds what was made of what. */
    RunReport manifest(RunManifest of) {
        manifest = of;
        return this;
    }

    /** Evaluates everything, prints the table and writes the page. */
    void write(Path file) {
        ClassCatalog classes = train.classes();
        Report.Builder report = Report.builder()
                .setTitle("From tags to labels: " + train.name())
                .setClasses(classes)
                .optSubtitle("Image tags are the only supervision; masks were read for this evaluation alone.");
        if (train.hasTruth()) {
            labels.forEach((name, store) -> add(Evaluator.on(train)
                    .compare(name, i -> store.contains(train.id(i)) ? store.load(train.id(i)) : null)));
            if (classes.hasBackground() && !scores.isEmpty()) {
                thresholds(report);
            }
        }
        evaluateSegmenters(report);
        for (int i = 0; i < Math.min(STRIPS, train.size()); i++) {
            int sample = i * train.size() / Math.min(STRIPS, train.size());
            try {
                report.strip(strip(train, sample));
            } catch (InvalidDataException e) {
                console.println("no strip of " + train.id(sample) + ": " + e.getMessage());
            }
        }
        curves.forEach(report::curve);
        NativeMemory memory = NativeMemory.now();
        report.stageScores(table)
                .timings(seconds)
                .memory("process, at most", memory.peakResidentBytes())
                .failures(failures);
        if (manifest != null) {
            report.manifest(manifest);
        }
        report.build().write(file);
        console.printf(
                Locale.ROOT,
                "%.0f s, at most %.2f GB; report in %s%n",
                seconds.getOrDefault("total", 0.0),
                memory.peakResidentBytes() / 1e9,
                file.toAbsolutePath().normalize());
    }

    /** The curve of the first scores: what their best threshold would give, which no one knows without masks. */
    private void thresholds(Report.Builder report) {
        Map.Entry<String, ProductStore<ScoreMaps>> first =
                scores.entrySet().iterator().next();
        ThresholdSweep sweep = sweep(first.getValue());
        double[] thresholds = new double[sweep.thresholds().length];
        for (int i = 0; i < thresholds.length; i++) {
            thresholds[i] = sweep.thresholds()[i];
        }
        double[] curve = sweep.curve(IouConvention.OCCURRING);
        report.thresholds(thresholds, curve);
        int best = sweep.best(IouConvention.OCCURRING);
        console.printf(
                Locale.ROOT,
                "%-28s %-24s %6s  %4.1f %% at %.2f%n",
                first.getKey() + ", best threshold",
                train.name(),
                "",
                100 * curve[best],
                thresholds[best]);
    }

    private void evaluateSegmenters(Report.Builder report) {
        Dataset unseen = splits.val().filter(Dataset::hasTruth).orElse(train);
        if (!unseen.hasTruth()) {
            console.println("no masks in " + train.name() + ": nothing to evaluate against");
            return;
        }
        segmenters.forEach((name, segmenter) -> {
            String subject = name + (unseen == train ? ", training images" : ", unseen images");
            Evaluation evaluation = Evaluator.on(unseen).compare(subject, i -> segment(unseen, i, segmenter));
            add(evaluation);
            report.classIou(subject, evaluation.iou()).confusion(counts(evaluation));
        });
    }

    /** What the segmenter says; null, and a line on the console, of an image that cannot be read. */
    private @Nullable LabelMap segment(Dataset data, int i, Function<RgbImage, LabelMap> segmenter) {
        Sample sample;
        try {
            sample = data.get(i);
        } catch (InvalidDataException e) {
            failures.add(new RunManifest.Failure(data.id(i), "evaluation", String.valueOf(e.getMessage())));
            console.printf("  %s left out of the evaluation: %s%n", data.id(i), e.getMessage());
            return null;
        }
        return segmenter.apply(sample.image());
    }

    private void add(Evaluation evaluation) {
        if (table.isEmpty()) {
            console.printf("%n%-28s %-24s %6s  %s%n", "stage", "evaluated on", "images", "mIoU");
        }
        table.add(new StageScore(evaluation.subject(), evaluation.meanIou()));
        console.printf(
                Locale.ROOT,
                "%-28s %-24s %6d  %4.1f %%%n",
                evaluation.subject(),
                evaluation.split(),
                evaluation.images(),
                100 * evaluation.meanIou());
    }

    private ThresholdSweep sweep(ProductStore<ScoreMaps> store) {
        ThresholdSweep sweep = new ThresholdSweep(train.classes(), ThresholdSweep.range(0, 0.01, 100));
        for (int i = 0; i < train.size(); i++) {
            if (store.contains(train.id(i))) {
                try (ScoreMaps maps = store.load(train.id(i))) {
                    sweep.add(maps, train.truth(i));
                }
            }
        }
        return sweep;
    }

    private Strip strip(Dataset data, int i) {
        String id = data.id(i);
        RgbImage image = data.get(i).image();
        Strip.Builder strip = Strip.builder(id, image, data.classes())
                .optNote(String.join(", ", data.tags(i).names()));
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
        segmenters.forEach((name, segmenter) -> strip.labels(name, segmenter.apply(image)));
        if (data.hasTruth()) {
            strip.labels("truth", data.truth(i));
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
}
