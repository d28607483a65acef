package dev.wsss.systems.dhr;

import dev.wsss.api.RgbImage;
import dev.wsss.core.crf.DenseCrf;
import dev.wsss.core.crf.Unary;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The dense CRF of one crop's content, whose lattices are built when first needed and serve all its inferences. */
final class CropCrf implements AutoCloseable {
    private static final double CLIP = 1e-5;

    private final @Nullable DenseCrf crf;
    private final Normalize normalize;
    private final Tensor image;
    private final ContentBox content;
    private DenseCrf.@Nullable Prepared prepared;

    /** @param crf null for none: probabilities are scaled to a sum of 1, which is where inference starts */
    CropCrf(@Nullable DenseCrf crf, Normalize normalize, Tensor image, ContentBox content) {
        this.crf = crf;
        this.normalize = normalize;
        this.image = image;
        this.content = content;
    }

    /**
     * Label distributions of the content.
     *
     * @param probabilities {@code [n][h][w]} of the content's size; need not sum to one, and count as 1e-5 to 1
     * @return {@code [n][h][w]}, summing to one, on the device of the probabilities
     */
    Tensor infer(Tensor probabilities) {
        try (Scope scope = Scope.open()) {
            int n = Math.toIntExact(probabilities.size(0));
            DenseCrf model = crf;
            if (model == null || n == 1) {
                Tensor p = probabilities.clamp_min(new Scalar(CLIP)).clamp_max(new Scalar(1.0));
                return scope.keep(p.div(p.sum(new long[] {0}, true, new ScalarTypeOptional())));
            }
            DenseCrf.Prepared lattices = prepared;
            if (lattices == null) {
                lattices = model.prepare(crop());
                prepared = lattices;
            }
            int points = Math.multiplyExact(content.height(), content.width());
            float[] unary = Unary.fromProbabilities(Tensors.toFloats(probabilities), n, points, CLIP, 1);
            Tensor q = Tensors.of(lattices.infer(unary, n), n, content.height(), content.width());
            return scope.keep(q.to(probabilities.device(), q.scalar_type()));
        }
    }

    private RgbImage crop() {
        try (Scope scope = Scope.open()) {
            Tensor part = image.narrow(1, content.top(), content.height()).narrow(2, content.left(), content.width());
            return normalize.denormalize(Tensors.toFloats(part), content.height(), content.width());
        }
    }

    @Override
    public void close() {
        DenseCrf.Prepared lattices = prepared;
        if (lattices != null) {
            lattices.close();
        }
    }
}
