package dev.wsss.core.io;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stands in a pickle's graph for an object whose class is not made. It keeps the state and the items that the object would
 * have been given, so that arrays can be found in them, and does nothing.
 */
final class Placeholder implements Unpickler.Pending {
    private final String className;
    private @Nullable Object state;
    private @Nullable Map<@Nullable Object, @Nullable Object> items;

    Placeholder(String className) {
        this.className = className;
    }

    String className() {
        return className;
    }

    /** The items of a subclass of dict; grows as the pickle adds to it. */
    Map<@Nullable Object, @Nullable Object> items() {
        Map<@Nullable Object, @Nullable Object> map = items;
        if (map == null) {
            map = new LinkedHashMap<>(4);
            items = map;
        }
        return map;
    }

    /** The object's attributes; empty if its state is something else than a dict. */
    Map<?, ?> attributes() {
        // A class with slots has a pair of dicts, of which the first holds the attributes.
        Object given = state instanceof List<?> pair && !pair.isEmpty() ? pair.get(0) : state;
        return given instanceof Map<?, ?> map ? map : Map.of();
    }

    /** The items if there are any, else the attributes. */
    Map<?, ?> content() {
        Map<?, ?> map = items;
        return map == null || map.isEmpty() ? attributes() : map;
    }

    @Override
    public void build(Unpickler machine, @Nullable Object given) {
        state = given;
    }

    @Override
    public @Nullable Object value(Unpickler machine) {
        return this;
    }

    @Override
    public String toString() {
        return className;
    }
}
