package dev.wsss.core.pipeline;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Configuration as text that is equal for equal values, in every JVM. */
final class ConfigText {
    private ConfigText() {}

    static void put(Map<String, String> config, String key, @Nullable Object value) {
        if (value instanceof Record record) {
            putComponents(config, key + ".", record);
        } else {
            config.put(key, text(key, value));
        }
    }

    static void putComponents(Map<String, String> config, String prefix, Record record) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            put(config, prefix + component.getName(), value(record, component));
        }
    }

    private static @Nullable Object value(Record record, RecordComponent component) {
        try {
            Method accessor = component.getAccessor();
            // The record may be a private one of its user's.
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
            return optional.isPresent() ? text(key, optional.get()) : "none";
        }
        if (value instanceof Record record) {
            Map<String, String> components = new TreeMap<>();
            putComponents(components, "", record);
            return components.toString();
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
        throw new IllegalArgumentException("configuration '" + key + "' is a "
                + value.getClass().getName()
                + ", whose text may differ from run to run; expected a number, text, truth value, enum, record, or a"
                + " list, array, map or optional of such");
    }
}
