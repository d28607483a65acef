package dev.wsss.systems.dhr;

import dev.wsss.api.Described;
import dev.wsss.api.Description;
import dev.wsss.api.LabelMap;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.DType;
import dev.wsss.core.loss.Losses;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * DHR's loss: {@code L = CE(logits, labels) + MultiLabelSoftMargin(mean of the activation maps, tags)}.
 *
 * <p>Labels are resized to the logits' size by PyTorch's nearest; the cross-entropy is the mean over labelled pixels. Activation
 * maps are averaged over the cells of the content ({@link ContentBox#on}), so padding does not count.
 *
 * <p>Immutable; may be used from several threads.
 *
 * @param compat which accidents of the published code to repeat
 */
public record DhrLoss(DhrCompat compat) implements Described {
    /** With all repairs. */
    public static DhrLoss repaired() {
        return new DhrLoss(DhrCompat.repaired());
    }

    /**
     * The loss of a batch, scalars of the current scope.
     *
     * @param segmentation cross-entropy of labels; 0 without labelled pixels, or NaN by {@link DhrCompat#nanWithoutPixels}
     * @param classification multi-label soft margin of tags
     * @param total the sum: the loss
     */
    public record Terms(Tensor segmentation, Tensor classification, Tensor total) {}

    /**
     * Computes.
     *
     * @param logits {@code [B][N][h][w]}, of any size
     * @param masks int64 {@code [B][H][W]}, labels in 0 to N - 1 or {@link LabelMap#IGNORE}, on the same device
     * @param cams raw activation maps {@code [B][C][h][w]}, of any size
     * @param tags {@code [B][C]}, 0 or 1
     * @param contents where each image lies on its canvas of {@code H} by {@code W}
     * @throws IllegalArgumentException if shapes or types do not go together
     */
    public Terms apply(Tensor logits, Tensor masks, Tensor cams, Tensor tags, List<ContentBox> contents) {
        Select.requireMaps("logits", logits);
        Select.requireMaps("cams", cams);
        long batch = logits.size(0);
        if (masks.dim() != 3 || masks.size(0) != batch || Tensors.dtype(masks) != DType.I64) {
            throw new IllegalArgumentException("masks must be int64 [" + batch + "][H][W], got " + Tensors.dtype(masks)
                    + " " + Arrays.toString(Tensors.shape(masks)));
        }
        Select.requireShape("tags", tags, batch, cams.size(1));
        if (cams.size(0) != batch || contents.size() != batch) {
            throw new IllegalArgumentException("expected cams and contents of a batch of " + batch + ", got "
                    + cams.size(0) + " and " + contents.size());
        }
        try (Scope scope = Scope.open()) {
            Tensor labels = LabelTensors.resize(
                    masks, Resize.TORCH_NEAREST, Math.toIntExact(logits.size(2)), Math.toIntExact(logits.size(3)));
            Tensor segmentation = Losses.crossEntropy(logits, labels);
            if (compat.nanWithoutPixels()) {
                Tensor any = labels.ne(new Scalar(LabelMap.IGNORE)).any();
                // 0 / 0 where there is none
                segmentation = segmentation.mul(any.to(ScalarType.Float).div(any.to(ScalarType.Float)));
            }
            Tensor means = pooled(cams.to(ScalarType.Float), masks, contents);
            Tensor classification = Losses.multiLabelSoftMargin(means, tags.to(ScalarType.Float));
            return new Terms(
                    scope.keep(segmentation), scope.keep(classification), scope.keep(segmentation.add(classification)));
        }
    }

    /** The mean of activation maps over the content's cells, {@code [B][C]}. */
    private static Tensor pooled(Tensor cams, Tensor masks, List<ContentBox> contents) {
        int h = Math.toIntExact(cams.size(2));
        int w = Math.toIntExact(cams.size(3));
        float[] weights = new float[Math.multiplyExact(contents.size(), h * w)];
        for (int b = 0; b < contents.size(); b++) {
            ContentBox cells = contents.get(b).on(Math.toIntExact(masks.size(1)), Math.toIntExact(masks.size(2)), h, w);
            float weight = 1f / (cells.height() * cells.width());
            for (int y = cells.top(); y < cells.bottom(); y++) {
                int row = (b * h + y) * w;
                Arrays.fill(weights, row + cells.left(), row + cells.right(), weight);
            }
        }
        Tensor share = Tensors.of(weights, contents.size(), 1, h, w).to(cams.device(), ScalarType.Float);
        return cams.mul(share).sum(new long[] {2, 3}, false, new ScalarTypeOptional());
    }

    @Override
    public Description description() {
        return Description.of("DhrLoss").put("compat", compat).build();
    }
}
