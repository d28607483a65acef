package dev.wsss.core.fusion;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.wsss.api.ClassCatalog;
import dev.wsss.core.pipeline.LabelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link LabelFusion} made, and what it found about its sources.
 *
 * @param labels the folder of label PNGs
 * @param agreement the folder of agreement PNGs
 * @param classes of the labels
 * @param sources in their order
 * @param method how pixels were decided
 * @param made ids of the images that were written
 * @param missing by source, the ids that it has no labels of
 * @param failed why images were left out, by id
 * @param patterns which labels the sources give to a pixel, and how often
 * @param credibility how the sources err, of three or more
 * @param ignoredPixels of the images that were written, the pixels without a label
 */
public record FusionResult(
        Path labels,
        Path agreement,
        ClassCatalog classes,
        List<FusionSource> sources,
        FusionMethod method,
        List<String> made,
        Map<String, List<String>> missing,
        Map<String, String> failed,
        LabelPatterns patterns,
        @Nullable Credibility credibility,
        long ignoredPixels) {
    /** The file beside the folders that holds {@link #toJson}. */
    static final String FILE = "fusion.json";

    /** All figures as JSON; what is not a number is null. */
    public String toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("complete", true);
        json.addProperty("method", method.toString());
        json.add("labels", texts(classes.labelNames()));
        json.addProperty("images", made.size());
        json.addProperty("pixels", patterns.pixels());
        json.addProperty("unanimousPixels", patterns.unanimous());
        json.addProperty("ignoredPixels", ignoredPixels);
        double[][] shares = patterns.agreement();
        JsonArray list = new JsonArray();
        for (int s = 0; s < sources.size(); s++) {
            FusionSource source = sources.get(s);
            JsonObject entry = new JsonObject();
            entry.addProperty("name", source.name());
            entry.addProperty("folder", source.folder().toString());
            new LabelFolder(source.folder(), classes).description().entries().forEach(entry::addProperty);
            entry.addProperty("weight", source.weight());
            entry.add(
                    "ignored",
                    texts(source.ignored().stream()
                            .sorted()
                            .map(String::valueOf)
                            .toList()));
            entry.add("missing", texts(missing.getOrDefault(source.name(), List.of())));
            entry.add("agreement", numbers(shares[s]));
            if (credibility != null) {
                entry.addProperty("accuracy", credibility.accuracy(s));
                double[] right = new double[classes.labelCount()];
                for (int t = 0; t < right.length; t++) {
                    right[t] = credibility.says(s, t, t);
                }
                entry.add("accuracyByLabel", numbers(right));
            }
            list.add(entry);
        }
        json.add("sources", list);
        JsonObject faults = new JsonObject();
        failed.forEach(faults::addProperty);
        json.add("failed", faults);
        return new GsonBuilder()
                        .disableHtmlEscaping()
                        .serializeNulls()
                        .setPrettyPrinting()
                        .create()
                        .toJson(json)
                + "\n";
    }

    private static JsonArray texts(List<String> values) {
        JsonArray array = new JsonArray();
        values.forEach(array::add);
        return array;
    }

    private static JsonArray numbers(double[] values) {
        JsonArray array = new JsonArray();
        for (double value : values) {
            if (Double.isFinite(value)) {
                array.add(value);
            } else {
                array.add(JsonNull.INSTANCE);
            }
        }
        return array;
    }
}
