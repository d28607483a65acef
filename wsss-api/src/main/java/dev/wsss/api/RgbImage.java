package dev.wsss.api;

import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * The pixels of an image as bytes: {@code [height][width][3]}, red first, 0 to 255 unsigned, no padding. The form in
 * which the library's own arithmetic (resize, CRF, normalization) takes an image; {@link #of} and {@link #toImage} lead
 * from and to DJL's {@link Image}.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 * @param data {@code height * width * 3} bytes; not copied, and not to be changed by the receiver
 */
public record RgbImage(int height, int width, byte[] data) {
    public RgbImage {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("image size must be at least 1x1, got " + height + "x" + width);
        }
        if (data.length != Math.multiplyExact(Math.multiplyExact(height, width), 3)) {
            throw new IllegalArgumentException("an RGB image of " + height + "x" + width + " has " + 3L * height * width
                    + " bytes, got " + data.length);
        }
    }

    /**
     * The pixels of a DJL image.
     *
     * @throws IllegalArgumentException if the image is not backed by a {@link BufferedImage}
     */
    public static RgbImage of(Image image) {
        Object wrapped = image.getWrappedImage();
        if (wrapped instanceof BufferedImage buffered) {
            return of(buffered);
        }
        throw new IllegalArgumentException("expected an image backed by java.awt.image.BufferedImage, got "
                + wrapped.getClass().getName());
    }

    /**
     * The pixels of an AWT image in sRGB; alpha is dropped. Grey levels are taken as they are: AWT itself holds grey to
     * be linear and would brighten it.
     */
    public static RgbImage of(BufferedImage image) {
        int w = image.getWidth();
        int h = image.getHeight();
        byte[] data = new byte[Math.multiplyExact(Math.multiplyExact(h, w), 3)];
        boolean grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && image.getSampleModel().getSampleSize(0) == 8;
        boolean packed =
                image.getType() == BufferedImage.TYPE_INT_RGB || image.getType() == BufferedImage.TYPE_INT_ARGB;
        int[] row = new int[w];
        for (int y = 0, o = 0; y < h; y++) {
            if (grey) {
                image.getRaster().getSamples(0, y, w, 1, 0, row);
            } else if (packed) {
                image.getRaster().getDataElements(0, y, w, 1, row);
            } else {
                image.getRGB(0, y, w, 1, row, 0, w);
            }
            for (int rgb : row) {
                data[o++] = (byte) (grey ? rgb : rgb >> 16);
                data[o++] = (byte) (grey ? rgb : rgb >> 8);
                data[o++] = (byte) rgb;
            }
        }
        return new RgbImage(h, w, data);
    }

    /** An AWT image of these pixels, {@link BufferedImage#TYPE_INT_RGB}. */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        for (int y = 0, o = 0; y < height; y++) {
            for (int x = 0; x < width; x++, o += 3) {
                row[x] = (data[o] & 255) << 16 | (data[o + 1] & 255) << 8 | data[o + 2] & 255;
            }
            image.getRaster().setDataElements(0, y, width, 1, row);
        }
        return image;
    }

    /** A DJL image of these pixels. */
    public Image toImage() {
        return ImageFactory.getInstance().fromImage(toBufferedImage());
    }

    /** The flipped copy, left and right exchanged. */
    public RgbImage flipped() {
        byte[] out = new byte[data.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = (y * width + x) * 3;
                int to = (y * width + width - 1 - x) * 3;
                out[to] = data[from];
                out[to + 1] = data[from + 1];
                out[to + 2] = data[from + 2];
            }
        }
        return new RgbImage(height, width, out);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof RgbImage other
                && height == other.height
                && width == other.width
                && Arrays.equals(data, other.data);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return "RgbImage[" + height + "x" + width + "]";
    }
}
