package dev.wsss.core.augment;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import java.util.Arrays;
import java.util.List;

/** Images and maps as a view shows them, each kind in its own way. Pure functions. */
public final class Views {
    private Views() {}

    /**
     * The pixels.
     *
     * @param pixels changes of colours, in order, before the padding is filled
     * @param fill colour of what lies beyond the image, 0xRRGGBB
     */
    static RgbImage image(
            RgbImage image, ViewGeometry geometry, Interpolation interpolation, List<PixelOperation> pixels, int fill) {
        requireSource(geometry, "image", image.height(), image.width());
        if (geometry.isWhole() && pixels.isEmpty()) {
            return image;
        }
        Axis rows = geometry.rows(interpolation);
        Axis columns = geometry.columns(interpolation);
        byte[] in = image.data();
        float[] values = resample(i -> in[i] & 255, image.height(), image.width(), 3, rows, columns);
        byte[] out = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            out[i] = level(values[i]);
        }
        long inside = (long) rows.inside() * columns.inside();
        pixels.forEach(p -> p.apply(out, geometry.height(), geometry.width(), inside));
        fill(out, rows, columns, fill);
        return new RgbImage(geometry.height(), geometry.width(), out);
    }

    private static void fill(byte[] pixels, Axis rows, Axis columns, int colour) {
        for (int y = 0, o = 0; y < rows.size(); y++) {
            for (int x = 0; x < columns.size(); x++, o += 3) {
                if (rows.isPadding(y) || columns.isPadding(x)) {
                    pixels[o] = (byte) (colour >> 16);
                    pixels[o + 1] = (byte) (colour >> 8);
                    pixels[o + 2] = (byte) colour;
                }
            }
        }
    }

    /** The labels, each the nearest; {@link LabelMap#IGNORE} beyond the image. */
    public static LabelMap labels(LabelMap labels, ViewGeometry geometry) {
        requireSource(geometry, "labels", labels.height(), labels.width());
        if (geometry.isWhole()) {
            return labels;
        }
        Axis rows = geometry.rows(Interpolation.BILINEAR);
        Axis columns = geometry.columns(Interpolation.BILINEAR);
        byte[] in = labels.toArray();
        byte[] out = new byte[rows.size() * columns.size()];
        Arrays.fill(out, (byte) LabelMap.IGNORE);
        for (int y = 0; y < rows.size(); y++) {
            for (int x = 0; x < columns.size() && !rows.isPadding(y); x++) {
                if (!columns.isPadding(x)) {
                    out[y * columns.size() + x] = in[rows.nearest(y) * labels.width() + columns.nearest(x)];
                }
            }
        }
        return LabelMap.wrap(rows.size(), columns.size(), out);
    }

    /** The scores, on the heap; 0 beyond the image. A kernel may overshoot, so each map is kept within its own range. */
    public static ScoreMaps scores(ScoreMaps maps, ViewGeometry geometry, Interpolation interpolation) {
        requireSource(geometry, "scores", maps.height(), maps.width());
        if (geometry.isWhole()) {
            return ScoreMaps.of(maps.labels(), maps.height(), maps.width(), maps.toArray());
        }
        Axis rows = geometry.rows(interpolation);
        Axis columns = geometry.columns(interpolation);
        float[] in = maps.toArray();
        int count = maps.count();
        int sourceSize = maps.height() * maps.width();
        int size = rows.size() * columns.size();
        float[] out = new float[Math.multiplyExact(count, size)];
        for (int k = 0; k < count; k++) {
            int start = k * sourceSize;
            float low = 0;
            float high = 0;
            for (int i = start; i < start + sourceSize; i++) {
                low = Math.min(low, in[i]);
                high = Math.max(high, in[i]);
            }
            float[] plane = resample(i -> in[start + i], maps.height(), maps.width(), 1, rows, columns);
            for (int i = 0; i < size; i++) {
                out[k * size + i] = Math.min(high, Math.max(low, plane[i]));
            }
        }
        return ScoreMaps.of(maps.labels(), rows.size(), columns.size(), out);
    }

    private static void requireSource(ViewGeometry geometry, String what, int height, int width) {
        if (height != geometry.sourceHeight() || width != geometry.sourceWidth()) {
            throw new IllegalArgumentException(what + " are " + height + "x" + width + "; expected "
                    + geometry.sourceHeight() + "x" + geometry.sourceWidth() + " as the view's source");
        }
    }

    /** A level of 0 to 255, rounded half up. */
    static byte level(float v) {
        return (byte) Math.min(255, Math.max(0, (int) (v + 0.5f)));
    }

    /** The values of an image or a map, in order of row, column, channel. */
    @FunctionalInterface
    private interface Values {
        float at(int index);
    }

    /**
     * Resamples the part that the view shows, columns first. Padding stays 0.
     *
     * @param channels values of a pixel, side by side
     */
    private static float[] resample(
            Values in, int sourceHeight, int sourceWidth, int channels, Axis rows, Axis columns) {
        int stride = columns.size() * channels;
        float[] out = new float[Math.multiplyExact(rows.size(), stride)];
        float[][] filtered = new float[sourceHeight][];
        for (int y = 0; y < rows.size(); y++) {
            if (rows.isPadding(y)) {
                continue;
            }
            for (int t = 0; t < rows.taps(); t++) {
                float weight = rows.weight(y, t);
                int source = rows.source(y, t);
                float[] row = filtered[source];
                if (row == null) {
                    row = row(in, source * sourceWidth * channels, channels, columns);
                    filtered[source] = row;
                }
                for (int i = 0, o = y * stride; i < stride; i++, o++) {
                    out[o] += row[i] * weight;
                }
            }
        }
        return out;
    }

    private static float[] row(Values in, int start, int channels, Axis columns) {
        float[] row = new float[columns.size() * channels];
        for (int x = 0; x < columns.size(); x++) {
            if (columns.isPadding(x)) {
                continue;
            }
            for (int t = 0; t < columns.taps(); t++) {
                float weight = columns.weight(x, t);
                int at = start + columns.source(x, t) * channels;
                for (int c = 0; c < channels; c++) {
                    row[x * channels + c] += in.at(at + c) * weight;
                }
            }
        }
        return row;
    }
}
