package dev.wsss.core.golden;

import com.google.gson.JsonObject;
import dev.wsss.core.io.HostArray;
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
