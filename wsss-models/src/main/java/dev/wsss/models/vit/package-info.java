/**
 * What vision transformers share (Dosovitskiy et al., ICLR 2021): {@link dev.wsss.models.vit.TransformerBlock}s one after the
 * other in a {@link dev.wsss.models.vit.Transformer}, position tables for other image sizes by {@link
 * dev.wsss.models.vit.PositionResize}, and a look into each layer by {@link dev.wsss.models.vit.Taps}.
 *
 * <p>Without taps attention is computed by libtorch's fused kernel and no map of it ever exists; what is asked for is
 * computed where it is asked for, and nowhere else.
 */
@NullMarked
package dev.wsss.models.vit;

import org.jspecify.annotations.NullMarked;
