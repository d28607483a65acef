package dev.wsss.core.metrics;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Locale;

/** An evaluation as text. */
final class EvaluationText {
    /** Of images that were left out. */
    private static final int SHOWN = 20;

    private EvaluationText() {}

    static String json(Evaluation e) {
        ConfusionMatrix confusion = e.confusion();
        JsonObject json = new JsonObject();
        json.addProperty("subject", e.subject());
        json.addProperty("split", e.split());
        json.addProperty("images", e.images());
        json.addProperty("imageSet", e.imageSet());
        json.addProperty("pixels", confusion.total());
        json.addProperty("unpredicted", e.unpredicted());
        JsonObject miou = new JsonObject();
        for (IouConvention c : IouConvention.values()) {
            put(miou, c.name(), confusion.total() == 0 ? Double.NaN : confusion.meanIou(c));
        }
        json.add("miou", miou);
        json.addProperty("convention", e.convention().name());
        put(json, "pixelAccuracy", confusion.pixelAccuracy());
        put(json, "meanAccuracy", confusion.meanAccuracy());
        put(json, "frequencyWeightedIou", confusion.frequencyWeightedIou());
        put(json, "mfpr", confusion.meanFalsePositives());
        put(json, "mfnr", confusion.meanFalseNegatives());
        e.boundary().ifPresent(boundary -> {
            JsonObject b = new JsonObject();
            b.addProperty("ratio", boundary.ratio());
            put(b, "miou", boundaryMean(e, boundary));
            json.add("boundary", b);
        });
        e.sizes().ifPresent(sizes -> json.add("sizes", json(sizes)));
        json.add("classes", classes(e));
        JsonObject reasons = new JsonObject();
        e.skipped().forEach(reasons::addProperty);
        json.add("skipped", reasons);
        return new GsonBuilder()
                        .disableHtmlEscaping()
                        .serializeNulls()
                        .setPrettyPrinting()
                        .create()
                        .toJson(json)
                + "\n";
    }

    private static JsonArray classes(Evaluation e) {
        ConfusionMatrix confusion = e.confusion();
        double[] iou = e.iou();
        double[] fpr = confusion.falsePositives();
        double[] fnr = confusion.falseNegatives();
        double[] precision = confusion.precision();
        double[] recall = confusion.recall();
        long[] pixels = confusion.truth();
        JsonArray rows = new JsonArray();
        for (int l = 0; l < iou.length; l++) {
            JsonObject row = new JsonObject();
            row.addProperty("label", l);
            row.addProperty("name", e.classes().labelNames().get(l));
            put(row, "iou", iou[l]);
            put(row, "fpr", fpr[l]);
            put(row, "fnr", fnr[l]);
            put(row, "precision", precision[l]);
            put(row, "recall", recall[l]);
            if (e.boundary().isPresent()) {
                put(row, "boundaryIou", e.boundary().get().iou(e.convention())[l]);
            }
            row.addProperty("pixels", pixels[l]);
            rows.add(row);
        }
        return rows;
    }

    private static JsonObject json(ObjectSizes sizes) {
        JsonObject json = new JsonObject();
        json.addProperty("areas", sizes.areas().name());
        for (ObjectSizes.Size size : ObjectSizes.Size.values()) {
            JsonObject stratum = new JsonObject();
            stratum.addProperty("objects", sizes.objects(size));
            stratum.addProperty("pixels", sizes.pixels(size));
            put(stratum, "pixelRecall", sizes.pixelRecall(size));
            put(stratum, "meanRecall", sizes.meanRecall(size));
            put(stratum, "meanIou", sizes.meanIou(size));
            json.add(name(size), stratum);
        }
        return json;
    }

    private static void put(JsonObject json, String key, double value) {
        if (Double.isFinite(value)) {
            json.addProperty(key, value);
        } else {
            json.add(key, JsonNull.INSTANCE);
        }
    }

    static String markdown(Evaluation e) {
        ConfusionMatrix confusion = e.confusion();
        StringBuilder out = new StringBuilder();
        line(out, "# " + plain(e.subject()) + " on " + plain(e.split()));
        line(out, "");
        line(out, e.images() + " images, " + confusion.total() + " pixels that count (255 in the truth does not)");
        if (e.unpredicted() > 0) {
            line(out, "");
            line(out, e.unpredicted() + " of these pixels are predicted 255: misses of their labels");
        }
        if (confusion.total() > 0) {
            means(out, e);
            e.sizes().ifPresent(sizes -> sizes(out, sizes));
            classes(out, e);
        }
        if (!e.skipped().isEmpty()) {
            line(out, "");
            line(out, "## Left out: " + e.skipped().size());
            line(out, "");
            e.skipped().entrySet().stream()
                    .limit(SHOWN)
                    .forEach(skip -> line(out, "- " + plain(skip.getKey()) + ": " + plain(skip.getValue())));
            if (e.skipped().size() > SHOWN) {
                line(out, "- and " + (e.skipped().size() - SHOWN) + " more");
            }
        }
        return out.toString();
    }

    private static void means(StringBuilder out, Evaluation e) {
        ConfusionMatrix confusion = e.confusion();
        line(out, "");
        head(out, "figure", "value");
        for (IouConvention c : IouConvention.values()) {
            row(out, "mIoU % (" + plain(c.name()) + ")", percent(confusion.meanIou(c)));
        }
        row(out, "pixel accuracy %", percent(confusion.pixelAccuracy()));
        row(out, "mean accuracy %", percent(confusion.meanAccuracy()));
        row(out, "frequency weighted IoU %", percent(confusion.frequencyWeightedIou()));
        row(out, "mFPR (of the union)", share(confusion.meanFalsePositives()));
        row(out, "mFNR (of the union)", share(confusion.meanFalseNegatives()));
        e.boundary()
                .ifPresent(b -> row(
                        out, "mean boundary IoU % (" + b.ratio() + " of the diagonal)", percent(boundaryMean(e, b))));
    }

    private static void sizes(StringBuilder out, ObjectSizes sizes) {
        line(out, "");
        head(out, "size (" + sizes.areas() + ")", "objects", "pixels", "pixel recall %", "recall %", "IoU %");
        for (ObjectSizes.Size size : ObjectSizes.Size.values()) {
            row(
                    out,
                    name(size),
                    Long.toString(sizes.objects(size)),
                    Long.toString(sizes.pixels(size)),
                    percent(sizes.pixelRecall(size)),
                    percent(sizes.meanRecall(size)),
                    percent(sizes.meanIou(size)));
        }
    }

    private static void classes(StringBuilder out, Evaluation e) {
        ConfusionMatrix confusion = e.confusion();
        double[] iou = e.iou();
        double[] fpr = confusion.falsePositives();
        double[] fnr = confusion.falseNegatives();
        double[] precision = confusion.precision();
        double[] recall = confusion.recall();
        long[] pixels = confusion.truth();
        line(out, "");
        String[] names = {"class", "value", "IoU %", "FPR", "FNR", "precision %", "recall %", "pixels", "boundary IoU %"
        };
        int columns = e.boundary().isPresent() ? names.length : names.length - 1;
        head(out, Arrays.copyOf(names, columns));
        for (int l = 0; l < iou.length; l++) {
            double boundary = e.boundary().isPresent() ? e.boundary().get().iou(e.convention())[l] : Double.NaN;
            String[] cells = {
                plain(e.classes().labelNames().get(l)),
                Integer.toString(l),
                percent(iou[l]),
                share(fpr[l]),
                share(fnr[l]),
                percent(precision[l]),
                percent(recall[l]),
                Long.toString(pixels[l]),
                percent(boundary)
            };
            row(out, Arrays.copyOf(cells, columns));
        }
        line(out, "");
        line(out, "IoU by class is by the convention " + plain(e.convention().name()) + ".");
    }

    private static double boundaryMean(Evaluation e, BoundaryIou boundary) {
        return e.confusion().total() == 0 ? Double.NaN : boundary.meanIou(e.convention());
    }

    private static String name(ObjectSizes.Size size) {
        return size.name().toLowerCase(Locale.ROOT);
    }

    private static void line(StringBuilder out, String text) {
        out.append(text).append('\n');
    }

    /** The first column is of text, the others of numbers. */
    private static void head(StringBuilder out, String... names) {
        row(out, names);
        String[] rule = new String[names.length];
        Arrays.fill(rule, "---:");
        rule[0] = "---";
        row(out, rule);
    }

    private static void row(StringBuilder out, String... cells) {
        line(out, "| " + String.join(" | ", cells) + " |");
    }

    /** Names and messages come from files: they stay text, in one line. */
    private static String plain(String text) {
        return text.replaceAll("[\\p{C}\\u2028\\u2029]", "?").replaceAll("[\\\\`*_\\[\\]<>|#&~]", "\\\\$0");
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
    }

    private static String share(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.3f", share);
    }
}
