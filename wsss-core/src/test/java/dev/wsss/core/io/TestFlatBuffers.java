package dev.wsss.core.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes FlatBuffers files of tables given by field numbers, each part behind what refers to it. */
public final class TestFlatBuffers {
    private byte[] bytes = new byte[1 << 12];
    private int size;

    private TestFlatBuffers() {}

    /**
     * A table.
     *
     * @param fields by number: Byte, Integer, Long, Float, String, byte[], int[], float[], long[], Table, List of Table
     *     or Repeated
     */
    public record Table(Map<Integer, Object> fields) {
        /** Numbers and values in turn. */
        public static Table of(Object... pairs) {
            Map<Integer, Object> fields = new LinkedHashMap<>();
            for (int i = 0; i < pairs.length; i += 2) {
                fields.put((Integer) pairs[i], pairs[i + 1]);
            }
            return new Table(fields);
        }

        /** With a field in place of another, or more. */
        public Table with(int field, Object value) {
            Map<Integer, Object> more = new LinkedHashMap<>(fields);
            more.put(field, value);
            return new Table(more);
        }

        Table without(int field) {
            Map<Integer, Object> fewer = new LinkedHashMap<>(fields);
            fewer.remove(field);
            return new Table(fewer);
        }
    }

    /** A vector that refers to one table again and again. */
    record Repeated(Table table, int count) {}

    public static byte[] write(Table root, String identifier) {
        TestFlatBuffers out = new TestFlatBuffers();
        int place = out.grow(4);
        byte[] id = identifier.getBytes(StandardCharsets.ISO_8859_1);
        int at = out.grow(4);
        System.arraycopy(id, 0, out.bytes, at, 4);
        out.refer(place, root);
        return Arrays.copyOf(out.bytes, out.size);
    }

    private void refer(int place, Object value) {
        int at = value instanceof Table table ? table(table) : vector(value);
        buffer().putInt(place, at - place);
    }

    private int table(Table table) {
        int slots = table.fields.keySet().stream().mapToInt(f -> f + 1).max().orElse(0);
        int layoutBytes = 4 + 2 * slots;
        int layout = grow((layoutBytes + 3) / 4 * 4);
        int position = grow(4);
        Map<Integer, Object> children = new LinkedHashMap<>();
        for (Map.Entry<Integer, Object> e : table.fields.entrySet()) {
            Object value = e.getValue();
            int at = grow(value instanceof Long ? 8 : 4);
            if (value instanceof Byte b) {
                bytes[at] = b;
            } else if (value instanceof Integer i) {
                buffer().putInt(at, i);
            } else if (value instanceof Long l) {
                buffer().putLong(at, l);
            } else if (value instanceof Float f) {
                buffer().putFloat(at, f);
            } else {
                children.put(at, value);
            }
            buffer().putShort(layout + 4 + 2 * e.getKey(), (short) (at - position));
        }
        buffer().putShort(layout, (short) layoutBytes).putShort(layout + 2, (short) (size - position));
        buffer().putInt(position, position - layout);
        children.forEach((at, child) -> refer(at, child));
        return position;
    }

    private int vector(Object value) {
        if (value instanceof Repeated repeated) {
            int at = grow(4 + 4 * repeated.count);
            int table = table(repeated.table);
            buffer().putInt(at, repeated.count);
            for (int i = 0; i < repeated.count; i++) {
                buffer().putInt(at + 4 + 4 * i, table - (at + 4 + 4 * i));
            }
            return at;
        }
        if (value instanceof List<?> tables) {
            int at = grow(4 + 4 * tables.size());
            buffer().putInt(at, tables.size());
            for (int i = 0; i < tables.size(); i++) {
                refer(at + 4 + 4 * i, tables.get(i));
            }
            return at;
        }
        ByteBuffer elements = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        int count;
        if (value instanceof String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            elements.put(utf8).put((byte) 0);
            count = utf8.length;
        } else if (value instanceof byte[] array) {
            elements.put(array);
            count = array.length;
        } else if (value instanceof int[] array) {
            Arrays.stream(array).forEach(elements::putInt);
            count = array.length;
        } else if (value instanceof long[] array) {
            Arrays.stream(array).forEach(elements::putLong);
            count = array.length;
        } else {
            float[] array = (float[]) value;
            for (float f : array) {
                elements.putFloat(f);
            }
            count = array.length;
        }
        int at = grow(4 + (elements.position() + 3) / 4 * 4);
        ByteBuffer out = buffer().putInt(at, count);
        out.position(at + 4);
        out.put(elements.flip());
        return at;
    }

    private int grow(int more) {
        int at = size;
        size += more;
        if (size > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        return at;
    }

    private ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
