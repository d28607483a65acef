package dev.wsss.core.image;

import dev.wsss.api.RgbImage;
import dev.wsss.api.SplitMix;
import java.util.List;

/** Byte resizes drawn from a seed: images of 1 to 70 pixels a side, shrunk and enlarged, in all modes. */
final class ByteResizes {
    static final List<Resize> MODES =
            List.of(Resize.PIL_BILINEAR, Resize.PIL_BICUBIC, Resize.CV_LINEAR, Resize.CV_CUBIC);

    private static final int[] FACTORS = {1, 2, 3, 4, 7};

    private ByteResizes() {}

    /** An image, and the size that it gets. */
    record Case(RgbImage image, int height, int width) {}

    static Case draw(SplitMix random) {
        int height = 1 + random.below(70);
        int width = 1 + random.below(70);
        return switch (random.below(4)) {
            case 0 -> new Case(image(random, height, width), height, 1 + random.below(70));
            case 1 -> {
                int factor = FACTORS[random.below(FACTORS.length)];
                yield new Case(image(random, height * factor, width * factor), height, width);
            }
            case 2 -> new Case(image(random, height, width), 2 * height, 1 + random.below(3 * width));
            default -> new Case(image(random, height, width), 1 + random.below(70), 1 + random.below(70));
        };
    }

    /** Noise, or black and white alone, which overshoots most. */
    private static RgbImage image(SplitMix random, int height, int width) {
        byte[] data = new byte[3 * height * width];
        boolean extreme = random.below(2) == 0;
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (extreme ? -random.below(2) : random.below(256));
        }
        return new RgbImage(height, width, data);
    }

    /** A window of a resized image. */
    static Window window(SplitMix random, int height, int width) {
        int top = random.below(height);
        int left = random.below(width);
        return new Window(
                top, left, 1 + random.below(height - top), 1 + random.below(width - left), random.below(2) == 0);
    }

    /** What a window shows of an image. */
    static byte[] cut(RgbImage whole, Window window) {
        byte[] out = new byte[3 * window.height() * window.width()];
        for (int y = 0; y < window.height(); y++) {
            for (int x = 0; x < window.width(); x++) {
                int column = window.left() + (window.mirrored() ? window.width() - 1 - x : x);
                for (int c = 0; c < 3; c++) {
                    out[3 * (y * window.width() + x) + c] =
                            whole.data()[3 * ((window.top() + y) * whole.width() + column) + c];
                }
            }
        }
        return out;
    }
}
