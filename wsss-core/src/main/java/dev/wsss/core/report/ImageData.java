package dev.wsss.core.report;

import dev.wsss.api.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Images within the page. */
final class ImageData {
    private static final float QUALITY = 0.86f;

    private ImageData() {}

    /** A data URI of an image, made smaller if its longer side has more than {@code maxSide} pixels. */
    static String uri(RgbImage image, int maxSide, boolean flat) {
        BufferedImage pixels = shrink(image, maxSide, flat).toBufferedImage();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriter writer =
                    ImageIO.getImageWritersByFormatName(flat ? "png" : "jpeg").next();
            try {
                writer.setOutput(out);
                ImageWriteParam param = writer.getDefaultWriteParam();
                if (!flat) {
                    param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                    param.setCompressionQuality(QUALITY);
                }
                writer.write(null, new IIOImage(pixels, null, null), param);
            } finally {
                writer.dispose();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("an image cannot be encoded (" + e.getMessage() + ")", e);
        }
        return "data:image/" + (flat ? "png" : "jpeg") + ";base64,"
                + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /** Each pixel the mean of those it covers, or, in a flat image, the middle one of them. */
    static RgbImage shrink(RgbImage image, int maxSide, boolean flat) {
        int longer = Math.max(image.height(), image.width());
        if (longer <= maxSide) {
            return image;
        }
        int h = Math.max(1, Math.round((float) image.height() * maxSide / longer));
        int w = Math.max(1, Math.round((float) image.width() * maxSide / longer));
        byte[] out = new byte[h * w * 3];
        for (int y = 0; y < h; y++) {
            int[] rows = cover(y, h, image.height(), flat);
            for (int x = 0; x < w; x++) {
                int[] columns = cover(x, w, image.width(), flat);
                int n = (rows[1] - rows[0]) * (columns[1] - columns[0]);
                for (int c = 0; c < 3; c++) {
                    long sum = 0;
                    for (int sy = rows[0]; sy < rows[1]; sy++) {
                        for (int sx = columns[0]; sx < columns[1]; sx++) {
                            sum += image.data()[(sy * image.width() + sx) * 3 + c] & 255;
                        }
                    }
                    out[(y * w + x) * 3 + c] = (byte) ((sum + n / 2) / n);
                }
            }
        }
        return new RgbImage(h, w, out);
    }

    private static int[] cover(int pixel, int size, int sourceSize, boolean flat) {
        if (flat) {
            int middle = (int) ((pixel + 0.5) * sourceSize / size);
            return new int[] {middle, middle + 1};
        }
        int from = (int) ((long) pixel * sourceSize / size);
        return new int[] {from, Math.max(from + 1, (int) ((pixel + 1L) * sourceSize / size))};
    }
}
