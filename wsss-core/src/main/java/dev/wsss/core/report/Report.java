package dev.wsss.core.report;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.ClassCatalog;
import dev.wsss.api.RgbImage;
import dev.wsss.api.RunManifest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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
        AtomicFile.write(file, toHtml());
    }

    /** The page. */
    public String toHtml() {
        Html html = new Html();
        html.add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .add(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src"
                                + " 'unsafe-inline'\">\n")
                .add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .add("<title>%s</title>\n", title)
                .add("<style>\n")
                .add(css())
                .add("</style>\n</head>\n<body>\n<main>\n");
        header(html);
        stageScores(html);
        strips(html);
        classIou(html);
        confusion(html);
        curves(html);
        resources(html);
        failures(html);
        manifest(html);
        return html.add("</main>\n</body>\n</html>\n").toString();
    }

    private static String css() {
        try (InputStream in = Objects.requireNonNull(
                Report.class.getResourceAsStream("report.css"), "report.css is missing from the jar")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("report.css cannot be read from the jar", e);
        }
    }

    private void header(Html html) {
        html.add("<header>\n<h1>%s</h1>\n", title);
        if (!b.subtitle.isEmpty()) {
            html.add("<p class=\"sub\">%s</p>\n", b.subtitle);
        }
        Map<String, String> facts = new LinkedHashMap<>();
        if (!b.stageScores.isEmpty()) {
            StageScore last = b.stageScores.get(b.stageScores.size() - 1);
            facts.put("mIoU, " + last.stage(), percent(last.miou()));
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
        if (!facts.isEmpty()) {
            html.add("<dl class=\"facts\">");
            facts.forEach((name, value) -> html.add("<div><dt>%s</dt><dd>%s</dd></div>", name, value));
            html.add("</dl>\n");
        }
        html.add("</header>\n");
    }

    private void stageScores(Html html) {
        boolean curve = b.thresholds.length > 0;
        if (b.stageScores.isEmpty() && !curve) {
            return;
        }
        html.add("<section>\n<div class=\"two\">\n");
        if (!b.stageScores.isEmpty()) {
            html.add(
                    "<div><h2>From stage to stage</h2>\n<p class=\"lead\">Mean IoU of each stage's labels, and the change"
                            + " from the row before on the same images.</p>\n<div class=\"scroll\"><table><tr><th>stage</th><th>"
                            + "on</th><th class=\"n\">mIoU</th><th class=\"n\">change</th><th class=\"wide\"></th></tr>\n");
            Map<String, Double> before = new HashMap<>();
            for (StageScore s : b.stageScores) {
                Double last = before.put(s.imageSet(), s.miou());
                html.add(
                        "<tr><td class=\"name\">%s</td><td>%s</td><td class=\"n\">%s</td>",
                        s.stage(), s.on(), percent(s.miou()));
                if (last == null) {
                    html.add("<td class=\"n\"></td>");
                } else {
                    double change = (s.miou() - last) * 100;
                    html.add("<td class=\"n " + (change < 0 ? "down" : "up") + "\">%s</td>", signed(change));
                }
                html.add(
                        "<td class=\"wide\"><div class=\"meter\"><i style=\"width:%.1f%%\"></i></div></td></tr>\n",
                        s.miou() * 100);
            }
            html.add("</table></div></div>\n");
        }
        if (curve) {
            int best = 0;
            for (int i = 1; i < b.thresholds.length; i++) {
                best = b.thresholdMiou[i] > b.thresholdMiou[best] ? i : best;
            }
            double[] percents = Arrays.stream(b.thresholdMiou).map(v -> v * 100).toArray();
            html.add(
                    "<div><h2>Background threshold</h2>\n<p class=\"lead\">mIoU in percent over the score below which a"
                            + " pixel is background.</p>\n");
            LineChart.write(
                    html,
                    "mIoU over background threshold",
                    "threshold",
                    List.of(new Curve.Series("mIoU", b.thresholds, percents)),
                    new LineChart.Mark(
                            b.thresholds[best],
                            percents[best],
                            String.format(Locale.ROOT, "%.1f at %.2f", percents[best], b.thresholds[best])));
            html.add("</div>\n");
        }
        html.add("</div>\n</section>\n");
    }

    private void strips(Html html) {
        if (b.strips.isEmpty()) {
            return;
        }
        html.add("<section>\n<h2>Images</h2>\n<p class=\"lead\">Heat runs from blue (0) over green to red (1).</p>\n");
        html.add("<p class=\"legend\">");
        for (int label = 0; label < classes.labelCount(); label++) {
            html.add("<span>")
                    .add(swatch(classes.colour(label)))
                    .add("%s</span>", classes.labelNames().get(label));
        }
        html.add("</p>\n");
        for (Strip strip : b.strips) {
            html.add(
                    "<div class=\"strip\"><h3><bdi>%s</bdi><span>%s</span></h3>\n<div class=\"panels\">\n",
                    strip.title(), strip.note());
            for (Strip.Panel panel : strip.panels()) {
                html.add("<figure><img alt=\"%s\" src=\"", panel.caption())
                        .add(ImageData.uri(panel.image(), IMAGE_SIDE, panel.flat()))
                        .add("\"><figcaption>%s</figcaption></figure>\n", panel.caption());
            }
            html.add("</div></div>\n");
        }
        html.add("</section>\n");
    }

    private static String swatch(int rgb) {
        return String.format("<i class=\"sw\" style=\"background:#%06x\"></i>", rgb);
    }

    private void classIou(Html html) {
        if (b.classIou.isEmpty()) {
            return;
        }
        List<String> names = List.copyOf(b.classIou.keySet());
        List<double[]> series = List.copyOf(b.classIou.values());
        html.add(
                "<section>\n<h2>IoU by class</h2>\n<p class=\"lead\">In percent. A dash is a class that neither the truth"
                        + " nor the labels hold.</p>\n");
        if (names.size() > 1) {
            html.add("<p class=\"legend key\">");
            for (int s = 0; s < names.size(); s++) {
                html.add("<span><i class=\"s%d\"></i>%s</span>", s % LineChart.COLOURS, names.get(s));
            }
            html.add("</p>\n");
        }
        html.add("<div class=\"scroll\"><table><tr><th>class</th><th class=\"wide\"></th>");
        names.forEach(name -> html.add("<th class=\"n\">%s</th>", name));
        html.add("</tr>\n");
        for (int label = 0; label < classes.labelCount(); label++) {
            int l = label;
            html.add("<tr><td class=\"name\">")
                    .add(swatch(classes.colour(label)))
                    .add("%s</td>", classes.labelNames().get(label));
            iouCells(html, series.stream().mapToDouble(v -> v[l]).toArray());
            html.add("</tr>\n");
        }
        html.add("<tr class=\"total\"><td>mean</td>");
        iouCells(html, series.stream().mapToDouble(Report::mean).toArray());
        html.add("</tr>\n</table></div>\n</section>\n");
    }

    private static void iouCells(Html html, double[] values) {
        html.add("<td class=\"wide bars\">");
        for (int s = 0; s < values.length; s++) {
            if (!Double.isNaN(values[s])) {
                html.add("<i class=\"s%d\" style=\"width:%.1f%%\"></i>", s % LineChart.COLOURS, values[s] * 100);
            }
        }
        html.add("</td>");
        for (double v : values) {
            html.add("<td class=\"n\">%s</td>", Double.isNaN(v) ? "\u2013" : percent(v));
        }
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
    }

    /** A pair of labels that are taken for one another. */
    private record Mistake(int truth, int label, double share, long pixels) {}

    private void confusion(Html html) {
        long[][] counts = b.confusion;
        if (counts.length == 0) {
            return;
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
        mistakes.sort(Comparator.comparingDouble(Mistake::share).reversed());
        html.add("<section>\n<h2>Confusion</h2>\n<p class=\"lead\">Rows are the truth, columns the labels; each row in"
                + " percent of the true class's pixels.</p>\n");
        if (counts.length <= MAX_TABLE_LABELS) {
            confusionTable(html, shares);
        } else {
            html.add("<img class=\"pixels\" style=\"width:min(100%,640px)\" alt=\"confusion matrix\" src=\"")
                    .add(ImageData.uri(picture(shares), Integer.MAX_VALUE, true))
                    .add("\">\n");
        }
        if (!mistakes.isEmpty()) {
            html.add("<h3 style=\"margin-top:24px\">Most frequent mistakes</h3>\n<div class=\"scroll\"><table><tr>"
                    + "<th>truth</th><th>labelled as</th><th class=\"n\">share of the class</th><th"
                    + " class=\"n\">pixels</th></tr>\n");
            for (Mistake m : mistakes.subList(0, Math.min(8, mistakes.size()))) {
                html.add(
                        "<tr><td class=\"name\">%s</td><td class=\"name\">%s</td><td class=\"n\">%s</td><td"
                                + " class=\"n\">%s</td></tr>\n",
                        classes.labelNames().get(m.truth()),
                        classes.labelNames().get(m.label()),
                        percent(m.share()),
                        grouped(m.pixels()));
            }
            html.add("</table></div>\n");
        }
        html.add("</section>\n");
    }

    private void confusionTable(Html html, double[][] shares) {
        html.add("<div class=\"scroll\"><table class=\"heat\"><tr><th></th>");
        classes.labelNames().forEach(name -> html.add("<th class=\"col\"><span>%s</span></th>", name));
        html.add("</tr>\n");
        for (int t = 0; t < shares.length; t++) {
            html.add("<tr><th class=\"row\">%s</th>", classes.labelNames().get(t));
            for (double share : shares[t]) {
                // The square root keeps the small shares visible, which are what one looks for.
                html.add(
                        "<td" + (share > 0.3 ? " class=\"strong\"" : "")
                                + " style=\"background:rgb(var(--wash) / %.0f%%)\">",
                        4 + 92 * Math.sqrt(share));
                html.add(share < 0.005 ? "" : String.format(Locale.ROOT, "%.0f", share * 100))
                        .add("</td>");
            }
            html.add("</tr>\n");
        }
        html.add("</table></div>\n");
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

    private void curves(Html html) {
        if (b.curves.isEmpty()) {
            return;
        }
        html.add("<section>\n<h2>Training</h2>\n<p class=\"lead\"></p>\n<div class=\"two\">\n");
        for (Curve curve : b.curves) {
            html.add("<div><h3>%s</h3>\n", curve.title());
            LineChart.write(html, curve.title(), curve.xLabel(), curve.series(), null);
            html.add("</div>\n");
        }
        html.add("</div>\n</section>\n");
    }

    private void resources(Html html) {
        if (b.timings.isEmpty() && b.memory.isEmpty()) {
            return;
        }
        html.add("<section>\n<div class=\"two\">\n");
        if (!b.timings.isEmpty()) {
            meters(html, "Time", b.timings, Report::duration);
        }
        if (!b.memory.isEmpty()) {
            meters(html, "Memory, at most", b.memory, Report::bytes);
        }
        html.add("</div>\n</section>\n");
    }

    private static void meters(Html html, String heading, Map<String, Double> values, DoubleFunction<String> text) {
        double most = values.values().stream().mapToDouble(v -> v).max().orElse(0);
        html.add("<div><h2>" + heading + "</h2>\n<div class=\"scroll\"><table>\n");
        values.forEach((name, value) -> html.add(
                "<tr><td class=\"name\">%s</td><td class=\"n\">%s</td><td class=\"wide\"><div class=\"meter\"><i"
                        + " style=\"width:%.1f%%\"></i></div></td></tr>\n",
                name, text.apply(value), most > 0 ? 100 * value / most : 0.0));
        html.add("</table></div></div>\n");
    }

    private void failures(Html html) {
        RunManifest m = b.manifest;
        Set<RunManifest.Failure> all = new LinkedHashSet<>(m == null ? List.of() : m.failures());
        all.addAll(b.failures);
        List<RunManifest.Failure> failures = List.copyOf(all);
        if (failures.isEmpty()) {
            return;
        }
        long images = failures.stream().map(RunManifest.Failure::id).distinct().count();
        html.add(
                "<section>\n<h2>Failures</h2>\n<p class=\"lead\">%s without all products; the run went on without"
                        + " them.</p>\n",
                images == 1 ? "One image" : grouped(images) + " images");
        html.add("<div class=\"scroll\"><table><tr><th>image</th><th>failed in</th><th>reason</th></tr>\n");
        for (RunManifest.Failure f : failures.subList(0, Math.min(MAX_FAILURES, failures.size()))) {
            html.add(
                    "<tr><td class=\"id\">%s</td><td>%s</td><td class=\"reason\">%s</td></tr>\n",
                    f.id(), f.stage(), f.reason());
        }
        html.add("</table></div>\n");
        if (failures.size() > MAX_FAILURES) {
            html.add(
                    "<p class=\"lead\">%s more are in the manifest's file.</p>\n",
                    grouped(failures.size() - MAX_FAILURES));
        }
        html.add("</section>\n");
    }

    private void manifest(Html html) {
        RunManifest m = b.manifest;
        if (m == null) {
            return;
        }
        // The failures have a table of their own, and there may be many.
        RunManifest shown =
                new RunManifest(m.input(), m.config(), m.versions(), m.seed(), m.device(), m.stages(), m.trainings(), List.of());
        html.add(
                "<section>\n<details><summary>Manifest</summary>\n<pre>%s</pre></details>\n</section>\n",
                shown.toJson());
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
        private final Map<String, String> facts = new LinkedHashMap<>();
        private List<StageScore> stageScores = List.of();
        private double[] thresholds = {};
        private double[] thresholdMiou = {};
        private final List<Strip> strips = new ArrayList<>();
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

        /** Sets the failures that no manifest lists; they are shown with the manifest's. */
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
                throw new IllegalStateException("a report needs " + (t == null ? "a title" : "classes"));
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
