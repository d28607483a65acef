package dev.wsss.core.nn;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * How a checkpoint and a network fit. All keys are the network's own, but for those of {@code unexpected} and {@code
 * dropped}.
 *
 * @param loaded keys that both have and that load, converted and resized ones included
 * @param missing keys of the network that the checkpoint lacks
 * @param unexpected keys of the checkpoint that the network lacks
 * @param wrongShape keys of both with other shapes, each as {@code key: expected [..], found [..]}
 * @param wrongType keys that hold integers on one side and fractions on the other, each as {@code key: expected I64,
 *     found F32}
 * @param converted keys whose numbers load as another type, each as {@code key: F16 to F32}
 * @param resized keys whose tables are resampled to the network's size, each as {@code key: [..] to [..], how}
 * @param filled keys that the checkpoint's family lacks and its key map supplies
 * @param dropped keys of the file that its family's key map drops on purpose
 */
public record LoadReport(
        List<String> loaded,
        List<String> missing,
        List<String> unexpected,
        List<String> wrongShape,
        List<String> wrongType,
        List<String> converted,
        List<String> resized,
        List<String> filled,
        List<String> dropped) {
    private static final int SHOWN = 8;

    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        wrongShape = List.copyOf(wrongShape);
        wrongType = List.copyOf(wrongType);
        converted = List.copyOf(converted);
        resized = List.copyOf(resized);
        filled = List.copyOf(filled);
        dropped = List.copyOf(dropped);
    }

    static LoadReport compare(Map<String, Tensor> network, Map<String, TensorSpec> checkpoint, LoadPolicy policy) {
        List<String> loaded = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> wrongShape = new ArrayList<>();
        List<String> wrongType = new ArrayList<>();
        List<String> converted = new ArrayList<>();
        List<String> resized = new ArrayList<>();
        network.forEach((key, tensor) -> {
            TensorSpec found = checkpoint.get(key);
            if (found == null) {
                missing.add(key);
                return;
            }
            TensorSpec expected = TensorSpec.of(Tensors.dtype(tensor), Tensors.shape(tensor));
            boolean sameShape = Arrays.equals(expected.shape(), found.shape());
            TableResize resize = sameShape ? null : policy.resize(key, found, expected.shape());
            if (!sameShape && resize == null) {
                wrongShape.add(key + ": expected " + Arrays.toString(expected.shape()) + ", found "
                        + Arrays.toString(found.shape()));
                return;
            }
            if (expected.dtype().isFloating() != found.dtype().isFloating()) {
                wrongType.add(key + ": expected " + expected.dtype() + ", found " + found.dtype());
                return;
            }
            if (expected.dtype() != found.dtype()) {
                converted.add(key + ": " + found.dtype() + " to " + expected.dtype());
            }
            if (resize != null) {
                resized.add(key + ": " + Arrays.toString(found.shape()) + " to " + Arrays.toString(expected.shape())
                        + ", " + resize);
            }
            loaded.add(key);
        });
        List<String> unexpected = checkpoint.keySet().stream()
                .filter(k -> !network.containsKey(k))
                .toList();
        return new LoadReport(
                loaded, missing, unexpected, wrongShape, wrongType, converted, resized, List.of(), List.of());
    }

    /** What a policy does not allow. */
    LoadReport without(LoadPolicy policy) {
        return new LoadReport(
                loaded,
                missing.stream().filter(k -> !policy.mayMiss(k)).toList(),
                unexpected.stream()
                        .filter(k -> !policy.mayDrop(k) && !policy.allowsExtra(k))
                        .toList(),
                wrongShape,
                wrongType,
                converted,
                resized,
                filled,
                dropped);
    }

    /** The same with what a key map dropped and filled. */
    public LoadReport with(KeyMap.Plan plan) {
        List<String> used =
                plan.filled().stream().filter(key -> !unexpected.contains(key)).toList();
        return new LoadReport(
                loaded, missing, unexpected, wrongShape, wrongType, converted, resized, used, plan.dropped());
    }

    /** Whether nothing is missing, unexpected, or of another shape or kind of number. */
    public boolean isExact() {
        return missing.isEmpty() && unexpected.isEmpty() && wrongShape.isEmpty() && wrongType.isEmpty();
    }

    /** Whether nothing but unexpected keys stands against loading. */
    boolean isExactButExtra() {
        return missing.isEmpty() && wrongShape.isEmpty() && wrongType.isEmpty();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(loaded.size() + " keys fit");
        part(text, "missing", missing);
        part(text, "unexpected", unexpected);
        part(text, "wrong shape", wrongShape);
        part(text, "wrong type", wrongType);
        part(text, "converted", converted);
        part(text, "resized", resized);
        part(text, "filled", filled);
        part(text, "dropped", dropped);
        return text.toString();
    }

    private static void part(StringBuilder text, String name, List<String> keys) {
        if (!keys.isEmpty()) {
            text.append("; ").append(name).append(' ');
            if (keys.size() <= SHOWN) {
                text.append(keys);
            } else {
                text.append(keys.subList(0, SHOWN))
                        .append(" and ")
                        .append(keys.size() - SHOWN)
                        .append(" more");
            }
        }
    }
}
