package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over a file of protocol buffers' wire format: fields of a number and a wire type, of which some are messages
 * again. Reads ahead a few kilobytes, and passes over what is not asked for without reading it. Every method takes the end
 * of the message that the cursor is in, and refuses to go beyond it.
 */
final class ProtoReader {
    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH = 2;
    static final int FIXED32 = 5;

    private static final int WINDOW = 1 << 12;
    private static final int MAX_FIELD = (1 << 29) - 1;

    private final ByteSource source;
    private final long size;
    private byte[] window = {};
    private long windowStart;
    private long position;
    private int field;
    private int wire;

    ProtoReader(ByteSource source, long position) {
        this.source = source;
        this.size = source.size();
        this.position = position;
    }

    long position() {
        return position;
    }

    void position(long to) {
        position = to;
    }

    /** The number of the field that the cursor is at, whose value comes next. */
    int field(long end) {
        long tag = varint(end);
        field = (int) (tag >>> 3);
        wire = (int) tag & 7;
        if (tag < 8 || tag >>> 3 > MAX_FIELD) {
            throw bad("a field of the impossible number " + Long.toUnsignedString(tag >>> 3));
        }
        return field;
    }

    /** The wire type of the last field. */
    int wire() {
        return wire;
    }

    long varint(long end) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int b = next(end);
            value |= (b & 127L) << shift;
            if (b < 128) {
                return value;
            }
        }
        throw bad("a number of more than ten bytes");
    }

    /** The value of the last field, which is to be a number. */
    long number(long end) {
        expect(VARINT);
        return varint(end);
    }

    /** Where the value of the last field ends, which is to have a length. */
    long endOfValue(long end) {
        expect(LENGTH);
        long length = varint(end);
        if (length < 0 || length > end - position) {
            throw bad("a field of " + Long.toUnsignedString(length) + " bytes, where its message has "
                    + (end - position) + " more");
        }
        return position + length;
    }

    /** The value of the last field, which is to be text in UTF-8, of at most so many bytes. */
    String text(long end, int most) {
        long to = endOfValue(end);
        long length = to - position;
        if (length > most) {
            throw bad("a name of " + length + " bytes, expected at most " + most);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        read(to, bytes);
        return new String(bytes.array(), StandardCharsets.UTF_8);
    }

    /** The value of the last field, which is to be a float. */
    float f32(long end) {
        expect(FIXED32);
        return Float.intBitsToFloat((int) fixed(4, end));
    }

    /** Bytes of a little-endian number. */
    long fixed(int bytes, long end) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) next(end) << 8 * i;
        }
        return value;
    }

    /** Passes over the value of the last field. */
    void skip(long end) {
        switch (wire) {
            case VARINT -> varint(end);
            case FIXED64 -> skip(8, end);
            case FIXED32 -> skip(4, end);
            default -> position = endOfValue(end);
        }
    }

    void skip(long bytes, long end) {
        if (bytes > end - position) {
            throw bad("a message ends within a field");
        }
        position += bytes;
    }

    /** Copies what is left up to a position. */
    void read(long to, ByteBuffer out) {
        if (to - position > WINDOW) {
            out.put(source.read(position, (int) (to - position)));
            position = to;
        }
        while (position < to) {
            out.put((byte) next(to));
        }
    }

    private void expect(int type) {
        if (wire != type) {
            throw bad("field " + field + " is of wire type " + wire + ", expected " + type);
        }
    }

    private int next(long end) {
        if (position >= end) {
            throw bad("a message ends within a field");
        }
        if (position < windowStart || position >= windowStart + window.length) {
            window = source.read(position, (int) Math.min(WINDOW, size - position));
            windowStart = position;
        }
        return window[(int) (position++ - windowStart)] & 255;
    }

    private InvalidDataException bad(String what) {
        return new InvalidDataException(
                source.name() + ": not a protocol buffer, or damaged: before byte " + position + " is " + what);
    }
}
