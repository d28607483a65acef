package dev.wsss.core.image;

import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.vector.VectorApi;

/**
 * The resize modes of Pillow, OpenCV and PyTorch.
 *
 * <p>Three kinds of data are resized: {@link #apply(RgbImage, int, int) images} of bytes, {@link #apply(LabelMap, int,
 * int) label maps}, which take a nearest mode, and {@link #apply(float[], int, int, int, int, int) float maps}. Pillow's
 * modes give the bytes of Pillow 12.3, {@link #CV_LINEAR} those of OpenCV 4.13 and 5.0; {@link #CV_CUBIC} is within one
 * level of both, which differ by as much. PyTorch's, which has no byte arithmetic of its own, are for float maps, within
 * float32 rounding. Of an image or a label map, a {@link Window} of what it is resized to can be had alone.
 *
 * <p>A resize to the same size returns equal values. All modes are stateless and may be used from several threads.
 */
public enum Resize {
    /** {@code Image.resize(size, NEAREST)}, with its rule at exact ties. */
    PIL_NEAREST,
    /** {@code Image.resize(size, BILINEAR)}: antialiased when shrinking. */
    PIL_BILINEAR,
    /** {@code Image.resize(size, BICUBIC)}: slope -0.5, antialiased when shrinking. */
    PIL_BICUBIC,
    /** {@code cv2.resize} with {@code INTER_NEAREST}: source position {@code floor(i * in / out)}. */
    CV_NEAREST,
    /**
     * {@code cv2.resize} with {@code INTER_NEAREST_EXACT} of OpenCV 5.0, which is Pillow's rule. OpenCV 4's differs: its
     * steps are whole multiples of 1/65536 pixel.
     */
    CV_NEAREST_EXACT,
    /** {@code cv2.resize} with {@code INTER_LINEAR}, not antialiased. */
    CV_LINEAR,
    /** {@code cv2.resize} with {@code INTER_CUBIC}: slope -0.75, not antialiased. */
    CV_CUBIC,
    /** {@code cv2.resize} with {@code INTER_AREA}: box average when both sides shrink, else a linear interpolation. */
    CV_AREA,
    /** {@code F.interpolate(mode='nearest')}. */
    TORCH_NEAREST,
    /** {@code F.interpolate(mode='bilinear', align_corners=False)}. */
    TORCH_BILINEAR,
    /** {@code F.interpolate(mode='bilinear', align_corners=True)}. */
    TORCH_BILINEAR_ALIGN_CORNERS,
    /** {@code F.interpolate(mode='bilinear', align_corners=False, antialias=True)}. */
    TORCH_BILINEAR_ANTIALIAS,
    /** {@code F.interpolate(mode='bicubic', align_corners=False)}: slope -0.75. */
    TORCH_BICUBIC,
    /** {@code F.interpolate(mode='bicubic', align_corners=True)}: slope -0.75. */
    TORCH_BICUBIC_ALIGN_CORNERS,
    /** {@code F.interpolate(mode='bicubic', align_corners=False, antialias=True)}: slope -0.5. */
    TORCH_BICUBIC_ANTIALIAS,
    /** {@code F.interpolate(mode='area')}: adaptive average pooling. */
    TORCH_AREA;

    /** Whether each output value is a copy of one input value. */
    public boolean isNearest() {
        return switch (this) {
            case PIL_NEAREST, CV_NEAREST, CV_NEAREST_EXACT, TORCH_NEAREST -> true;
            default -> false;
        };
    }

    /**
     * Resizes an image.
     *
     * @throws IllegalArgumentException if the new size is not at least 1x1, or this is {@link #CV_AREA} or a PyTorch mode
     *     other than nearest, which have no byte arithmetic here
     */
    public RgbImage apply(RgbImage image, int height, int width) {
        requireSize(height, width);
        return apply(image, height, width, Window.whole(height, width));
    }

    /**
     * A part of a resized image: the same bytes as of resizing the whole and cutting out the window, for the cost of the
     * window.
     *
     * @param height rows of the whole image after the resize
     * @param width its columns
     * @throws IllegalArgumentException as {@link #apply(RgbImage, int, int)}, or if the window is not inside
     */
    public RgbImage apply(RgbImage image, int height, int width, Window window) {
        requireSize(height, width);
        window.requireInside(height, width);
        Span down = window.rows(image.height(), height);
        Span across = window.columns(image.width(), width);
        if (isNearest()) {
            byte[] out = ByteResampler.pick(image.data(), 3, image.width(), index(down), index(across));
            return new RgbImage(window.height(), window.width(), out);
        }
        byte[] out = bytes(image.data(), down, across, VectorApi.isPresent());
        return new RgbImage(window.height(), window.width(), out);
    }

    /** Package-private, so that tests compare ways that give the same bytes: {@link ByteResampler#resample}. */
    byte[] bytes(byte[] data, Span down, Span across, boolean vectors) {
        return switch (this) {
            case PIL_BILINEAR, PIL_BICUBIC ->
                ByteResampler.resample(
                        ByteArithmetic.PIL,
                        data,
                        FixedAxis.pil(axis(down, false)),
                        FixedAxis.pil(axis(across, false)),
                        vectors);
            case CV_LINEAR ->
                ByteResampler.resample(
                        ByteArithmetic.CV_LINEAR,
                        data,
                        FixedAxis.cvLinearRows(down),
                        FixedAxis.cv(axis(across, false)),
                        vectors);
            case CV_CUBIC ->
                ByteResampler.resample(
                        ByteArithmetic.CV_CUBIC,
                        data,
                        FixedAxis.cv(axis(down, false)),
                        FixedAxis.cv(axis(across, false)),
                        vectors);
            default -> throw new IllegalArgumentException(this + " does not resize bytes; convert to float maps first");
        };
    }

    /**
     * Resizes a label map.
     *
     * @throws IllegalArgumentException if the new size is not at least 1x1, or this is not a nearest mode: labels cannot
     *     be averaged
     */
    public LabelMap apply(LabelMap labels, int height, int width) {
        requireSize(height, width);
        return apply(labels, height, width, Window.whole(height, width));
    }

    /**
     * A part of a resized label map.
     *
     * @param height rows of the whole map after the resize
     * @param width its columns
     * @throws IllegalArgumentException as {@link #apply(LabelMap, int, int)}, or if the window is not inside
     */
    public LabelMap apply(LabelMap labels, int height, int width, Window window) {
        requireSize(height, width);
        window.requireInside(height, width);
        if (!isNearest()) {
            throw new IllegalArgumentException(this + " would average labels; expected a nearest mode");
        }
        byte[] out = ByteResampler.pick(
                labels.toArray(),
                1,
                labels.width(),
                index(window.rows(labels.height(), height)),
                index(window.columns(labels.width(), width)));
        return LabelMap.wrap(window.height(), window.width(), out);
    }

    /**
     * Resizes float maps.
     *
     * @param maps {@code [channels][height][width]}; unchanged
     * @return {@code [channels][newHeight][newWidth]}, a new array
     * @throws IllegalArgumentException if a size is not at least 1x1 or the array's length is not the shape's
     */
    public float[] apply(float[] maps, int channels, int height, int width, int newHeight, int newWidth) {
        requireSize(height, width);
        requireSize(newHeight, newWidth);
        if (maps.length != (long) channels * height * width) {
            throw new IllegalArgumentException(channels + " maps of " + height + "x" + width + " have "
                    + (long) channels * height * width + " values, got " + maps.length);
        }
        if (isNearest()) {
            return FloatResampler.pick(
                    maps, channels, width, index(Span.whole(height, newHeight)), index(Span.whole(width, newWidth)));
        }
        boolean enlarges = newHeight > height || newWidth > width;
        ResampleAxis rows = axis(Span.whole(height, newHeight), enlarges);
        ResampleAxis columns = axis(Span.whole(width, newWidth), enlarges);
        return FloatResampler.resample(maps, channels, rows, columns);
    }

    /**
     * Resizes score maps.
     *
     * @param scores stay the caller's
     * @return maps on the host; of the same size, they may share the array of {@code scores}
     * @throws dev.wsss.api.InvalidDataException if a score is NaN or infinite
     */
    public ScoreMaps apply(ScoreMaps scores, int height, int width) {
        requireSize(height, width);
        float[] values = scores.toArray();
        // checks them in their own coordinates, before a resize spreads what is wrong
        ScoreMaps checked = ScoreMaps.of(scores.labels(), scores.height(), scores.width(), values);
        if (scores.height() == height && scores.width() == width) {
            return checked;
        }
        float[] resized = apply(values, checked.count(), scores.height(), scores.width(), height, width);
        return ScoreMaps.of(scores.labels(), height, width, resized);
    }

    /**
     * The source position that a nearest mode reads for each of {@code out} positions along an axis of length {@code in}.
     *
     * @throws IllegalArgumentException if this is not a nearest mode or a length is below 1
     */
    public int[] index(int in, int out) {
        requireSize(in, out);
        return index(Span.whole(in, out));
    }

    private int[] index(Span span) {
        return switch (this) {
            case PIL_NEAREST, CV_NEAREST_EXACT -> ResampleAxis.pilNearest(span);
            case CV_NEAREST -> ResampleAxis.cvNearest(span);
            case TORCH_NEAREST -> ResampleAxis.torchNearest(span);
            default -> throw new IllegalArgumentException(this + " is not a nearest mode");
        };
    }

    private ResampleAxis axis(Span span, boolean enlarges) {
        return switch (this) {
            case PIL_BILINEAR -> ResampleAxis.antialiased(span, 1, ResampleAxis::triangle);
            case TORCH_BILINEAR_ANTIALIAS -> ResampleAxis.torchAntialiased(span, 1, ResampleAxis::triangle);
            case PIL_BICUBIC -> ResampleAxis.antialiased(span, 2, ResampleAxis::cubicHalf);
            case TORCH_BICUBIC_ANTIALIAS -> ResampleAxis.torchAntialiased(span, 2, ResampleAxis::cubicHalf);
            case CV_LINEAR -> ResampleAxis.cvLinear(span);
            case CV_CUBIC -> ResampleAxis.cvCubic(span);
            case CV_AREA -> enlarges ? ResampleAxis.cvAreaLinear(span) : ResampleAxis.cvArea(span);
            case TORCH_BILINEAR -> ResampleAxis.torchLinear(span, false);
            case TORCH_BILINEAR_ALIGN_CORNERS -> ResampleAxis.torchLinear(span, true);
            case TORCH_BICUBIC -> ResampleAxis.torchCubic(span, false);
            case TORCH_BICUBIC_ALIGN_CORNERS -> ResampleAxis.torchCubic(span, true);
            case TORCH_AREA -> ResampleAxis.torchArea(span);
            case PIL_NEAREST, CV_NEAREST, CV_NEAREST_EXACT, TORCH_NEAREST ->
                throw new IllegalStateException(this + " has no weights");
        };
    }

    private static void requireSize(int height, int width) {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException("size must be at least 1x1, got " + height + "x" + width);
        }
    }
}
