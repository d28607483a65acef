package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.BatchNorm2d;

/** What the builders here share, checked. */
record MobileNetSettings(
        double width,
        int divisor,
        int outputStride,
        boolean samePadding,
        boolean lastConv,
        double momentum,
        double eps) {
    static final MobileNetSettings DEFAULT =
            new MobileNetSettings(1, 8, 32, false, true, BatchNorm2d.MOMENTUM, BatchNorm2d.EPS);

    MobileNetSettings {
        if (!(width > 0) || width > 100) {
            throw new IllegalArgumentException("width must be a factor above 0 and at most 100, got " + width);
        }
        if (divisor < 1) {
            throw new IllegalArgumentException("divisor must be at least 1, got " + divisor);
        }
        if (outputStride != 8 && outputStride != 16 && outputStride != 32) {
            throw new IllegalArgumentException("output stride must be 8, 16 or 32, got " + outputStride);
        }
    }

    MobileNetSettings withWidth(double factor) {
        return new MobileNetSettings(factor, divisor, outputStride, samePadding, lastConv, momentum, eps);
    }

    MobileNetSettings withDivisor(int value) {
        return new MobileNetSettings(width, value, outputStride, samePadding, lastConv, momentum, eps);
    }

    MobileNetSettings withOutputStride(int value) {
        return new MobileNetSettings(width, divisor, value, samePadding, lastConv, momentum, eps);
    }

    MobileNetSettings withSamePadding(boolean same) {
        return new MobileNetSettings(width, divisor, outputStride, same, lastConv, momentum, eps);
    }

    MobileNetSettings withLastConv(boolean last) {
        return new MobileNetSettings(width, divisor, outputStride, samePadding, last, momentum, eps);
    }

    MobileNetSettings withMomentum(double value) {
        return new MobileNetSettings(width, divisor, outputStride, samePadding, lastConv, value, eps);
    }

    MobileNetSettings withEps(double value) {
        return new MobileNetSettings(width, divisor, outputStride, samePadding, lastConv, momentum, value);
    }

    /**
     * Channels at this width by the published rule: the nearest multiple of the divisor, at least one, and the next above
     * where that is below nine tenths.
     */
    int channels(int atFullWidth) {
        double wanted = atFullWidth * width;
        int rounded = Math.max(divisor, (int) (wanted + divisor / 2.0) / divisor * divisor);
        return rounded < 0.9 * wanted ? rounded + divisor : rounded;
    }

    /** The same of a last convolution, which narrow networks have in full. */
    int lastChannels(int atFullWidth) {
        return width < 1 ? atFullWidth : channels(atFullWidth);
    }
}
