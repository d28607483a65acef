package dev.wsss.core.io;

import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Floats that quantised integers stand for, made when they are asked for: {@code scale * (q - zeroPoint)}, of the product
 * in double rounded once, as TFLite's own DEQUANTIZE does it.
 *
 * @param inner how many elements follow each other with one scale, where there are several
 */
final class Dequantized implements ArrayBytes {
    private static final int CHUNK = 1 << 16;

    private final ArrayBytes integers;
    private final DType dtype;
    private final TfliteTensor.Quantization quantization;
    private final int inner;
    private final int length;
    /** What was made last, so that asking for one element after another does not make all as often. */
    private volatile SoftReference<ByteBuffer> last = new SoftReference<>(null);

    /**
     * Floats of integers.
     *
     * @param integers whose fourfold (of bytes, else less) the caller has checked to fit into a buffer
     * @param inner how many elements follow each other with one scale, where there are several
     */
    Dequantized(ArrayBytes integers, DType dtype, TfliteTensor.Quantization quantization, int inner) {
        this.integers = integers;
        this.dtype = dtype;
        this.quantization = quantization;
        this.inner = inner;
        this.length = integers.length() / dtype.bytes() * Float.BYTES;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public ByteBuffer get() {
        // also where the floats are still at hand: a closed file's arrays have ended
        integers.copyTo(0, ByteBuffer.allocate(0));
        ByteBuffer floats = last.get();
        if (floats == null) {
            ByteBuffer made = ByteBuffer.allocate(length);
            copyTo(0, made);
            floats = made.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
            last = new SoftReference<>(floats);
        }
        return floats;
    }

    @Override
    public void copyTo(int from, ByteBuffer to) {
        int first = from / Float.BYTES;
        int end = (from + to.remaining() + Float.BYTES - 1) / Float.BYTES;
        int skip = from - first * Float.BYTES;
        for (int at = first; at < end; ) {
            int count = Math.min(CHUNK, end - at);
            ByteBuffer stored = ByteBuffer.allocate(count * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
            integers.copyTo(at * dtype.bytes(), stored);
            ByteBuffer floats = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            convert(stored.flip(), at, count, floats);
            floats.position(skip).limit(Math.min(floats.capacity(), skip + to.remaining()));
            to.put(floats);
            skip = 0;
            at += count;
        }
    }

    private void convert(ByteBuffer stored, int at, int count, ByteBuffer floats) {
        float[] scales = quantization.scales();
        long[] zeroPoints = quantization.zeroPoints();
        for (int i = 0; i < count; i++) {
            long q =
                    switch (dtype) {
                        case U8 -> stored.get(i) & 255;
                        case I8 -> stored.get(i);
                        case U16 -> stored.getShort(2 * i) & 0xFFFF;
                        case I16 -> stored.getShort(2 * i);
                        case U32 -> stored.getInt(4 * i) & 0xFFFFFFFFL;
                        case I32 -> stored.getInt(4 * i);
                        default -> stored.getLong(8 * i);
                    };
            int channel = scales.length == 1 ? 0 : (at + i) / inner % scales.length;
            floats.putFloat(4 * i, (float) ((double) scales[channel] * (q - zeroPoints[channel])));
        }
    }
}
