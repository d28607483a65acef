package dev.wsss.core.fusion;

import dev.wsss.api.LabelMap;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * A folder of label PNGs as one of several.
 *
 * @param name what messages and results call it
 * @param folder of {@code <id>.png}
 * @param weight of its votes, above 0
 * @param ignored values of its files that stand for {@link LabelMap#IGNORE}, such as 254 or an own class of borders
 */
public record FusionSource(String name, Path folder, double weight, Set<Integer> ignored) {
    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the name is blank, the weight is not above 0, or an ignored value not in 0..255
     */
    public FusionSource {
        if (name.isBlank()) {
            throw new IllegalArgumentException("the source of " + folder + " has a blank name; expected one");
        }
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the weight of source '" + name + "' is " + weight + "; expected above 0");
        }
        for (int value : ignored) {
            if (value < 0 || value > 255) {
                throw new IllegalArgumentException(
                        "an ignored value of source '" + name + "' is " + value + "; expected 0..255");
            }
        }
        ignored = Set.copyOf(ignored);
    }

    /** A folder of weight 1, called by its path, without values that are ignored beside {@link LabelMap#IGNORE}. */
    public static FusionSource of(Path folder) {
        return new FusionSource(folder.toString(), folder, 1, Set.of());
    }

    /** As this, of another weight. */
    public FusionSource withWeight(double value) {
        return new FusionSource(name, folder, value, ignored);
    }

    /** As this, with values that stand for {@link LabelMap#IGNORE}. */
    public FusionSource ignoring(int... values) {
        Set<Integer> all = new TreeSet<>(ignored);
        for (int value : values) {
            all.add(value);
        }
        return new FusionSource(name, folder, weight, all);
    }

    /** The map with {@link LabelMap#IGNORE} for the values that are ignored. */
    LabelMap translate(LabelMap map) {
        if (ignored.isEmpty()) {
            return map;
        }
        byte[] labels = map.toArray();
        for (int i = 0; i < labels.length; i++) {
            if (ignored.contains(labels[i] & 255)) {
                labels[i] = (byte) LabelMap.IGNORE;
            }
        }
        return LabelMap.wrap(map.height(), map.width(), labels);
    }
}
