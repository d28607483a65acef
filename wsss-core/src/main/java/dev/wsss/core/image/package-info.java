/**
 * Arithmetic on images: resizing that reproduces Pillow, OpenCV and PyTorch to the bit or the last digit, and
 * normalization.
 *
 * <p>Every reference system was trained and measured through one particular resize, and they differ: Pillow widens its
 * kernels when shrinking and rounds to bytes between the passes, OpenCV's bicubic has another slope and no antialiasing,
 * PyTorch can align corners. {@link dev.wsss.core.image.Resize} names each of them, so that a port says which one it
 * means.
 */
@NullMarked
package dev.wsss.core.image;

import org.jspecify.annotations.NullMarked;
