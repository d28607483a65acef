package dev.wsss.core.golden;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One reference-vector file: inputs, expected outputs, hyperparameters, and the shapes of the weights to fill.
 *
 * @param file the file's name
 * @param name the contract it tests, such as {@code crf.dense}
 * @param config every hyperparameter
 * @param tensors all tensors by their full names ({@code in.*}, {@code param.*}, {@code out.*})
 * @param weightSeed seed of the filled weights, 0 where there are none
 * @param weightShapes checkpoint key to shape, in the reference's order; empty where there are none
 * @param atol absolute tolerance
 * @param rtol relative tolerance
 */
public record GoldenCase(
        String file,
        String name,
        JsonObject config,
        Map<String, HostArray> tensors,
        long weightSeed,
        Map<String, long[]> weightShapes,
        double atol,
        double rtol) {

    /**
     * Reads a file of reference vectors.
     *
     * @throws InvalidDataException naming the file, if it is not one
     */
    public static GoldenCase load(Path path) {
        try (SafetensorsFile file = Safetensors.open(path)) {
            Map<String, HostArray> tensors = new LinkedHashMap<>();
            for (String name : file.names()) {
                tensors.put(name, file.get(name));
            }
            Map<String, String> metadata = file.metadata();
            try {
                JsonObject weights = JsonParser.parseString(metadata.getOrDefault("weights", "{}"))
                        .getAsJsonObject();
                return new GoldenCase(
                        path.getFileName().toString(),
                        text(metadata, "case"),
                        JsonParser.parseString(text(metadata, "config")).getAsJsonObject(),
                        tensors,
                        weights.has("seed") ? weights.get("seed").getAsLong() : 0,
                        weights.has("manifest") ? shapes(weights.getAsJsonObject("manifest")) : Map.of(),
                        tolerance(metadata, "atol"),
                        tolerance(metadata, "rtol"));
            } catch (RuntimeException e) {
                throw new InvalidDataException(path + ": not a file of reference vectors: " + e.getMessage(), e);
            }
        }
    }

    private static String text(Map<String, String> metadata, String key) {
        String value = metadata.get(key);
        if (value == null) {
            throw new IllegalArgumentException("metadata has no " + key + ", only " + metadata.keySet());
        }
        return value;
    }

    private static double tolerance(Map<String, String> metadata, String key) {
        double value = Double.parseDouble(text(metadata, key));
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(key + " is " + value + ", expected a finite number >= 0");
        }
        return value;
    }

    private static Map<String, long[]> shapes(JsonObject manifest) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        manifest.entrySet()
                .forEach(e -> shapes.put(
                        e.getKey(),
                        e.getValue().getAsJsonArray().asList().stream()
                                .mapToLong(JsonElement::getAsLong)
                                .toArray()));
        return shapes;
    }

    /** An input, without its {@code in.} prefix. */
    public HostArray in(String key) {
        return require("in." + key);
    }

    /** A stored parameter, without its {@code param.} prefix. */
    public HostArray param(String key) {
        return require("param." + key);
    }

    /** An expected output, without its {@code out.} prefix. */
    public HostArray out(String key) {
        return require("out." + key);
    }

    /** Whether the tensor of this full name exists. */
    public boolean has(String fullName) {
        return tensors.containsKey(fullName);
    }

    private HostArray require(String fullName) {
        HostArray array = tensors.get(fullName);
        if (array == null) {
            throw new IllegalArgumentException(file + " has no tensor " + fullName + "; it has " + tensors.keySet());
        }
        return array;
    }

    /** All parameters of the manifest, filled by the rule of the reference vectors' README. */
    public Map<String, HostArray> filledWeights() {
        Map<String, HostArray> weights = new LinkedHashMap<>();
        weightShapes.forEach((key, shape) -> weights.put(key, WeightFill.fill(key, weightSeed, shape)));
        return weights;
    }
}
