package dev.wsss.models.tflite;

import dev.wsss.core.io.TfliteOptions.Padding;

/**
 * What a window does to a side of an image.
 *
 * @param out length of the side after it; below 1 if the window is longer
 * @param before what the window reaches beyond the start
 * @param after what it reaches beyond the end, the odd pixel included
 */
record Span(long out, long before, long after) {
    static Span of(Padding padding, long side, long window, long stride, long dilation) {
        long reach = (window - 1) * dilation + 1;
        if (padding == Padding.VALID) {
            return new Span(side < reach ? 0 : (side - reach) / stride + 1, 0, 0);
        }
        long out = (side + stride - 1) / stride;
        long all = Math.max(0, (out - 1) * stride + reach - side);
        return new Span(out, all / 2, all - all / 2);
    }
}
