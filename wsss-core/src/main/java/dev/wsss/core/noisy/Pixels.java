package dev.wsss.core.noisy;

import dev.wsss.core.batch.Batch;
import dev.wsss.core.io.DType;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What the losses of pixels have in common. */
final class Pixels {
    private static final long NO_REDUCTION = 0;

    private Pixels() {}

    /** Logits of a batch's images in the size of its labels, of single precision at least. */
    static Tensor logits(Layer network, Batch batch, boolean alignCorners) {
        Tensor labels = batch.labels();
        Tensor logits = network.forward(batch.images());
        Tensor precise = Tensors.dtype(logits).bytes() < 4 ? logits.to(ScalarType.Float) : logits;
        return Ops.bilinear(precise, labels.size(1), labels.size(2), alignCorners);
    }

    /** Cross-entropy of each pixel {@code [N][H][W]}, 0 at {@link Losses#IGNORE}. */
    static Tensor crossEntropy(Tensor logits, Tensor labels) {
        require(logits, labels);
        return torch.nll_loss_nd(logits.log_softmax(1), labels, new TensorOptional(), NO_REDUCTION, Losses.IGNORE);
    }

    /** Refuses shapes and types that do not go together. */
    static void require(Tensor logits, Tensor labels) {
        long[] shape = Tensors.shape(logits);
        if (shape.length != 4
                || !Arrays.equals(new long[] {shape[0], shape[2], shape[3]}, Tensors.shape(labels))
                || Tensors.dtype(labels) != DType.I64) {
            throw new IllegalArgumentException("expected logits [N][C][H][W] and int64 labels [N][H][W], got "
                    + Arrays.toString(shape) + " and " + Tensors.dtype(labels) + " "
                    + Arrays.toString(Tensors.shape(labels)));
        }
    }

    /** Where there is a label. */
    static Tensor labelled(Tensor labels) {
        return labels.ne(new Scalar(Losses.IGNORE));
    }

    /** The mean over some pixels; 0, without a gradient, over none. What is not finite elsewhere stays there. */
    static Tensor mean(Tensor pixels, Tensor members) {
        return pixels.where(members, new Scalar(0.0)).sum().div(members.sum().clamp_min(new Scalar(1)));
    }

    /** Checks a number. */
    static double requireIn(String name, double value, double low, double high) {
        if (!(value >= low && value <= high)) {
            throw new IllegalArgumentException(name + " must be in [" + low + ", " + high + "], got " + value);
        }
        return value;
    }
}
