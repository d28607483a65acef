package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.BatchNorm2d;

/**
 * The settings that all MobileNets have.
 *
 * @param <B> the network's own builder
 */
public abstract class MobileNetBuilder<B extends MobileNetBuilder<B>> {
    MobileNetSettings settings = MobileNetSettings.DEFAULT;

    MobileNetBuilder() {}

    abstract B self();

    B with(MobileNetSettings changed) {
        settings = changed;
        return self();
    }

    /**
     * Factor of all channels; 1 by default. Version 1 cuts channels to integers, at least 8; the others round them to
     * multiples of 8, or of {@link MobileNetV2.Builder#optDivisor}.
     */
    public B optWidth(double factor) {
        return with(settings.withWidth(factor));
    }

    /**
     * Image pixels to one pixel of the last map: 8, 16 or 32 (the default). Below 32 the last layers dilate in place of
     * striding.
     */
    public B optOutputStride(int stride) {
        return with(settings.withOutputStride(stride));
    }

    /** Whether convolutions pad as TensorFlow's "SAME" in place of PyTorch's way; off by default. */
    public B optSamePadding(boolean same) {
        return with(settings.withSamePadding(same));
    }

    /** How fast the running statistics follow; {@link BatchNorm2d#MOMENTUM} by default. */
    public B optBatchNormMomentum(double momentum) {
        return with(settings.withMomentum(momentum));
    }

    /** What is added to variances; {@link BatchNorm2d#EPS} by default, 1e-3 in TensorFlow's networks. */
    public B optBatchNormEps(double eps) {
        return with(settings.withEps(eps));
    }
}
