package dev.wsss.api;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What made a thing: a kind, and settings by name in a fixed order. A part is described under its own name:
 *
 * <pre>{@code
 * Description d = Description.of("Cam")
 *         .put("scales", new double[] {0.5, 1})
 *         .put("network", network)                // network, network.weights, ...
 *         .build();
 * d.sha256();                                     // equal for equal descriptions, in every JVM
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Description {
    private final String kind;
    private final SortedMap<String, String> entries;
    private final @Nullable String missing;

    private Description(String kind, SortedMap<String, String> entries, @Nullable String missing) {
        this.kind = kind;
        this.entries = Collections.unmodifiableSortedMap(entries);
        this.missing = missing;
    }

    /** Starts the description of something of this kind, usually the name of its class. */
    public static Builder of(String kind) {
        return new Builder(kind);
    }

    /** The description of something that cannot say what it is made of. */
    public static Description notStated(Object what) {
        String name = what.getClass().getName();
        return new Description("not stated", new TreeMap<>(), name);
    }

    /** The kind of thing. */
    public String kind() {
        return kind;
    }

    /** The settings by name, ascending; unmodifiable. Those of a part {@code x} begin with {@code x.}. */
    public SortedMap<String, String> entries() {
        return entries;
    }

    /** Whether this and all of its parts say what they are made of. */
    public boolean isStated() {
        return missing == null;
    }

    /**
     * This description, of something whose products are to be kept.
     *
     * @param what names the thing in the message
     * @throws IllegalStateException if it, or a part of it, does not say what it is made of; the message names the class
     */
    public Description requireStated(String what) {
        if (missing != null) {
            throw new IllegalStateException(
                    what + " does not say what it is made of: " + missing
                            + " has no description; override Described.description() there, or use a named class of the library");
        }
        return this;
    }

    /** SHA-256 over kind and settings, in lower-case hex. */
    public String sha256() {
        StringBuilder text = new StringBuilder();
        // lengths, so that no two descriptions give one text
        append(text, kind);
        entries.forEach((key, value) -> {
            append(text, key);
            append(text, value);
        });
        return Sha256.of(text.toString());
    }

    private static void append(StringBuilder text, String part) {
        text.append(part.length()).append(':').append(part).append('\n');
    }

    /** Kind and settings in one map, as if this were a part of that name; a name of {@code ""} leaves the kind out. */
    public SortedMap<String, String> under(String name) {
        SortedMap<String, String> all = new TreeMap<>();
        if (!name.isEmpty()) {
            all.put(name, kind);
        }
        entries.forEach((key, value) -> all.put(name.isEmpty() ? key : name + "." + key, value));
        return all;
    }

    /**
     * How two descriptions differ, in words: {@code scales is [1.0] there and [0.5, 1.0] here}, one for each setting.
     *
     * @param there settings that were found
     * @param here settings that are wanted
     */
    public static List<String> differences(Map<String, String> there, Map<String, String> here) {
        TreeSet<String> keys = new TreeSet<>(there.keySet());
        keys.addAll(here.keySet());
        List<String> differences = new ArrayList<>();
        for (String key : keys) {
            String found = there.get(key);
            String wanted = here.get(key);
            if (!Objects.equals(found, wanted)) {
                differences.add(key + " is " + (found == null ? "not set" : "'" + found + "'") + " there and "
                        + (wanted == null ? "not set" : "'" + wanted + "'") + " here");
            }
        }
        return differences;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Description other
                && kind.equals(other.kind)
                && entries.equals(other.entries)
                && Objects.equals(missing, other.missing);
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + entries.hashCode();
    }

    @Override
    public String toString() {
        return missing == null ? kind + entries : missing + ", which does not say what it is made of";
    }

    /** Collects settings. */
    public static final class Builder {
        private final String kind;
        private final SortedMap<String, String> entries = new TreeMap<>();
        private @Nullable String missing;

        private Builder(String kind) {
            this.kind = Objects.requireNonNull(kind, "kind");
        }

        /**
         * Adds a setting or a part.
         *
         * @param value a number, text, truth value, enum, path; a {@link Described} or {@link Description}; a record of
         *     such; an optional, list, array or map of such
         * @throws IllegalArgumentException if it is something else: its text could not tell one value from another; or if
         *     the name is taken
         */
        public Builder put(String key, @Nullable Object value) {
            if (value instanceof Described part) {
                return putPart(key, part.description());
            }
            if (value instanceof Description part) {
                return putPart(key, part);
            }
            if (value instanceof Optional<?> optional && optional.isPresent()) {
                return put(key, optional.get());
            }
            if (value instanceof Record record) {
                return putAll(key + ".", record);
            }
            if (value instanceof List<?> list && list.stream().anyMatch(Builder::isPart)) {
                for (int i = 0; i < list.size(); i++) {
                    put(key + "." + i, list.get(i));
                }
                return this;
            }
            if (value instanceof Map<?, ?> map && map.values().stream().anyMatch(Builder::isPart)) {
                map.forEach((name, part) -> put(key + "." + name, part));
                return this;
            }
            return enter(key, text(key, value));
        }

        /** Adds each component of a record of settings, a nested record's as {@code outer.inner}. */
        public Builder putAll(Record settings) {
            return putAll("", settings);
        }

        /** Adds the settings of another description, without its kind. */
        public Builder putAll(Description other) {
            other.entries.forEach(this::enter);
            if (other.missing != null) {
                missing = other.missing;
            }
            return this;
        }

        /** Builds. */
        public Description build() {
            return new Description(kind, new TreeMap<>(entries), missing);
        }

        private static boolean isPart(@Nullable Object value) {
            return value instanceof Described || value instanceof Description || value instanceof Record;
        }

        private Builder putPart(String key, Description part) {
            part.under(key).forEach(this::enter);
            if (part.missing != null) {
                missing = part.missing;
            }
            return this;
        }

        private Builder putAll(String prefix, Record record) {
            for (RecordComponent component : record.getClass().getRecordComponents()) {
                put(prefix + component.getName(), value(record, component));
            }
            return this;
        }

        private Builder enter(String key, String value) {
            if (entries.put(key, value) != null) {
                throw new IllegalArgumentException("setting '" + key + "' of " + kind + " stands twice");
            }
            return this;
        }

        private static @Nullable Object value(Record record, RecordComponent component) {
            try {
                Method accessor = component.getAccessor();
                // the record may be a private one of its user's
                accessor.setAccessible(true);
                return accessor.invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new IllegalArgumentException("cannot read '" + component.getName() + "' of " + record, e);
            }
        }

        private static String text(String key, @Nullable Object value) {
            if (value == null
                    || value instanceof Number
                    || value instanceof CharSequence
                    || value instanceof Boolean
                    || value instanceof Character
                    || value instanceof Path) {
                return String.valueOf(value);
            }
            if (value instanceof Enum<?> e) {
                return e.name();
            }
            if (value instanceof Optional<?> optional) {
                return optional.map(v -> text(key, v)).orElse("none");
            }
            if (value instanceof List<?> list) {
                List<String> parts = new ArrayList<>();
                list.forEach(e -> parts.add(text(key, e)));
                return parts.toString();
            }
            if (value instanceof Map<?, ?> map) {
                Map<String, String> sorted = new TreeMap<>();
                map.forEach((k, v) -> sorted.put(text(key, k), text(key, v)));
                return sorted.toString();
            }
            if (value.getClass().isArray()) {
                List<String> parts = new ArrayList<>();
                for (int i = 0; i < Array.getLength(value); i++) {
                    parts.add(text(key, Array.get(value, i)));
                }
                return parts.toString();
            }
            throw new IllegalArgumentException("setting '" + key + "' is a "
                    + value.getClass().getName()
                    + ", whose text may differ from run to run; expected a number, text, truth value, enum, record,"
                    + " Described, or a list, array, map or optional of such");
        }
    }
}
