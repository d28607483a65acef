package dev.wsss.core.nn;

import dev.wsss.core.checkpoint.Glob;
import dev.wsss.core.checkpoint.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint may lack, hold beyond, or hold in another size when a network loads it, and what else of it is let
 * pass. Everything else is refused.
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
    /** Nothing may miss, be left over, have another shape, or hold values that are not finite. */
    public static final LoadPolicy STRICT = builder().build();

    private final List<String> mayMiss;
    private final List<String> mayDrop;
    private final List<Glob> extra;
    private final Map<String, TableResize> resizes;
    private final boolean inertGlobals;
    private final boolean nonFinite;

    private LoadPolicy(Builder b) {
        mayMiss = List.copyOf(b.mayMiss);
        mayDrop = List.copyOf(b.mayDrop);
        extra = List.copyOf(b.extra);
        resizes = Map.copyOf(b.resizes);
        inertGlobals = b.inertGlobals;
        nonFinite = b.nonFinite;
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

    /** Whether this key of a checkpoint may be left out if the network has no use for it. */
    public boolean allowsExtra(String key) {
        return extra.stream().anyMatch(glob -> glob.matches(key));
    }

    /** Whether objects of unknown classes in the file are passed over. */
    public boolean inertGlobals() {
        return inertGlobals;
    }

    /** Whether values that are NaN or infinite load. */
    public boolean nonFinite() {
        return nonFinite;
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
        private final List<Glob> extra = new ArrayList<>();
        private final Map<String, TableResize> resizes = new LinkedHashMap<>();
        private boolean inertGlobals;
        private boolean nonFinite;

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

        /**
         * The checkpoint's keys that may be left out where the network has no use for them, as patterns in which {@code *}
         * is any text. Keys that it has a use for load, whatever the patterns; a tensor that cannot be read is left out.
         */
        public Builder optAllowExtra(String... patterns) {
            for (String pattern : patterns) {
                extra.add(new Glob(pattern));
            }
            return this;
        }

        /**
         * Whether objects of unknown classes beside the weights are passed over, as by {@link
         * dev.wsss.core.io.Checkpoint.Builder#optInertGlobals}; by default a file that holds some is refused. For those who
         * open the file.
         */
        public Builder optInertGlobals(boolean inertGlobals) {
            this.inertGlobals = inertGlobals;
            return this;
        }

        /** Whether values that are NaN or infinite load; by default they are refused. */
        public Builder optNonFinite(boolean nonFinite) {
            this.nonFinite = nonFinite;
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
