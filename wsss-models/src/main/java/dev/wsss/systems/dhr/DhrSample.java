package dev.wsss.systems.dhr;

import dev.wsss.core.io.DType;
import dev.wsss.core.nn.Select;
import dev.wsss.core.runtime.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One training crop as DHR sees it. Tensors are on one device and stay the caller's; no gradient goes through them.
 *
 * @param image {@code [3][H][W]}, normalized as the network saw it
 * @param mask the given labels, int64 {@code [H][W]}; the ignore value outside the content
 * @param tags {@code [C]}, 1 for the classes in the image and 0 for the others, without background
 * @param content where the image lies on the canvas of {@code H} by {@code W}
 * @param cams what the classifier says, raw: {@code [C][h][w]}
 * @param features unsupervised features {@code [D][fh][fw]}, whose cells divide the canvas evenly
 * @param levels the student's features that tell similar classes apart, as published C4 and C5: {@code [Ck][hk][wk]} each
 */
public record DhrSample(
        Tensor image, Tensor mask, Tensor tags, ContentBox content, Tensor cams, Tensor features, List<Tensor> levels) {
    /** @throws IllegalArgumentException if shapes or types do not go together; the message names the part */
    public DhrSample {
        levels = List.copyOf(levels);
        if (mask.dim() != 2 || Tensors.dtype(mask) != DType.I64) {
            throw new IllegalArgumentException("mask must be int64 [H][W], got " + Tensors.dtype(mask) + " "
                    + Arrays.toString(Tensors.shape(mask)));
        }
        Select.requireShape("image", image, 3, mask.size(0), mask.size(1));
        content.requireInside(Math.toIntExact(mask.size(0)), Math.toIntExact(mask.size(1)));
        requirePlanes("cams", cams);
        Select.requireShape("tags", tags, cams.size(0));
        requirePlanes("features", features);
        for (int i = 0; i < levels.size(); i++) {
            requirePlanes("level " + i, levels.get(i));
        }
    }

    static void requirePlanes(String name, Tensor t) {
        if (t.dim() != 3 || t.numel() == 0) {
            throw new IllegalArgumentException(
                    name + " must be planes [channels][height][width], got " + Arrays.toString(Tensors.shape(t)));
        }
    }

    /** Rows of the canvas. */
    public int height() {
        return Math.toIntExact(mask.size(0));
    }

    /** Columns of the canvas. */
    public int width() {
        return Math.toIntExact(mask.size(1));
    }
}
