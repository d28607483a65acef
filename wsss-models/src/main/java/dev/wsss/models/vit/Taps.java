package dev.wsss.models.vit;

import java.util.EnumMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What to keep of which blocks of a transformer.
 *
 * <pre>{@code
 * Taps taps = Taps.of(Tap.ATTENTION).and(Tap.NORMALIZED, -1);   // maps of all blocks, the last one's normalized tokens
 * }</pre>
 *
 * <p>Immutable. Blocks are counted from 0; from the end, as -1, where they are negative.
 */
public final class Taps {
    /** Nothing. */
    public static final Taps NONE = new Taps(Map.of());

    /** The blocks of each tap; none for all. */
    private final Map<Tap, SortedSet<Integer>> layers;

    private Taps(Map<Tap, SortedSet<Integer>> layers) {
        this.layers = layers;
    }

    /** One kind, of the given blocks; of all if none are given. */
    public static Taps of(Tap tap, int... layers) {
        return NONE.and(tap, layers);
    }

    /** These and another kind. */
    public Taps and(Tap tap, int... blocks) {
        Map<Tap, SortedSet<Integer>> all = new EnumMap<>(Tap.class);
        all.putAll(layers);
        SortedSet<Integer> set = new TreeSet<>();
        for (int block : blocks) {
            set.add(block);
        }
        all.put(tap, set);
        return new Taps(all);
    }

    /** The blocks by kind, counted from 0, of a transformer of so many. */
    Map<Tap, SortedSet<Integer>> resolve(int count) {
        Map<Tap, SortedSet<Integer>> resolved = new EnumMap<>(Tap.class);
        layers.forEach((tap, blocks) -> {
            SortedSet<Integer> set = new TreeSet<>();
            for (int block : blocks) {
                int i = block < 0 ? count + block : block;
                if (i < 0 || i >= count) {
                    throw new IllegalArgumentException(
                            "there is no block " + block + " to tap for " + tap + ", the transformer has " + count);
                }
                set.add(i);
            }
            for (int i = 0; blocks.isEmpty() && i < count; i++) {
                set.add(i);
            }
            resolved.put(tap, set);
        });
        return resolved;
    }

    @Override
    public String toString() {
        return "Taps" + layers;
    }
}
