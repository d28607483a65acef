package dev.wsss.core.nn;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * How a checkpoint and a network fit.
 *
 * @param loaded keys of equal shape on both sides
 * @param missing keys of the network that the checkpoint lacks
 * @param unexpected keys of the checkpoint that the network lacks
 * @param wrongShape keys of both with other shapes, each as {@code key: expected [..], found [..]}
 */
public record LoadReport(List<String> loaded, List<String> missing, List<String> unexpected, List<String> wrongShape) {
    private static final int SHOWN = 8;

    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        wrongShape = List.copyOf(wrongShape);
    }

    static LoadReport compare(Map<String, Tensor> network, Map<String, HostArray> checkpoint) {
        List<String> loaded = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> wrongShape = new ArrayList<>();
        network.forEach((key, tensor) -> {
            HostArray array = checkpoint.get(key);
            if (array == null) {
                missing.add(key);
            } else if (!Arrays.equals(Tensors.shape(tensor), array.shape())) {
                wrongShape.add(key + ": expected " + Arrays.toString(Tensors.shape(tensor)) + ", found "
                        + Arrays.toString(array.shape()));
            } else {
                loaded.add(key);
            }
        });
        List<String> unexpected = checkpoint.keySet().stream()
                .filter(k -> !network.containsKey(k))
                .toList();
        return new LoadReport(loaded, missing, unexpected, wrongShape);
    }

    LoadReport without(List<String> mayMiss, List<String> mayDrop) {
        return new LoadReport(
                loaded,
                missing.stream()
                        .filter(k -> mayMiss.stream().noneMatch(k::startsWith))
                        .toList(),
                unexpected.stream()
                        .filter(k -> mayDrop.stream().noneMatch(k::startsWith))
                        .toList(),
                wrongShape);
    }

    /** Whether nothing is missing, unexpected or of another shape. */
    public boolean isExact() {
        return missing.isEmpty() && unexpected.isEmpty() && wrongShape.isEmpty();
    }

    @Override
    public String toString() {
        return loaded.size() + " keys fit; missing " + some(missing) + "; unexpected " + some(unexpected)
                + "; wrong shape " + some(wrongShape);
    }

    private static String some(List<String> keys) {
        return keys.size() <= SHOWN
                ? keys.toString()
                : keys.subList(0, SHOWN) + " and " + (keys.size() - SHOWN) + " more";
    }
}
