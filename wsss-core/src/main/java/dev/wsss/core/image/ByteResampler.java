package dev.wsss.core.image;

import dev.wsss.core.vector.VectorApi;
import java.util.Optional;

/** Resizes of interleaved bytes. */
final class ByteResampler {
    private ByteResampler() {}

    static byte[] pick(byte[] data, int channels, int width, int[] rows, int[] columns) {
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(rows.length, columns.length), channels)];
        int o = 0;
        for (int row : rows) {
            int line = row * width;
            for (int column : columns) {
                int s = (line + column) * channels;
                for (int c = 0; c < channels; c++) {
                    out[o++] = data[s + c];
                }
            }
        }
        return out;
    }

    /**
     * Resamples an image of three colours.
     *
     * @param data {@code [rows.in][columns.in][3]}
     * @param vectors whether vector instructions may be used, for which {@link VectorApi} must be there; the bytes are the
     *     same
     * @return {@code [rows.out][columns.out][3]}, a new array
     */
    static byte[] resample(ByteArithmetic arithmetic, byte[] data, FixedAxis rows, FixedAxis columns, boolean vectors) {
        int stride = Math.multiplyExact(columns.out, 3);
        byte[] out = new byte[Math.multiplyExact(rows.out, stride)];
        // mentions the classes that need the module only where it is there
        ByteRows all = (vectors ? VectorLines.of(arithmetic, rows, columns) : Optional.<ByteRows>empty())
                .orElseGet(() -> new LineBuffers(new PlainLines(arithmetic, rows, columns), rows, columns.in));
        for (int i = 0; i < rows.out; i++) {
            all.make(data, i, out, i * stride);
        }
        return out;
    }
}
