package dev.wsss.core.image;

/** Whose fixed-point arithmetic images are resized in. All resample columns first and keep what is between the passes. */
enum ByteArithmetic {
    /** Pillow: 22 fractional bits, rounded to a byte after each pass. */
    PIL,
    /** OpenCV's linear: 11 bits in each direction; 4 bits are dropped between the passes. */
    CV_LINEAR,
    /** OpenCV's cubic: 11 bits in each direction, rounded once. */
    CV_CUBIC
}
