package dev.wsss.core.nn;

import dev.wsss.core.io.HostArray;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * NaN and infinite values among weights.
 *
 * @param key of the first tensor that holds some
 * @param values how many it holds
 * @param tensors how many tensors hold some
 */
record NonFinite(String key, HostArray array, int values, int tensors) {
    /** Those of some arrays; empty if all values are finite. Each array is read once, several at a time. */
    static Optional<NonFinite> of(Map<String, HostArray> arrays, List<String> keys) {
        List<NonFinite> found = keys.parallelStream()
                .map(key -> {
                    HostArray array = Objects.requireNonNull(arrays.get(key));
                    return new NonFinite(key, array, array.nonFinite(), 1);
                })
                .filter(one -> one.values > 0)
                .toList();
        return found.stream().findFirst().map(one -> new NonFinite(one.key, one.array, one.values, found.size()));
    }

    @Override
    public String toString() {
        return "tensor '" + key + "' has " + values + " of " + array.size() + " values that are NaN or infinite"
                + (tensors == 1 ? "" : ", and " + (tensors - 1) + " more tensors have some");
    }
}
