package dev.wsss.core.augment;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.image.Resize;
import java.util.Arrays;
import java.util.Optional;

/** Images and maps as a view shows them, each kind in its own way. Pure functions. */
public final class Views {
    private Views() {}

    /**
     * The pixels.
     *
     * @param fill colour of what lies beyond the image, 0xRRGGBB
     */
    static RgbImage image(RgbImage image, ViewGeometry geometry, Interpolation interpolation, int fill) {
        requireSource(geometry, "image", image.height(), image.width());
        if (geometry.isWhole()) {
            return image;
        }
        byte[] out = geometry.isTurned()
                ? TurnedViews.image(image, geometry, interpolation)
                : upright(image, geometry, interpolation);
        Padding.of(geometry).fill(out, fill);
        return new RgbImage(geometry.height(), geometry.width(), out);
    }

    private static byte[] upright(RgbImage image, ViewGeometry geometry, Interpolation interpolation) {
        return interpolation
                .resize()
                .flatMap(resize -> exact(image, geometry, resize))
                .orElseGet(() -> FloatViews.bytes(
                        image.data(), image.width(), geometry.rows(interpolation), geometry.columns(interpolation)));
    }

    /** The pixels of a view before they are rounded, {@code [height][width][3]}; padding is 0. */
    static float[] levels(RgbImage image, ViewGeometry geometry, Interpolation interpolation) {
        requireSource(geometry, "image", image.height(), image.width());
        if (geometry.isTurned()) {
            return TurnedViews.levels(image, geometry, interpolation);
        }
        return FloatViews.levels(
                image.data(), image.width(), geometry.rows(interpolation), geometry.columns(interpolation));
    }

    private static Optional<byte[]> exact(RgbImage image, ViewGeometry geometry, Resize resize) {
        return Placement.of(geometry).map(place -> {
            byte[] part = resize.apply(image, place.height(), place.width(), place.window())
                    .data();
            int size = 3 * geometry.height() * geometry.width();
            if (part.length == size) {
                return part;
            }
            byte[] view = new byte[size];
            place.copy(part, view, geometry.width(), 3);
            return view;
        });
    }

    /** The labels, each the nearest by {@link Nearest#HALF_PIXEL}; {@link LabelMap#IGNORE} beyond the image. */
    public static LabelMap labels(LabelMap labels, ViewGeometry geometry) {
        return labels(labels, geometry, Nearest.HALF_PIXEL);
    }

    /** The labels, each the nearest; {@link LabelMap#IGNORE} beyond the image. */
    public static LabelMap labels(LabelMap labels, ViewGeometry geometry, Nearest nearest) {
        requireSource(geometry, "labels", labels.height(), labels.width());
        if (geometry.isWhole()) {
            return labels;
        }
        if (geometry.isTurned()) {
            return TurnedViews.labels(labels, geometry);
        }
        byte[] out = nearest.resize()
                .flatMap(resize -> exact(labels, geometry, resize))
                .orElseGet(() -> pick(labels, geometry));
        return LabelMap.wrap(geometry.height(), geometry.width(), out);
    }

    private static Optional<byte[]> exact(LabelMap labels, ViewGeometry geometry, Resize resize) {
        return Placement.of(geometry).map(place -> {
            byte[] part = resize.apply(labels, place.height(), place.width(), place.window())
                    .toArray();
            byte[] view = ignored(geometry);
            place.copy(part, view, geometry.width(), 1);
            return view;
        });
    }

    private static byte[] pick(LabelMap labels, ViewGeometry geometry) {
        int[] rows = geometry.nearestRows();
        int[] columns = geometry.nearestColumns();
        byte[] in = labels.toArray();
        byte[] out = ignored(geometry);
        int o = 0;
        for (int row : rows) {
            for (int column : columns) {
                if (row >= 0 && column >= 0) {
                    out[o] = in[row * labels.width() + column];
                }
                o++;
            }
        }
        return out;
    }

    private static byte[] ignored(ViewGeometry geometry) {
        byte[] view = new byte[geometry.height() * geometry.width()];
        Arrays.fill(view, (byte) LabelMap.IGNORE);
        return view;
    }

    /** The scores, on the heap; 0 beyond the image. A kernel may overshoot, so each map is kept within its own range. */
    public static ScoreMaps scores(ScoreMaps maps, ViewGeometry geometry, Interpolation interpolation) {
        requireSource(geometry, "scores", maps.height(), maps.width());
        if (geometry.isWhole()) {
            return ScoreMaps.of(maps.labels(), maps.height(), maps.width(), maps.toArray());
        }
        if (geometry.isTurned()) {
            return TurnedViews.scores(maps, geometry, interpolation);
        }
        Axis rows = geometry.rows(interpolation);
        Axis columns = geometry.columns(interpolation);
        float[] out = FloatViews.planes(maps.toArray(), maps.count(), maps.height(), maps.width(), rows, columns);
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
}
