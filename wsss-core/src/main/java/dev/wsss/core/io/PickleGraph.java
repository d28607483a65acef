package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a pickle built into plain data: arrays in place of the steps that make them, and nothing that contains
 * itself or is nested so deep that a recursive user would overflow the stack.
 */
final class PickleGraph {
    private static final int MAX_DEPTH = 100;

    private final Unpickler machine;
    private final IdentityHashMap<Object, Integer> heights = new IdentityHashMap<>();

    PickleGraph(Unpickler machine) {
        this.machine = machine;
    }

    @Nullable
    Object resolve(@Nullable Object root) {
        Object value = value(root);
        height(value, 0);
        return value;
    }

    private @Nullable Object value(@Nullable Object object) {
        Object value = object;
        // An array of one object stands for the object, which may be such an array again.
        for (int depth = 0; value instanceof Unpickler.Pending pending; depth++) {
            if (depth > MAX_DEPTH) {
                throw machine.bad("the pickle is nested deeper than " + MAX_DEPTH + " levels");
            }
            value = pending.value(machine);
        }
        return value;
    }

    /** Resolves all below a container and gives the number of levels below it. Each object is walked once. */
    @SuppressWarnings("unchecked") // every container here is one of the unpickler's
    private int height(@Nullable Object object, int depth) {
        if (!(object instanceof List<?> || object instanceof Map<?, ?> || object instanceof Set<?>)) {
            if (object != null && !isData(object)) {
                throw machine.bad("the pickle holds a function or a type, expected data");
            }
            return 0;
        }
        // What holds no container ends here; most of a file's containers do. Members of sets are scalars.
        if (object instanceof Set<?>
                || object instanceof Collection<?> c && c.isEmpty()
                || object instanceof Map<?, ?> m && m.isEmpty()) {
            return 0;
        }
        Integer known = heights.get(object);
        if (known != null && known < 0) {
            throw machine.bad("the pickle holds a container that contains itself");
        }
        int height = known == null ? 0 : known;
        if (depth + height > MAX_DEPTH) {
            throw machine.bad("the pickle is nested deeper than " + MAX_DEPTH + " levels");
        }
        if (known != null) {
            return height;
        }
        heights.put(object, -1);
        if (object instanceof List<?>) {
            List<@Nullable Object> list = (List<@Nullable Object>) object;
            for (int i = 0; i < list.size(); i++) {
                Object item = list.get(i);
                if (item instanceof Unpickler.Pending) {
                    list.set(i, value(item));
                }
                height = Math.max(height, 1 + height(list.get(i), depth + 1));
            }
        } else if (object instanceof Map<?, ?>) {
            for (Map.Entry<@Nullable Object, @Nullable Object> e :
                    ((Map<@Nullable Object, @Nullable Object>) object).entrySet()) {
                if (e.getValue() instanceof Unpickler.Pending) {
                    e.setValue(value(e.getValue()));
                }
                height = Math.max(height, 1 + height(e.getValue(), depth + 1));
            }
        }
        heights.put(object, height);
        return height;
    }

    private static boolean isData(Object object) {
        return object instanceof String
                || object instanceof Number
                || object instanceof Boolean
                || object instanceof ByteBuffer
                || object instanceof HostArray;
    }
}
