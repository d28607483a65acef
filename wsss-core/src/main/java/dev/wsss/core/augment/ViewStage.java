package dev.wsss.core.augment;

import dev.wsss.api.RgbImage;
import java.util.ArrayList;
import java.util.List;

/**
 * A step of making a view's pixels: a geometry, then changes of colours.
 *
 * @param geometry of the pixels that the stage before made
 * @param total of the view's source: that of all stages up to this one
 * @param pixels changes of colours, in order
 */
record ViewStage(ViewGeometry geometry, ViewGeometry total, List<PixelOperation> pixels) {
    ViewStage with(PixelOperation operation) {
        List<PixelOperation> more = new ArrayList<>(pixels);
        more.add(operation);
        return new ViewStage(geometry, total, List.copyOf(more));
    }

    /** Changes of colours neither see nor change what is beyond the source; where a view is turned, they see all of it. */
    RgbImage apply(RgbImage before, Interpolation interpolation, int fill) {
        RgbImage image = Views.image(before, geometry, interpolation, fill);
        Padding padding = Padding.of(total);
        if (pixels.isEmpty()) {
            // a resize has mixed the padding of an earlier stage with its neighbours
            return image == before || geometry.equals(total) ? image : filled(image, padding, fill);
        }
        if (total.isTurned()) {
            byte[] rgb = image.data().clone();
            change(rgb, image.height(), image.width());
            return filled(new RgbImage(image.height(), image.width(), rgb), padding, fill);
        }
        int height = padding.height();
        int width = padding.width();
        if (height == image.height() && width == image.width()) {
            byte[] rgb = image == before ? image.data().clone() : image.data();
            change(rgb, height, width);
            return new RgbImage(height, width, rgb);
        }
        byte[] rgb = image.data().clone();
        if (height > 0 && width > 0) {
            byte[] shown = new byte[3 * height * width];
            int start = 3 * (padding.top() * image.width() + padding.left());
            copy(rgb, start, 3 * image.width(), shown, 0, 3 * width, height, 3 * width);
            change(shown, height, width);
            copy(shown, 0, 3 * width, rgb, start, 3 * image.width(), height, 3 * width);
        }
        return filled(new RgbImage(image.height(), image.width(), rgb), padding, fill);
    }

    private void change(byte[] rgb, int height, int width) {
        pixels.forEach(p -> p.apply(rgb, height, width));
    }

    private static RgbImage filled(RgbImage image, Padding padding, int fill) {
        byte[] rgb = image.data().clone();
        padding.fill(rgb, fill);
        return new RgbImage(image.height(), image.width(), rgb);
    }

    private static void copy(
            byte[] from, int fromStart, int fromStride, byte[] to, int toStart, int toStride, int rows, int length) {
        for (int y = 0; y < rows; y++) {
            System.arraycopy(from, fromStart + y * fromStride, to, toStart + y * toStride, length);
        }
    }
}
