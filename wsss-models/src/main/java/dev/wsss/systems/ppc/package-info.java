/**
 * Pixel-to-prototype contrast (Du et al., CVPR 2022) on SEAM and EPS, from image tags to a trained segmenter.
 *
 * <p>{@link dev.wsss.systems.ppc.Ppc} runs the steps in a folder, by a {@link dev.wsss.systems.ppc.PpcRecipe} of all its
 * numbers. Its parts stand alone too: a {@link dev.wsss.systems.ppc.SeamNetwork} is a backbone with a {@link
 * dev.wsss.systems.ppc.SeamHead}, which gives {@link dev.wsss.systems.ppc.SeamMaps}: the activations, the same after the
 * pixel correlation module, and, for PPC, the projection in which pixels are contrasted with prototypes. {@link
 * dev.wsss.systems.ppc.PixelCorrelation} is that module alone, as a function of tensors and as a {@link
 * dev.wsss.api.ScoreRefiner} for maps from anywhere. A {@link dev.wsss.systems.ppc.PpcModel} is what is trained as one:
 * network, loss, optimizer and inference of a {@link dev.wsss.systems.ppc.PpcVariant}; {@link
 * dev.wsss.systems.ppc.PpcCompat} says which accidents of the published code it repeats. The losses of SEAM, EPS and PPC are
 * pure functions of tensors.
 */
@NullMarked
package dev.wsss.systems.ppc;

import org.jspecify.annotations.NullMarked;
