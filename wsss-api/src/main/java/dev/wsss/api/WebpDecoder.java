package dev.wsss.api;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decodes still WebP images by TwelveMonkeys' reader, which is given nothing but the pixels. */
final class WebpDecoder {
    private WebpDecoder() {}

    static RgbImage read(String name, byte[] bytes) {
        WebpHeader header = WebpHeader.read(FileBytes.of(name, bytes));
        if (header.animated()) {
            throw new InvalidDataException(
                    name + ": is an animated WebP; expected a still image: save the frame that is meant as one");
        }
        // a lossless image of one colour takes no bits at all for its pixels
        ImageFiles.check(name, "WebP", header.height(), header.width(), bytes.length, Integer.MAX_VALUE);
        BufferedImage image;
        try {
            image = runReader(alone(bytes, header));
        } catch (IOException | RuntimeException e) {
            // the decoder reports damage with exceptions of many kinds
            throw new InvalidDataException(
                    name + ": WebP cannot be decoded (" + e.getMessage() + "); expected an intact WebP", e);
        }
        if (image.getWidth() != header.width() || image.getHeight() != header.height()) {
            throw new InvalidDataException(name + ": WebP decodes to " + image.getHeight() + "x" + image.getWidth()
                    + ", its header says " + header.size());
        }
        return RgbImage.of(image);
    }

    /** The file without profile, alpha and other chunks, so that the reader neither applies nor trips over them. */
    private static byte[] alone(byte[] bytes, WebpHeader header) {
        int length = (int) header.length();
        ByteBuffer file = ByteBuffer.allocate(20 + length + (length & 1)).order(ByteOrder.LITTLE_ENDIAN);
        file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(file.capacity() - 8);
        file.put("WEBP".getBytes(StandardCharsets.US_ASCII)).put(bytes, (int) header.at(), 8 + length);
        return file.array();
    }

    private static BufferedImage runReader(byte[] file) throws IOException {
        ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, true, true);
            return reader.read(0);
        } finally {
            reader.dispose();
        }
    }
}
