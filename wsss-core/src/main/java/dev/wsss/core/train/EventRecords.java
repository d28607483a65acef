package dev.wsss.core.train;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * TensorBoard's event files: TFRecord frames around protocol buffers of type {@code tensorflow.Event}, of which only
 * these fields are used: {@code wall_time = 1} (double), {@code step = 2} (int64), {@code file_version = 3} (string),
 * {@code summary = 5} with {@code value = 1} repeated, each {@code tag = 1} and {@code simple_value = 2} (float).
 */
final class EventRecords {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private EventRecords() {}

    /** The bytes of one event. */
    static byte[] event(double wallTime, long step, @Nullable String version, @Nullable Map<String, Double> scalars) {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        key(event, 1, FIXED64);
        event.writeBytes(little(8).putDouble(wallTime).array());
        key(event, 2, VARINT);
        varint(event, step);
        if (version != null) {
            bytes(event, 3, version.getBytes(StandardCharsets.UTF_8));
        }
        if (scalars != null) {
            ByteArrayOutputStream summary = new ByteArrayOutputStream();
            scalars.forEach((tag, v) -> {
                ByteArrayOutputStream value = new ByteArrayOutputStream();
                bytes(value, 1, tag.getBytes(StandardCharsets.UTF_8));
                key(value, 2, FIXED32);
                value.writeBytes(little(4).putFloat(v.floatValue()).array());
                bytes(summary, 1, value.toByteArray());
            });
            bytes(event, 5, summary.toByteArray());
        }
        return event.toByteArray();
    }

    /** A TFRecord: length, its checksum, the data, its checksum; integers little-endian. */
    static byte[] frame(byte[] data) {
        byte[] length = little(8).putLong(data.length).array();
        return little(16 + data.length)
                .put(length)
                .putInt(maskedChecksum(length))
                .put(data)
                .putInt(maskedChecksum(data))
                .array();
    }

    /** CRC-32C, rotated and offset as TFRecord does so that a checksum of data with checksums stays useful. */
    static int maskedChecksum(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        int c = (int) crc.getValue();
        return (c >>> 15 | c << 17) + 0xa282ead8;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void key(ByteArrayOutputStream out, int field, int type) {
        varint(out, (long) field << 3 | type);
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
        key(out, field, BYTES);
        varint(out, value.length);
        out.writeBytes(value);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
