package dev.wsss.core.augment;

/** How images and maps are resampled. */
public enum Interpolation {
    /** Linear with half-pixel centres, without smoothing when shrinking. */
    BILINEAR,
    /** As Pillow's bicubic, but for its rounding between rows and columns: a = -1/2, smoothing when shrinking. */
    BICUBIC
}
