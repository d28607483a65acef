package dev.wsss.models.clip;

import dev.wsss.core.nn.LayerNorm;
import dev.wsss.models.vit.Activation;
import dev.wsss.models.vit.PositionResize;

/**
 * How a CLIP computes, as far as its checkpoint does not say. The published systems run the same weights in different ways.
 *
 * <pre>{@code
 * ClipSettings openai = ClipSettings.DEFAULT;
 * ClipSettings mmseg = ClipSettings.MASKCLIP;
 * ClipSettings fma = ClipSettings.DEFAULT.withPositions(PositionResize.BILINEAR);
 * ClipSettings laion = ClipSettings.DEFAULT.withActivation(Activation.GELU);        // OpenCLIP's own trainings
 * }</pre>
 *
 * @param imageActivation of the image tower, if it is a vision transformer
 * @param textActivation of the text tower
 * @param imageEps what the image tower's normalizations add to variances, if it is a vision transformer
 * @param positions how its position table serves other sizes of images than it was trained with; of a ResNet that of its
 *     attention pooling
 * @param pad whether a vision transformer's images whose sides are no multiples of the patch get zeros below and on the
 *     right; otherwise they are refused
 */
public record ClipSettings(
        Activation imageActivation, Activation textActivation, double imageEps, PositionResize positions, boolean pad) {
    /** OpenAI's arithmetic, and bicubic positions for images of other sizes. */
    public static final ClipSettings DEFAULT = new ClipSettings(
            Activation.QUICK_GELU, Activation.QUICK_GELU, LayerNorm.EPS, PositionResize.BICUBIC, false);

    /**
     * The image tower of MaskCLIP and CARB in mmsegmentation: exact GELU and an epsilon of 1e-6, with which the weights were
     * not trained, {@link PositionResize#BICUBIC_BY_COUNT} and padding. Texts as OpenAI.
     */
    public static final ClipSettings MASKCLIP =
            new ClipSettings(Activation.GELU, Activation.QUICK_GELU, 1e-6, PositionResize.BICUBIC_BY_COUNT, true);

    public ClipSettings {
        if (!(imageEps > 0)) {
            throw new IllegalArgumentException("imageEps must be positive, got " + imageEps);
        }
    }

    /** The same with one activation for both towers. */
    public ClipSettings withActivation(Activation activation) {
        return new ClipSettings(activation, activation, imageEps, positions, pad);
    }

    /** The same with another way to resize the position table. */
    public ClipSettings withPositions(PositionResize positions) {
        return new ClipSettings(imageActivation, textActivation, imageEps, positions, pad);
    }

    /** The same, images padded or refused. */
    public ClipSettings withPad(boolean pad) {
        return new ClipSettings(imageActivation, textActivation, imageEps, positions, pad);
    }
}
