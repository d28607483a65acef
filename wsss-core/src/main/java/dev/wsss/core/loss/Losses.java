package dev.wsss.core.loss;

import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The losses of classification by tags and of segmentation by labels. */
public final class Losses {
    /** The label of pixels that no loss and no metric counts. */
    public static final int IGNORE = 255;

    /** libtorch's codes of reductions. */
    private static final long MEAN = 1;

    private static final long SUM = 2;

    private Losses() {}

    /**
     * Multi-label soft margin loss: binary cross entropy of each class, averaged over classes and images.
     *
     * @param logits {@code [N][C]}
     * @param multiHot {@code [N][C]}, 1 for the classes in the image and 0 for the others, floating point
     */
    public static Tensor multiLabelSoftMargin(Tensor logits, Tensor multiHot) {
        if (logits.dim() != 2) {
            throw new IllegalArgumentException("logits must be [N][C], got " + Arrays.toString(Tensors.shape(logits)));
        }
        sameShape("multiHot", multiHot, logits);
        return torch.multilabel_soft_margin_loss(logits, multiHot);
    }

    /**
     * Binary cross entropy with a sigmoid, averaged over all elements.
     *
     * @param logits of any shape
     * @param targets of the same shape, in [0, 1]
     */
    public static Tensor bceWithLogits(Tensor logits, Tensor targets) {
        sameShape("targets", targets, logits);
        return torch.binary_cross_entropy_with_logits(
                logits, targets, new TensorOptional(), new TensorOptional(), MEAN);
    }

    /**
     * Cross entropy with a softmax over classes, averaged over the pixels whose label is not {@link #IGNORE}.
     *
     * <p>Without any such pixel the loss is 0 and so is its gradient. PyTorch's own mean is NaN there, which one crop of
     * pure border would spread over the whole network.
     *
     * @param logits {@code [N][C][H][W]} (or {@code [N][C]}), of the labels' size
     * @param labels {@code [N][H][W]} (or {@code [N]}), uint8 or int64, in 0..C-1 or {@link #IGNORE}
     */
    public static Tensor crossEntropy(Tensor logits, Tensor labels) {
        long[] shape = Tensors.shape(logits);
        long[] expected = new long[Math.max(shape.length - 1, 1)];
        for (int d = 0; d < expected.length; d++) {
            expected[d] = shape[d == 0 ? 0 : d + 1];
        }
        if (shape.length < 2 || !Arrays.equals(expected, Tensors.shape(labels))) {
            throw new IllegalArgumentException("labels must be the logits' shape " + Arrays.toString(shape)
                    + " without the classes, got " + Arrays.toString(Tensors.shape(labels)));
        }
        DType type = Tensors.dtype(labels);
        if (type != DType.U8 && type != DType.I64) {
            throw new IllegalArgumentException("labels must be uint8 or int64, got " + type);
        }
        Tensor index = type == DType.I64 ? labels : labels.to(ScalarType.Long);
        // a sum over pixels is beyond the half-precision types
        Tensor precise = Tensors.dtype(logits).bytes() < 4 ? logits.to(ScalarType.Float) : logits;
        Tensor sum = torch.cross_entropy_loss(precise, index, new TensorOptional(), SUM, IGNORE, 0);
        Tensor counted = index.ne(new Scalar(IGNORE)).sum().clamp_min(new Scalar(1));
        return sum.div(counted);
    }

    private static void sameShape(String name, Tensor t, Tensor logits) {
        if (!Arrays.equals(Tensors.shape(t), Tensors.shape(logits))) {
            throw new IllegalArgumentException(name + " must have the logits' shape "
                    + Arrays.toString(Tensors.shape(logits)) + ", got " + Arrays.toString(Tensors.shape(t)));
        }
    }
}
