package dev.wsss.models.vit;

import dev.wsss.core.nn.Gelu;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.QuickGelu;

/** What stands between the two layers of a block's perceptron. */
public enum Activation {
    /** {@code x * P(X <= x)} of the standard normal distribution, by its error function. */
    GELU,
    /** {@code x * sigmoid(1.702 x)}, of OpenAI's CLIP. */
    QUICK_GELU;

    Layer layer() {
        return this == GELU ? Gelu.exact() : new QuickGelu();
    }
}
