package dev.wsss.datasets;

import dev.wsss.api.ImageAugmentation;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelledImage;
import dev.wsss.api.RgbImage;
import java.util.Arrays;
import java.util.Locale;

/**
 * The usual random changes to a training image and, alike, to its labels: scale, crop or pad, mirror, colour.
 *
 * <pre>{@code
 * Augmentation augmentation = Augmentation.builder()
 *         .optScale(0.5, 1.5)
 *         .optCrop(321, 321)
 *         .optFlip(true)
 *         .optColourJitter(0.3, 0.3, 0.3)
 *         .build();
 * LabelledImage changed = augmentation.apply(new LabelledImage(image, pseudoLabel), seed, epoch, index);
 * }</pre>
 *
 * <p>What happens is a function of seed, epoch and index alone, so that a resumed or distributed training sees the same
 * images. The scaled image is placed at random in the crop, whichever of the two is larger; where the crop reaches
 * beyond the image, pixels are {@linkplain Builder#optFill the fill colour} and labels {@link LabelMap#IGNORE}. Images
 * are resampled bilinearly with half-pixel centres (no smoothing when shrinking), labels to the nearest.
 *
 * <p>Immutable and safe for use from several threads.
 */
public final class Augmentation implements ImageAugmentation {
    /** ImageNet's mean colour, which normalises to zero. */
    private static final int MEAN_COLOUR = 0x7C7468;

    private final double minScale;
    private final double maxScale;
    private final int cropHeight;
    private final int cropWidth;
    private final boolean flip;
    private final double brightness;
    private final double contrast;
    private final double saturation;
    private final int fill;

    private Augmentation(Builder b) {
        minScale = b.minScale;
        maxScale = b.maxScale;
        cropHeight = b.cropHeight;
        cropWidth = b.cropWidth;
        flip = b.flip;
        brightness = b.brightness;
        contrast = b.contrast;
        saturation = b.saturation;
        fill = b.fill;
    }

    /** A new builder; without options, images stay as they are. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public LabelledImage apply(LabelledImage in, long seed, int epoch, int index) {
        RgbImage image = in.image();
        LabelMap labels = in.labels();
        SplitMix random = new SplitMix(seed, epoch, index);
        double scale = random.range(minScale, maxScale);
        boolean mirrored = random.chance(0.5) && flip;
        int height = Math.max(1, (int) Math.round(image.height() * scale));
        int width = Math.max(1, (int) Math.round(image.width() * scale));
        int outHeight = cropHeight == 0 ? height : cropHeight;
        int outWidth = cropWidth == 0 ? width : cropWidth;
        Axis rows = new Axis(image.height(), height, outHeight, offset(random, height, outHeight), false);
        Axis columns = new Axis(image.width(), width, outWidth, offset(random, width, outWidth), mirrored);

        byte[] pixels = resample(image, rows, columns);
        jitter(pixels, (long) rows.inside * columns.inside, random);
        pad(pixels, rows, columns);
        LabelMap newLabels = labels == null ? null : nearest(labels, rows, columns);
        return new LabelledImage(new RgbImage(outHeight, outWidth, pixels), newLabels);
    }

    /** Where the crop begins in the scaled image; negative when it begins before. */
    private static int offset(SplitMix random, int size, int crop) {
        int room = size - crop;
        int at = random.below(Math.abs(room) + 1);
        return room < 0 ? -at : at;
    }

    /** For each place along one axis of the crop, the two source places between which it lies; -1 is padding. */
    private static final class Axis {
        final int size;
        /** Number of places that are not padding. */
        final int inside;

        final int[] low;
        final int[] high;
        final float[] weight;
        final int[] nearest;

        Axis(int source, int scaled, int crop, int offset, boolean mirrored) {
            size = crop;
            low = new int[crop];
            high = new int[crop];
            weight = new float[crop];
            nearest = new int[crop];
            int count = 0;
            for (int i = 0; i < crop; i++) {
                int at = (mirrored ? crop - 1 - i : i) + offset;
                if (at < 0 || at >= scaled) {
                    low[i] = -1;
                    nearest[i] = -1;
                    continue;
                }
                count++;
                double centre = (at + 0.5) * source / scaled;
                double left = Math.min(source - 1, Math.max(0, centre - 0.5));
                low[i] = (int) left;
                high[i] = Math.min(source - 1, low[i] + 1);
                weight[i] = (float) (left - low[i]);
                nearest[i] = Math.min(source - 1, (int) centre);
            }
            inside = count;
        }
    }

    private static byte[] resample(RgbImage image, Axis rows, Axis columns) {
        byte[] in = image.data();
        int stride = image.width() * 3;
        byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(rows.size, columns.size), 3)];
        for (int y = 0, o = 0; y < rows.size; y++) {
            if (rows.low[y] < 0) {
                o += columns.size * 3;
                continue;
            }
            int above = rows.low[y] * stride;
            int below = rows.high[y] * stride;
            float v = rows.weight[y];
            for (int x = 0; x < columns.size; x++) {
                if (columns.low[x] < 0) {
                    o += 3;
                    continue;
                }
                int left = columns.low[x] * 3;
                int right = columns.high[x] * 3;
                float u = columns.weight[x];
                for (int c = 0; c < 3; c++) {
                    float top = (in[above + left + c] & 255) * (1 - u) + (in[above + right + c] & 255) * u;
                    float bottom = (in[below + left + c] & 255) * (1 - u) + (in[below + right + c] & 255) * u;
                    out[o++] = (byte) (top * (1 - v) + bottom * v + 0.5f);
                }
            }
        }
        return out;
    }

    /** Scales brightness, then the distance from the mean grey, then that from the pixel's own grey. */
    private void jitter(byte[] pixels, long count, SplitMix random) {
        float light = (float) random.range(1 - brightness, 1 + brightness);
        float spread = (float) random.range(1 - contrast, 1 + contrast);
        float colour = (float) random.range(1 - saturation, 1 + saturation);
        if (brightness == 0 && contrast == 0 && saturation == 0) {
            return;
        }
        double sum = 0;
        for (int i = 0; i < pixels.length; i += 3) {
            sum += grey(pixels[i] & 255, pixels[i + 1] & 255, pixels[i + 2] & 255);
        }
        float mean = (float) (sum / Math.max(1, count)) * light; // padding is still black and adds nothing
        for (int i = 0; i < pixels.length; i += 3) {
            float r = mean + ((pixels[i] & 255) * light - mean) * spread;
            float g = mean + ((pixels[i + 1] & 255) * light - mean) * spread;
            float b = mean + ((pixels[i + 2] & 255) * light - mean) * spread;
            float own = grey(r, g, b);
            pixels[i] = level(own + (r - own) * colour);
            pixels[i + 1] = level(own + (g - own) * colour);
            pixels[i + 2] = level(own + (b - own) * colour);
        }
    }

    private static float grey(float r, float g, float b) {
        return 0.299f * r + 0.587f * g + 0.114f * b;
    }

    private static byte level(float v) {
        return (byte) Math.min(255, Math.max(0, (int) (v + 0.5f)));
    }

    private void pad(byte[] pixels, Axis rows, Axis columns) {
        for (int y = 0, o = 0; y < rows.size; y++) {
            for (int x = 0; x < columns.size; x++, o += 3) {
                if (rows.low[y] < 0 || columns.low[x] < 0) {
                    pixels[o] = (byte) (fill >> 16);
                    pixels[o + 1] = (byte) (fill >> 8);
                    pixels[o + 2] = (byte) fill;
                }
            }
        }
    }

    private static LabelMap nearest(LabelMap labels, Axis rows, Axis columns) {
        byte[] in = labels.toArray();
        byte[] out = new byte[rows.size * columns.size];
        Arrays.fill(out, (byte) LabelMap.IGNORE);
        for (int y = 0; y < rows.size; y++) {
            for (int x = 0; x < columns.size && rows.nearest[y] >= 0; x++) {
                if (columns.nearest[x] >= 0) {
                    out[y * columns.size + x] = in[rows.nearest[y] * labels.width() + columns.nearest[x]];
                }
            }
        }
        return LabelMap.wrap(rows.size, columns.size, out);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "Augmentation[scale %s..%s, crop %dx%d, flip %s, jitter %s/%s/%s, fill %06x]",
                minScale,
                maxScale,
                cropHeight,
                cropWidth,
                flip,
                brightness,
                contrast,
                saturation,
                fill);
    }

    /** Collects what may happen to an image; everything is off at first. */
    public static final class Builder {
        private double minScale = 1;
        private double maxScale = 1;
        private int cropHeight;
        private int cropWidth;
        private boolean flip;
        private double brightness;
        private double contrast;
        private double saturation;
        private int fill = MEAN_COLOUR;

        private Builder() {}

        /** Scales by a factor drawn uniformly from this range, within 0.01 to 100. */
        public Builder optScale(double min, double max) {
            if (!(min >= 0.01 && max >= min && max <= 100)) {
                throw new IllegalArgumentException(
                        "scale is " + min + ".." + max + "; expected 0.01 <= min <= max <= 100");
            }
            this.minScale = min;
            this.maxScale = max;
            return this;
        }

        /** Cuts out, or pads to, this many pixels. */
        public Builder optCrop(int height, int width) {
            if (height < 1 || width < 1) {
                throw new IllegalArgumentException("crop is " + height + "x" + width + "; expected at least 1x1");
            }
            this.cropHeight = height;
            this.cropWidth = width;
            return this;
        }

        /** Whether every second image, by chance, is mirrored left to right. */
        public Builder optFlip(boolean flip) {
            this.flip = flip;
            return this;
        }

        /**
         * Multiplies brightness, contrast and saturation each by a factor drawn from {@code 1 - x .. 1 + x}.
         *
         * @throws IllegalArgumentException if one is not in 0..1
         */
        public Builder optColourJitter(double brightness, double contrast, double saturation) {
            this.brightness = fraction("brightness", brightness);
            this.contrast = fraction("contrast", contrast);
            this.saturation = fraction("saturation", saturation);
            return this;
        }

        /** The colour of padding, 0xRRGGBB; default the mean colour of ImageNet, (124, 116, 104). */
        public Builder optFill(int rgb) {
            if (rgb < 0 || rgb > 0xFFFFFF) {
                throw new IllegalArgumentException("fill is " + rgb + "; expected 0xRRGGBB");
            }
            this.fill = rgb;
            return this;
        }

        /** Makes the augmentation. */
        public Augmentation build() {
            return new Augmentation(this);
        }

        private static double fraction(String name, double value) {
            if (!(value >= 0 && value <= 1)) {
                throw new IllegalArgumentException(name + " is " + value + "; expected 0..1");
            }
            return value;
        }
    }
}
