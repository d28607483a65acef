package dev.wsss.datasets;

import dev.wsss.api.ImageAugmentation;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelledImage;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The usual random changes to a training image and, alike, to its labels and scores: scale, crop or pad, flip, colour.
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
 * and scores are resampled bilinearly with half-pixel centres (no smoothing when shrinking) unless {@linkplain
 * Builder#optBicubic set otherwise}, labels to the nearest; scores are 0 beyond the image.
 *
 * <p>Immutable and safe for use from several threads.
 */
public final class Augmentation implements ImageAugmentation {
    /** ImageNet's mean colour, which normalizes to zero. */
    private static final int MEAN_COLOUR = 0x7C7468;

    private final double minScale;
    private final double maxScale;
    private final int cropHeight;
    private final int cropWidth;
    private final boolean flip;
    private final double brightness;
    private final double contrast;
    private final double saturation;
    private final double hueShift;
    private final double saturationShift;
    private final double valueShift;
    private final int minLongSide;
    private final int maxLongSide;
    private final boolean bicubic;
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
        hueShift = b.hueShift;
        saturationShift = b.saturationShift;
        valueShift = b.valueShift;
        minLongSide = b.minLongSide;
        maxLongSide = b.maxLongSide;
        bicubic = b.bicubic;
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
        if (maxLongSide > 0) {
            int longSide = minLongSide + random.below(maxLongSide - minLongSide + 1);
            scale = (double) longSide / Math.max(image.height(), image.width());
        }
        boolean flipped = random.chance(0.5) && flip;
        int height = Math.max(1, (int) Math.rint(image.height() * scale));
        int width = Math.max(1, (int) Math.rint(image.width() * scale));
        int outHeight = cropHeight == 0 ? height : cropHeight;
        int outWidth = cropWidth == 0 ? width : cropWidth;
        Axis rows = new Axis(image.height(), height, outHeight, offset(random, height, outHeight), false, bicubic);
        Axis columns = new Axis(image.width(), width, outWidth, offset(random, width, outWidth), flipped, bicubic);

        byte[] pixels = resample(image, rows, columns);
        jitter(pixels, (long) rows.inside() * columns.inside(), random);
        shift(pixels, random);
        pad(pixels, rows, columns);
        LabelMap newLabels = labels == null ? null : nearest(labels, rows, columns);
        List<ScoreMaps> newScores = new ArrayList<>();
        for (ScoreMaps maps : in.scores()) {
            newScores.add(resample(maps, rows, columns));
        }
        return new LabelledImage(new RgbImage(outHeight, outWidth, pixels), newLabels, newScores);
    }

    /** Where the crop begins in the scaled image; negative when it begins before. */
    private static int offset(SplitMix random, int size, int crop) {
        int room = size - crop;
        int at = random.below(Math.abs(room) + 1);
        return room < 0 ? -at : at;
    }

    /** The values of an image or a map, in order of row, column, channel. */
    @FunctionalInterface
    private interface Values {
        float at(int index);
    }

    /**
     * Resamples the part that the crop shows, columns first. Padding stays 0.
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

    private static byte[] resample(RgbImage image, Axis rows, Axis columns) {
        byte[] in = image.data();
        float[] values = resample(i -> in[i] & 255, image.height(), image.width(), 3, rows, columns);
        byte[] out = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            out[i] = level(values[i]);
        }
        return out;
    }

    /** A kernel may overshoot, so that each map is kept within its own range. */
    private static ScoreMaps resample(ScoreMaps maps, Axis rows, Axis columns) {
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

    /** Turns the hue and shifts saturation and value, as fractions of their ranges. */
    private void shift(byte[] pixels, SplitMix random) {
        if (hueShift == 0 && saturationShift == 0 && valueShift == 0) {
            return;
        }
        float h = (float) random.range(-hueShift, hueShift);
        float s = (float) random.range(-saturationShift, saturationShift);
        float v = (float) random.range(-valueShift, valueShift);
        for (int i = 0; i < pixels.length; i += 3) {
            Hsv.shift(pixels, i, h, s, v);
        }
    }

    private void pad(byte[] pixels, Axis rows, Axis columns) {
        for (int y = 0, o = 0; y < rows.size(); y++) {
            for (int x = 0; x < columns.size(); x++, o += 3) {
                if (rows.isPadding(y) || columns.isPadding(x)) {
                    pixels[o] = (byte) (fill >> 16);
                    pixels[o + 1] = (byte) (fill >> 8);
                    pixels[o + 2] = (byte) fill;
                }
            }
        }
    }

    private static LabelMap nearest(LabelMap labels, Axis rows, Axis columns) {
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

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "Augmentation[%s %s..%s%s, crop %dx%d, flip %s, jitter %s/%s/%s, hsv %s/%s/%s, fill %06x]",
                maxLongSide > 0 ? "long side" : "scale",
                maxLongSide > 0 ? minLongSide : minScale,
                maxLongSide > 0 ? maxLongSide : maxScale,
                bicubic ? " bicubic" : "",
                cropHeight,
                cropWidth,
                flip,
                brightness,
                contrast,
                saturation,
                hueShift,
                saturationShift,
                valueShift,
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
        private double hueShift;
        private double saturationShift;
        private double valueShift;
        private int minLongSide;
        private int maxLongSide;
        private boolean bicubic;
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

        /**
         * Scales so that the longer side has a number of pixels drawn uniformly from this range, both ends included, in
         * place of {@link #optScale}; the other side is rounded half to even.
         */
        public Builder optLongSide(int min, int max) {
            if (min < 1 || max < min) {
                throw new IllegalArgumentException("long side is " + min + ".." + max + "; expected 1 <= min <= max");
            }
            this.minLongSide = min;
            this.maxLongSide = max;
            return this;
        }

        /**
         * Whether images and scores are resampled as Pillow's bicubic does, but for its rounding between rows and columns:
         * a = -1/2, smoothing when shrinking. Otherwise it is bilinear.
         */
        public Builder optBicubic(boolean bicubic) {
            this.bicubic = bicubic;
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

        /** Whether every second image, by chance, is flipped left to right. */
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

        /**
         * Turns the hue by a part of the circle drawn from {@code -hue .. hue}, and adds parts of their full range, drawn
         * likewise, to saturation and value. torchvision's hue jitter of 0.1 is {@code (0.1, 0, 0)}; the ten steps that
         * DeepLab's training in OpenCV shifts by are {@code (10 / 180.0, 10 / 255.0, 10 / 255.0)}.
         *
         * @throws IllegalArgumentException if one is not in 0..1, or hue above 0.5
         */
        public Builder optHsvShift(double hue, double saturation, double value) {
            if (!(hue >= 0 && hue <= 0.5)) {
                throw new IllegalArgumentException("hue is " + hue + "; expected 0..0.5");
            }
            this.hueShift = hue;
            this.saturationShift = fraction("saturation", saturation);
            this.valueShift = fraction("value", value);
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
