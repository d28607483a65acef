package dev.wsss.systems.look;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.RunManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code look.json}: what {@link LookFolder} found, for programs. Names of classes are all of ImageNet's for the class; an
 * IoU that is not defined is left out, and so is {@code agreements} where there was no segmenter.
 */
final class LookJson {
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private LookJson() {}

    static void write(
            Path file, List<LookSummary> looks, List<RunManifest.Failure> failures, @Nullable ImageNetTags tags) {
        JsonObject all = new JsonObject();
        all.add("photographs", array(looks, LookJson::look));
        all.add("failures", array(failures, failure -> {
            JsonObject o = new JsonObject();
            o.addProperty("photograph", failure.id());
            o.addProperty("reason", failure.reason());
            return o;
        }));
        all.add("warnings", GSON.toJsonTree(tags == null ? List.of() : tags.warnings()));
        AtomicFile.write(file, GSON.toJson(all) + "\n");
    }

    private static <T> JsonArray array(List<T> values, Function<T, JsonElement> form) {
        JsonArray array = new JsonArray();
        values.forEach(value -> array.add(form.apply(value)));
        return array;
    }

    private static JsonObject look(LookSummary look) {
        JsonObject o = new JsonObject();
        o.addProperty("name", look.name());
        o.addProperty("height", look.height());
        o.addProperty("width", look.width());
        o.add("likeliest", array(look.likeliest(), LookJson::likely));
        o.add("mapped", array(look.mapped(), mapped -> {
            JsonObject m = likely(mapped.shown());
            m.addProperty("tag", mapped.tag());
            return m;
        }));
        List<Agreement> agreements = look.agreements();
        if (agreements != null) {
            o.add("agreements", array(agreements, LookJson::agreement));
        }
        o.add("pictures", GSON.toJsonTree(look.pictures()));
        return o;
    }

    private static JsonObject likely(LikelyClass likely) {
        JsonObject o = new JsonObject();
        o.addProperty("class", likely.index());
        o.addProperty("names", likely.names());
        o.addProperty("probability", likely.probability());
        return o;
    }

    private static JsonObject agreement(Agreement agreement) {
        JsonObject o = new JsonObject();
        o.addProperty("of", agreement.of());
        put(o, "iou", agreement.raw());
        put(o, "iouWithCrf", agreement.refined());
        return o;
    }

    private static void put(JsonObject o, String name, double iou) {
        if (!Double.isNaN(iou)) {
            o.addProperty(name, iou);
        }
    }
}
