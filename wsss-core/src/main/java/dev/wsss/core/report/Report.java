package dev.wsss.core.report;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One self-contained HTML page about a run. Everything but the title is optional.
 *
 * <pre>{@code
 * Report.builder()
 *         .setTitle("Pseudo labels of VOC 2012 train")
 *         .setClasses(data.classes())
 *         .stageScores(List.of(StageScore.of(cams), StageScore.of(walked)))
 *         .strip(Strip.builder(id, image, classes).scores("CAM", maps).labels("pseudo label", label).build())
 *         .manifest(manifest)
 *         .build()
 *         .write(folder.resolve("report.html"));
 * }</pre>
 */
public final class Report {
    /** Largest confusion matrix that is shown with all its numbers; beyond, it is a picture. */
    private static final int MAX_TABLE_LABELS = 24;

    /** In place of a score. */
    static final String NOTHING_COUNTED = "no pixel was counted";

    private static final int MAX_MISTAKES = 8;
    private static final int MAX_FAILURES = 500;
    private static final int IMAGE_SIDE = 420;

    private final Builder b;
    private final String title;
    private final ClassCatalog classes;

    private Report(Builder b, String title, ClassCatalog classes) {
        this.b = b;
        this.title = title;
        this.classes = classes;
    }

    /** Starts a report. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Writes the page, atomically.
     *
     * @throws UncheckedIOException naming the file, if it cannot be written
     */
    public void write(Path file) {
        Page page = page();
        AtomicFile.write(file, out -> {
            Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
            page.writeTo(text);
            text.flush();
        });
    }

    /** The page. */
    public String toHtml() {
        StringWriter html = new StringWriter(1 << 16);
        page().writeTo(html);
        return html.toString();
    }

    private Page page() {
        return new Page(
                title,
                b.subtitle.isEmpty() ? null : b.subtitle,
                b.warnings,
                facts(),
                stages(),
                thresholds(),
                IntStream.range(0, classes.labelCount()).mapToObj(this::label).toList(),
                strips(),
                classIou(),
                confusion(),
                b.curves.stream()
                        .map(c -> LineChart.of(c.title(), c.xLabel(), c.series(), null))
                        .toList(),
                meters(),
                failures(),
                manifest());
    }

    private List<Page.Fact> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        if (!b.stageScores.isEmpty()) {
            StageScore last = b.stageScores.get(b.stageScores.size() - 1);
            facts.put("mIoU, " + last.stage(), orNothing(last.miou()));
        }
        RunManifest m = b.manifest;
        if (m != null) {
            facts.put("images", grouped(m.input().samples()));
            facts.put("failures", grouped(m.failures().size()));
        }
        Double total = b.timings.get("total");
        if (total != null) {
            facts.put("time", duration(total));
        }
        facts.putAll(b.facts);
        return facts.entrySet().stream()
                .map(e -> new Page.Fact(e.getKey(), e.getValue()))
                .toList();
    }

    private List<Page.Stage> stages() {
        List<Page.Stage> rows = new ArrayList<>();
        Map<String, Double> before = new HashMap<>();
        for (StageScore s : b.stageScores) {
            double compared = s.comparedMiou();
            Double last = Double.isNaN(compared) ? null : before.put(s.comparedSet(), compared);
            double change = last == null ? 0 : (compared - last) * 100;
            StageScore.Common common = s.common();
            rows.add(new Page.Stage(
                    s.stage(),
                    s.on(),
                    orNothing(s.miou()),
                    common == null
                            ? ""
                            : common.images() == 0
                                    ? "none"
                                    : percent(common.miou()) + " on " + grouped(common.images()),
                    last == null ? "" : change < 0 ? " down" : " up",
                    last == null ? "" : signed(change),
                    Double.isNaN(s.miou()) ? "0" : percent(s.miou())));
        }
        return rows;
    }

    private static String orNothing(double share) {
        return Double.isNaN(share) ? NOTHING_COUNTED : percent(share);
    }

    private @Nullable Chart thresholds() {
        if (b.thresholds.length == 0) {
            return null;
        }
        int best = 0;
        for (int i = 1; i < b.thresholds.length; i++) {
            best = b.thresholdMiou[i] > b.thresholdMiou[best] ? i : best;
        }
        double[] percents = Arrays.stream(b.thresholdMiou).map(v -> v * 100).toArray();
        return LineChart.of(
                "mIoU over background threshold",
                "threshold",
                List.of(new Curve.Series("mIoU", b.thresholds, percents)),
                new LineChart.Mark(
                        b.thresholds[best],
                        percents[best],
                        String.format(Locale.ROOT, "%.1f at %.2f", percents[best], b.thresholds[best])));
    }

    private Page.Label label(int label) {
        return new Page.Label(classes.labelNames().get(label), String.format("#%06x", classes.colour(label)));
    }

    private Iterable<String> strips() {
        StripFile file = b.stripFile;
        return () -> Stream.concat(
                        b.strips.stream().map(Report::html), file == null ? Stream.empty() : file.fragments())
                .iterator();
    }

    /** A strip as it stands in the page, its images made as small as they are shown. */
    static String html(Strip strip) {
        return new Page.Images(
                        strip.title(),
                        strip.note(),
                        strip.panels().stream()
                                .map(p -> new Page.Panel(p.caption(), ImageData.uri(p.image(), IMAGE_SIDE, p.flat())))
                                .toList())
                .toHtml();
    }

    private Page.@Nullable ClassIou classIou() {
        if (b.classIou.isEmpty()) {
            return null;
        }
        List<Page.Series> names = new ArrayList<>();
        b.classIou.keySet().forEach(name -> names.add(new Page.Series(name, names.size() % LineChart.COLOURS)));
        List<double[]> series = List.copyOf(b.classIou.values());
        List<Page.IouRow> rows = IntStream.range(0, classes.labelCount())
                .mapToObj(l -> iouRow(label(l), series.stream().mapToDouble(v -> v[l])))
                .toList();
        return new Page.ClassIou(names, rows, iouRow(null, series.stream().mapToDouble(Report::mean)));
    }

    private static Page.IouRow iouRow(Page.@Nullable Label label, DoubleStream values) {
        List<Page.Bar> bars = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        values.forEach(v -> {
            if (!Double.isNaN(v)) {
                bars.add(new Page.Bar(texts.size() % LineChart.COLOURS, percent(v)));
            }
            texts.add(Double.isNaN(v) ? "\u2013" : percent(v));
        });
        return new Page.IouRow(label, bars, texts);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
    }

    /** A pair of labels that are taken for one another. */
    private record Mistake(int truth, int label, double share, long pixels) {}

    private Page.@Nullable Confusion confusion() {
        long[][] counts = b.confusion;
        if (counts.length == 0) {
            return null;
        }
        double[][] shares = new double[counts.length][];
        List<Mistake> mistakes = new ArrayList<>();
        for (int t = 0; t < counts.length; t++) {
            double sum = Arrays.stream(counts[t]).sum();
            shares[t] = new double[counts.length];
            for (int p = 0; p < counts.length; p++) {
                shares[t][p] = sum == 0 ? 0 : counts[t][p] / sum;
                if (t != p && counts[t][p] > 0) {
                    mistakes.add(new Mistake(t, p, shares[t][p], counts[t][p]));
                }
            }
        }
        boolean table = counts.length <= MAX_TABLE_LABELS;
        return new Page.Confusion(
                table ? null : ImageData.uri(picture(shares), Integer.MAX_VALUE, true),
                table ? confusionRows(shares) : List.of(),
                mistakes.stream()
                        .sorted(Comparator.comparingDouble(Mistake::share).reversed())
                        .limit(MAX_MISTAKES)
                        .map(m -> new Page.Mistake(
                                classes.labelNames().get(m.truth()),
                                classes.labelNames().get(m.label()),
                                percent(m.share()),
                                grouped(m.pixels())))
                        .toList());
    }

    private List<Page.Row> confusionRows(double[][] shares) {
        return IntStream.range(0, shares.length)
                .mapToObj(t -> new Page.Row(
                        classes.labelNames().get(t),
                        Arrays.stream(shares[t]).mapToObj(Report::cell).toList()))
                .toList();
    }

    private static Page.Cell cell(double share) {
        // The square root keeps the small shares visible, which are what one looks for.
        String wash = String.format(Locale.ROOT, "%.0f", 4 + 92 * Math.sqrt(share));
        return new Page.Cell(share > 0.3, wash, share < 0.005 ? "" : String.format(Locale.ROOT, "%.0f", share * 100));
    }

    private static RgbImage picture(double[][] shares) {
        int n = shares.length;
        byte[] pixels = new byte[n * n * 3];
        for (int i = 0; i < n * n; i++) {
            int rgb = ColourMap.VIRIDIS.rgb(Math.sqrt(shares[i / n][i % n]));
            pixels[3 * i] = (byte) (rgb >> 16);
            pixels[3 * i + 1] = (byte) (rgb >> 8);
            pixels[3 * i + 2] = (byte) rgb;
        }
        return new RgbImage(n, n, pixels);
    }

    private List<Page.Meters> meters() {
        List<Page.Meters> tables = new ArrayList<>();
        if (!b.timings.isEmpty()) {
            tables.add(meters("Time", b.timings, Report::duration));
        }
        if (!b.memory.isEmpty()) {
            tables.add(meters("Memory, at most", b.memory, Report::bytes));
        }
        return tables;
    }

    private static Page.Meters meters(String heading, Map<String, Double> values, DoubleFunction<String> text) {
        double most = values.values().stream().mapToDouble(v -> v).max().orElse(0);
        return new Page.Meters(
                heading,
                values.entrySet().stream()
                        .map(e -> new Page.Meter(
                                e.getKey(), text.apply(e.getValue()), percent(most > 0 ? e.getValue() / most : 0)))
                        .toList());
    }

    private Page.@Nullable Failures failures() {
        RunManifest m = b.manifest;
        Set<RunManifest.Failure> all = new LinkedHashSet<>(m == null ? List.of() : m.failures());
        all.addAll(b.failures);
        if (all.isEmpty()) {
            return null;
        }
        long images = all.stream().map(RunManifest.Failure::id).distinct().count();
        return new Page.Failures(
                images == 1 ? "One image" : grouped(images) + " images",
                all.stream()
                        .limit(MAX_FAILURES)
                        .map(f -> new Page.Failure(f.id(), f.stage(), f.reason()))
                        .toList(),
                all.size() > MAX_FAILURES ? grouped(all.size() - MAX_FAILURES) : null);
    }

    private @Nullable String manifest() {
        RunManifest m = b.manifest;
        if (m == null) {
            return null;
        }
        // The failures have a table of their own, and there may be many.
        RunManifest shown = new RunManifest(
                m.input(), m.config(), m.versions(), m.seed(), m.device(), m.stages(), m.trainings(), List.of());
        return shown.toJson();
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f", share * 100);
    }

    private static String signed(double points) {
        // A true minus is as wide as a plus.
        return String.format(Locale.ROOT, "%s%.1f", points < 0 ? "\u2212" : "+", Math.abs(points));
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', '\u202F');
    }

    static String duration(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
        }
        long s = Math.round(seconds);
        return s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
    }

    static String bytes(double bytes) {
        return bytes < (1 << 30)
                ? String.format(Locale.ROOT, "%.0f MiB", bytes / (1 << 20))
                : String.format(Locale.ROOT, "%.2f GiB", bytes / (1 << 30));
    }

    /** Builds a report: title and classes are required. Sections appear when they are given data. */
    public static final class Builder {
        private @Nullable String title;
        private @Nullable ClassCatalog classes;
        private String subtitle = "";
        private final List<String> warnings = new ArrayList<>();
        private final Map<String, String> facts = new LinkedHashMap<>();
        private List<StageScore> stageScores = List.of();
        private double[] thresholds = {};
        private double[] thresholdMiou = {};
        private final List<Strip> strips = new ArrayList<>();
        private @Nullable StripFile stripFile;
        private final Map<String, double[]> classIou = new LinkedHashMap<>();
        private long[][] confusion = {};
        private final List<Curve> curves = new ArrayList<>();
        private Map<String, Double> timings = Map.of();
        private final Map<String, Double> memory = new LinkedHashMap<>();
        private List<RunManifest.Failure> failures = List.of();
        private @Nullable RunManifest manifest;

        private Builder() {}

        /** Sets the title. */
        public Builder setTitle(String title) {
            this.title = Objects.requireNonNull(title, "title");
            return this;
        }

        /** Sets the classes, for names and colours. */
        public Builder setClasses(ClassCatalog classes) {
            this.classes = Objects.requireNonNull(classes, "classes");
            return this;
        }

        /** Sets the line below the title: which split, which truth, which ignore rule. */
        public Builder optSubtitle(String subtitle) {
            this.subtitle = Objects.requireNonNull(subtitle, "subtitle");
            return this;
        }

        /** Adds a sentence below it that the reader must not miss. */
        public Builder warning(String warning) {
            warnings.add(Objects.requireNonNull(warning, "warning"));
            return this;
        }

        /** Adds a figure to the page's head. */
        public Builder fact(String name, String value) {
            facts.put(name, value);
            return this;
        }

        /** Sets the mIoU after each stage, in order; the last is shown in the page's head. */
        public Builder stageScores(List<StageScore> scores) {
            this.stageScores = List.copyOf(scores);
            return this;
        }

        /**
         * Sets the mIoU by background threshold.
         *
         * @param thresholds ascending
         * @param miou of each, 0 to 1
         */
        public Builder thresholds(double[] thresholds, double[] miou) {
            if (thresholds.length != miou.length) {
                throw new IllegalArgumentException(
                        "there are " + thresholds.length + " thresholds and " + miou.length + " values of mIoU");
            }
            this.thresholds = thresholds.clone();
            this.thresholdMiou = miou.clone();
            return this;
        }

        /** Adds one sample's row of images. */
        public Builder strip(Strip strip) {
            strips.add(strip);
            return this;
        }

        /** Sets rows of images that are more than memory should hold; they come after those that were added by one. */
        public Builder strips(StripFile strips) {
            stripFile = strips;
            return this;
        }

        /**
         * Adds the IoU of each class after one stage.
         *
         * @param iou by label, 0 to 1, NaN for a class that does not occur
         */
        public Builder classIou(String stage, double[] iou) {
            classIou.put(stage, iou.clone());
            return this;
        }

        /**
         * Sets the confusion matrix.
         *
         * @param pixels {@code [truth][label]}
         */
        public Builder confusion(long[][] pixels) {
            this.confusion = Arrays.stream(pixels).map(long[]::clone).toArray(long[][]::new);
            return this;
        }

        /** Adds a chart of lines. */
        public Builder curve(Curve curve) {
            curves.add(curve);
            return this;
        }

        /** Sets the seconds by what they were spent on; the entry {@code total} is shown in the page's head. */
        public Builder timings(Map<String, Double> seconds) {
            this.timings = new LinkedHashMap<>(seconds);
            return this;
        }

        /** Adds a peak of memory. */
        public Builder memory(String what, long bytes) {
            memory.put(what, (double) bytes);
            return this;
        }

        /** Sets the failures that no manifest lists, those of the evaluation among them; shown with the manifest's. */
        public Builder failures(List<RunManifest.Failure> failures) {
            this.failures = List.copyOf(failures);
            return this;
        }

        /** Sets the manifest, which is shown folded, with its failures in a table. */
        public Builder manifest(RunManifest manifest) {
            this.manifest = Objects.requireNonNull(manifest, "manifest");
            return this;
        }

        /**
         * Builds the report.
         *
         * @throws IllegalStateException if title or classes are missing
         * @throws IllegalArgumentException if the IoU of a stage or the confusion matrix has not one entry for each label
         */
        public Report build() {
            String t = title;
            ClassCatalog c = classes;
            if (t == null || c == null) {
                throw new IllegalStateException((t == null ? "setTitle" : "setClasses") + " is required");
            }
            classIou.forEach((stage, iou) -> requireLabels("IoU of stage '" + stage + "'", iou.length, c));
            if (confusion.length > 0) {
                requireLabels("confusion matrix", confusion.length, c);
                for (long[] row : confusion) {
                    requireLabels("row of the confusion matrix", row.length, c);
                }
            }
            return new Report(this, t, c);
        }

        private static void requireLabels(String what, int length, ClassCatalog classes) {
            if (length != classes.labelCount()) {
                throw new IllegalArgumentException(what + " has " + length + " entries; expected one for each of "
                        + classes.labelCount() + " labels");
            }
        }
    }
}
