/**
 * Pixel-to-prototype contrast (Du et al., CVPR 2022) on SEAM and EPS, from image tags to a trained segmenter.
 *
 * <p>{@link dev.wsss.systems.ppc.Ppc} runs the steps in a folder, by a {@link dev.wsss.systems.ppc.PpcRecipe} of all its
 * numbers.
 */
@NullMarked
package dev.wsss.systems.ppc;

import org.jspecify.annotations.NullMarked;
