package dev.wsss.models.maskclip;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** How alike two places of an image are by the keys of CLIP's last attention, for MaskCLIP's key smoothing. */
public enum KeyAffinity {
    /**
     * Cosines of their keys, negative ones as 0, over the sum of each place's: a place becomes a mean of places like it, on the
     * scale of those that stay.
     */
    MEAN {
        @Override
        Tensor unit(Tensor keys) {
            return TextClassifier.unit(keys, 2);
        }

        @Override
        Tensor rows(Tensor cosines) {
            Tensor positive = torch.relu(cosines);
            return positive.div(positive.norm(new ScalarOptional(new Scalar(1)), new long[] {2}, true)
                    .clamp_min(new Scalar(TINY)));
        }
    },

    /**
     * Cosines of their keys, as the paper has it. A place becomes a sum over all others and is as much larger than those that
     * stay as there are places, which matters once maps are resized.
     */
    SUM {
        @Override
        Tensor unit(Tensor keys) {
            return TextClassifier.unit(keys, 2);
        }

        @Override
        Tensor rows(Tensor cosines) {
            return cosines;
        }
    },

    /** As the published code: {@link #SUM}, but each channel of the keys is scaled to length 1 over all places. */
    ORIGINAL {
        @Override
        Tensor unit(Tensor keys) {
            return TextClassifier.unit(keys, 1);
        }

        @Override
        Tensor rows(Tensor cosines) {
            return cosines;
        }
    };

    private static final double TINY = 1e-12;

    /** Keys {@code [N][places][D]} scaled as this affinity has it. */
    abstract Tensor unit(Tensor keys);

    /** Affinities of some places to all from their products {@code [N][some][all]}. */
    abstract Tensor rows(Tensor cosines);
}
