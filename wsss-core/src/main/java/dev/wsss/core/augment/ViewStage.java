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

    /** The pixels after this stage; those given stay as they are. */
    RgbImage apply(RgbImage before, Interpolation interpolation, int fill) {
        RgbImage image = Views.image(before, geometry, interpolation, fill);
        if (pixels.isEmpty() && geometry.equals(total)) {
            return image;
        }
        byte[] rgb = image == before ? image.data().clone() : image.data();
        Padding padding = Padding.of(total);
        change(rgb, image.height(), image.width(), padding);
        // a resize has mixed the padding of an earlier stage with its neighbours
        padding.fill(rgb, fill);
        return new RgbImage(image.height(), image.width(), rgb);
    }

    /** Changes of colours do not see what is beyond the source; only where the view is turned they see all of it. */
    private void change(byte[] rgb, int height, int width, Padding padding) {
        int rows = padding.height();
        int columns = padding.width();
        if (pixels.isEmpty() || rows == 0 || columns == 0) {
            return;
        }
        if (total.isTurned() || rows == height && columns == width) {
            pixels.forEach(p -> p.apply(rgb, height, width));
            return;
        }
        byte[] shown = new byte[3 * rows * columns];
        int start = 3 * (padding.top() * width + padding.left());
        copy(rgb, start, 3 * width, shown, 0, 3 * columns, rows);
        pixels.forEach(p -> p.apply(shown, rows, columns));
        copy(shown, 0, 3 * columns, rgb, start, 3 * width, rows);
    }

    /** Copies lines, each as long as the shorter of the strides. */
    private static void copy(
            byte[] from, int fromStart, int fromStride, byte[] to, int toStart, int toStride, int rows) {
        int length = Math.min(fromStride, toStride);
        for (int y = 0; y < rows; y++) {
            System.arraycopy(from, fromStart + y * fromStride, to, toStart + y * toStride, length);
        }
    }
}
