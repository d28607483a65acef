package dev.wsss.core.nn;

import dev.wsss.core.checkpoint.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint may lack, hold beyond, or hold in another size when a network loads it. Everything else is refused.
 *
 * <pre>{@code
 * network.load(checkpoint, LoadPolicy.builder()
 *         .optMayMiss("head.")                                            // ours, starts fresh
 *         .optMayDrop("fc.")                                              // theirs, not needed
 *         .optResize("visual.positional_embedding", TableResize.bicubic(1))
 *         .build());
 * }</pre>
 */
public final class LoadPolicy {
    /** Nothing may miss, be left over, or have another shape. */
    public static final LoadPolicy STRICT = builder().build();

    private final List<String> mayMiss;
    private final List<String> mayDrop;
    private final Map<String, TableResize> resizes;

    private LoadPolicy(Builder b) {
        mayMiss = List.copyOf(b.mayMiss);
        mayDrop = List.copyOf(b.mayDrop);
        resizes = Map.copyOf(b.resizes);
    }

    /** Starts a policy; strict unless set otherwise. */
    public static Builder builder() {
        return new Builder();
    }

    boolean mayMiss(String key) {
        return mayMiss.stream().anyMatch(key::startsWith);
    }

    /** Whether this key of a checkpoint may be left over. */
    public boolean mayDrop(String key) {
        return mayDrop.stream().anyMatch(key::startsWith);
    }

    /** How a key's table becomes one of another shape; null if it may not, or cannot. */
    @Nullable
    TableResize resize(String key, TensorSpec from, long[] to) {
        TableResize resize = resizes.get(key);
        return resize != null && resize.fits(from, to) ? resize : null;
    }

    /** Settings of a policy. */
    public static final class Builder {
        private final List<String> mayMiss = new ArrayList<>();
        private final List<String> mayDrop = new ArrayList<>();
        private final Map<String, TableResize> resizes = new LinkedHashMap<>();

        private Builder() {}

        /** Our keys that begin so may miss. */
        public Builder optMayMiss(String... prefixes) {
            mayMiss.addAll(named(prefixes));
            return this;
        }

        /** The checkpoint's keys that begin so may be left over. */
        public Builder optMayDrop(String... prefixes) {
            mayDrop.addAll(named(prefixes));
            return this;
        }

        private static List<String> named(String... prefixes) {
            for (String prefix : prefixes) {
                if (prefix.isEmpty()) {
                    throw new IllegalArgumentException("name the keys: an empty prefix would allow anything");
                }
            }
            return List.of(prefixes);
        }

        /** Our key whose table may have another size in the checkpoint, and how it is resampled then. */
        public Builder optResize(String key, TableResize resize) {
            resizes.put(key, resize);
            return this;
        }

        /** Builds. */
        public LoadPolicy build() {
            return new LoadPolicy(this);
        }
    }
}
