package dev.wsss.core.io;

import dev.wsss.api.InvalidDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Tables, vectors and strings of a FlatBuffers file, read by range. Every position is checked against the file before it is
 * used. References between tables lead forwards only, as the format has it, so that none is its own part.
 *
 * <p>The same table, vector or string may be referred to from many places. What is read is counted, and a file that
 * unfolds to many times its size is refused.
 *
 * <p>Not of the format's library: what that has for Java needs classes generated from a schema, wants the whole file in one
 * buffer, and follows any offset until the buffer's own bounds stop it.
 */
final class FlatBuffer {
    private static final int PAGE = 1 << 12;
    private static final int PAGES = 16;

    /** Bytes read for each byte of the file, at most; what a writer shares are the layouts of tables, which do not count. */
    private static final long UNFOLDING = 16;

    private static final int MAX_TEXT_BYTES = 1 << 16;

    private final ByteSource source;
    private final long size;
    private final ByteBuffer[] pages = new ByteBuffer[PAGES];
    private final long[] pageNumbers = new long[PAGES];
    private long budget;

    FlatBuffer(ByteSource source) {
        this.source = source;
        this.size = source.size();
        this.budget = UNFOLDING * size;
    }

    /**
     * Elements one after the other.
     *
     * @param start of the first
     */
    record Vector(long start, int count) {
        static final Vector EMPTY = new Vector(0, 0);
    }

    /** The table that a file begins with the offset of. */
    Table root() {
        return table(0, "the root");
    }

    private Table table(long reference, String what) {
        return new Table(follow(reference, what), what);
    }

    /** A table, whose fields are given by their numbers. A field that is not there has its default. */
    final class Table {
        private final long position;
        private final long layout;
        private final int layoutBytes;
        private final int bytes;
        private final String what;

        private Table(long position, String what) {
            this.position = position;
            this.what = what;
            spend(8);
            layout = position - FlatBuffer.this.i32(position, what);
            if (layout < 0 || layout > size - 4) {
                throw bad(
                        position,
                        what + " has its layout at byte " + layout + ", expected one within the file's " + size
                                + " bytes");
            }
            layoutBytes = u16(layout, what);
            bytes = u16(layout + 2, what);
            if (layoutBytes < 4 || layoutBytes > size - layout || bytes < 4 || bytes > size - position) {
                throw bad(
                        layout,
                        what + " has a layout of " + layoutBytes + " bytes for a table of " + bytes
                                + ", expected at least 4 and no more than the file has");
            }
        }

        /** Where a field is; -1 if it is not there. */
        private long at(int field, int width) {
            int slot = 4 + 2 * field;
            int offset = slot + 2 > layoutBytes ? 0 : u16(layout + slot, what);
            if (offset == 0) {
                return -1;
            }
            if (offset < 4 || offset > bytes - width) {
                throw bad(
                        layout + slot,
                        "field " + field + " of " + what + " is at byte " + offset + " of its table of " + bytes
                                + " bytes");
            }
            return position + offset;
        }

        boolean has(int field) {
            return at(field, 1) >= 0;
        }

        int u8(int field, int byDefault) {
            long at = at(field, 1);
            return at < 0 ? byDefault : FlatBuffer.this.i8(at, what) & 255;
        }

        int i8(int field, int byDefault) {
            return (byte) u8(field, byDefault);
        }

        boolean flag(int field) {
            return u8(field, 0) != 0;
        }

        int i32(int field, int byDefault) {
            long at = at(field, 4);
            return at < 0 ? byDefault : FlatBuffer.this.i32(at, what);
        }

        long u32(int field, long byDefault) {
            long at = at(field, 4);
            return at < 0 ? byDefault : FlatBuffer.this.i32(at, what) & 0xFFFFFFFFL;
        }

        long i64(int field, long byDefault) {
            long at = at(field, 8);
            return at < 0 ? byDefault : FlatBuffer.this.i64(at, what);
        }

        float f32(int field, float byDefault) {
            long at = at(field, 4);
            return at < 0 ? byDefault : Float.intBitsToFloat(FlatBuffer.this.i32(at, what));
        }

        /**
         * A table that a field refers to.
         *
         * @throws InvalidDataException also if it is not there
         */
        Table table(int field, String name) {
            long at = at(field, 4);
            if (at < 0) {
                throw bad(position, what + " lacks " + name);
            }
            return FlatBuffer.this.table(at, name);
        }

        /** Elements of a width in bytes; none if the field is not there. */
        Vector vector(int field, int width, String name) {
            long at = at(field, 4);
            if (at < 0) {
                return Vector.EMPTY;
            }
            long start = follow(at, name);
            long count = FlatBuffer.this.i32(start, name) & 0xFFFFFFFFL;
            if (count > (size - start - 4) / width || count > Integer.MAX_VALUE / 8) {
                throw bad(
                        start,
                        name + " has " + count + " elements of " + width + " bytes, and the file " + (size - start - 4)
                                + " bytes more");
            }
            return new Vector(start + 4, (int) count);
        }

        int[] ints(int field, int most, String name) {
            Vector vector = bounded(field, 4, most, name);
            int[] out = new int[vector.count];
            for (int i = 0; i < out.length; i++) {
                out[i] = FlatBuffer.this.i32(vector.start + 4L * i, name);
            }
            return out;
        }

        float[] floats(int field, int most, String name) {
            Vector vector = bounded(field, 4, most, name);
            float[] out = new float[vector.count];
            for (int i = 0; i < out.length; i++) {
                out[i] = Float.intBitsToFloat(FlatBuffer.this.i32(vector.start + 4L * i, name));
            }
            return out;
        }

        long[] longs(int field, int most, String name) {
            Vector vector = bounded(field, 8, most, name);
            long[] out = new long[vector.count];
            for (int i = 0; i < out.length; i++) {
                out[i] = FlatBuffer.this.i64(vector.start + 8L * i, name);
            }
            return out;
        }

        private Vector bounded(int field, int width, int most, String name) {
            Vector vector = vector(field, width, name);
            if (vector.count > most) {
                throw bad(vector.start, name + " has " + vector.count + " elements, expected at most " + most);
            }
            spend((long) vector.count * width);
            return vector;
        }

        /** Text of 64 kB at most; the names of fused operators are long; empty if the field is not there. */
        String text(int field, String name) {
            Vector vector = bounded(field, 1, MAX_TEXT_BYTES, name);
            return new String(source.read(vector.start, vector.count), StandardCharsets.UTF_8);
        }
    }

    /** The {@code i}-th table of a vector of references. */
    Table table(Vector vector, int i, String what) {
        return table(vector.start + 4L * i, what);
    }

    /** Where a reference leads to; there are four bytes at least. */
    private long follow(long reference, String what) {
        long offset = i32(reference, what) & 0xFFFFFFFFL;
        if (offset < 4 || offset > size - 4 - reference) {
            throw bad(reference, what + " is " + offset + " bytes further on, expected 4 to " + (size - 4 - reference));
        }
        return reference + offset;
    }

    private void spend(long bytes) {
        budget -= bytes;
        if (budget < 0) {
            throw new InvalidDataException(source.name() + ": its tables refer to the same places so often that they"
                    + " unfold to more than " + UNFOLDING + " times the file");
        }
    }

    private int i8(long at, String what) {
        check(at, 1, what);
        return page(at).get((int) (at % PAGE));
    }

    private int u16(long at, String what) {
        check(at, 2, what);
        int offset = (int) (at % PAGE);
        return offset + 2 <= PAGE ? page(at).getShort(offset) & 0xFFFF : (int) across(at, 2);
    }

    private int i32(long at, String what) {
        check(at, 4, what);
        int offset = (int) (at % PAGE);
        return offset + 4 <= PAGE ? page(at).getInt(offset) : (int) across(at, 4);
    }

    private long i64(long at, String what) {
        check(at, 8, what);
        int offset = (int) (at % PAGE);
        return offset + 8 <= PAGE ? page(at).getLong(offset) : across(at, 8);
    }

    /** A number that lies in two pages. */
    private long across(long at, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | page(at + i).get((int) ((at + i) % PAGE)) & 255;
        }
        return value;
    }

    private void check(long at, int width, String what) {
        if (at < 0 || at > size - width) {
            throw bad(at, what + " goes beyond the file's " + size + " bytes");
        }
    }

    private ByteBuffer page(long at) {
        long number = at / PAGE;
        int slot = (int) (number % PAGES);
        ByteBuffer page = pages[slot];
        if (page == null || pageNumbers[slot] != number) {
            long start = number * PAGE;
            page = ByteBuffer.wrap(source.read(start, (int) Math.min(PAGE, size - start)))
                    .order(ByteOrder.LITTLE_ENDIAN);
            pages[slot] = page;
            pageNumbers[slot] = number;
        }
        return page;
    }

    private InvalidDataException bad(long at, String what) {
        return new InvalidDataException(
                source.name() + ": not a FlatBuffers file, or damaged: at byte " + at + ", " + what);
    }
}
