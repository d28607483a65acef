package dev.wsss.models.irn;

import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import org.bytedeco.pytorch.Tensor;

/**
 * Subtracts the mean displacement in evaluation. The losses see differences of displacements only, so that a constant is
 * left undetermined; without it the field points at centres. Key {@code running_mean}.
 */
final class MeanShift extends Layer {
    private final Tensor mean;

    MeanShift() {
        mean = buffer("running_mean", Init.zeros(2));
    }

    Tensor mean() {
        return mean;
    }

    @Override
    public Tensor forward(Tensor x) {
        return isTraining() ? x : x.sub(mean.view(1, 2, 1, 1));
    }
}
