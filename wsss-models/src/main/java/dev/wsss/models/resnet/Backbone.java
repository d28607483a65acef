package dev.wsss.models.resnet;

import dev.wsss.core.nn.Layer;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** A network that turns images {@code [N][3][H][W]} into the feature maps that heads build on. */
public abstract class Backbone extends Layer {
    /** Computes all five maps; they belong to the current scope. */
    public abstract Features features(Tensor images);

    /** The channels of {@code c1} to {@code c5}; a copy. */
    public abstract int[] channels();

    /** The channels of the last map. */
    public final int outChannels() {
        return channels()[4];
    }

    /** The last map alone. */
    @Override
    public final Tensor forward(Tensor images) {
        return features(images).c5();
    }

    /**
     * Refuses what is no batch of colour images.
     *
     * @throws IllegalArgumentException naming the shape
     */
    protected static void requireImages(Tensor images) {
        if (images.dim() != 4 || images.size(1) != 3) {
            throw new IllegalArgumentException("expected images of shape [N, 3, H, W], got "
                    + Arrays.toString(images.sizes().vec().get()));
        }
    }
}
