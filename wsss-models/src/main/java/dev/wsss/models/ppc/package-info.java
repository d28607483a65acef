/**
 * SEAM and what PPC and EPS make of it: networks whose class activation maps are refined by the likeness of pixels.
 *
 * <p>A {@link dev.wsss.models.ppc.SeamNetwork} is a backbone with a {@link dev.wsss.models.ppc.SeamHead}. The head gives
 * {@link dev.wsss.models.ppc.SeamMaps}: the activations, the same after the pixel correlation module, and, for PPC, the
 * projection in which pixels are contrasted with prototypes. {@link dev.wsss.models.ppc.PixelCorrelation} is that module
 * alone, as a function of tensors and as a {@link dev.wsss.api.ScoreRefiner} for maps from anywhere. A {@link
 * dev.wsss.models.ppc.PpcModel} is what is trained as one: network, loss, optimizer and inference of a {@link
 * dev.wsss.models.ppc.PpcVariant}; {@link dev.wsss.models.ppc.PpcCompat} says which accidents of the published code it repeats.
 */
@NullMarked
package dev.wsss.models.ppc;

import org.jspecify.annotations.NullMarked;
