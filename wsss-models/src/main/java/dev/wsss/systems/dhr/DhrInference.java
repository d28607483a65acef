package dev.wsss.systems.dhr;

import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.segment.PixelClassifier;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * How DHR looks at an image: at several scales, mirrored too, and means of probabilities, not of logits. All is resized
 * bilinearly with corners aligned.
 *
 * @param scales of the image, above 0; the size of the logits of the first is that at which the mean is taken
 * @param flip whether the mirror image is looked at too
 */
public record DhrInference(List<Double> scales, boolean flip) {
    /** Scales 1, 0.5, 1.5 and 2, with mirror images. */
    public static final DhrInference PUBLISHED = new DhrInference(List.of(1.0, 0.5, 1.5, 2.0), true);

    private static final double SMALLEST = 1e-5;

    /** @throws IllegalArgumentException if there is no scale, or one is not a positive number */
    public DhrInference {
        scales = List.copyOf(scales);
        if (scales.isEmpty() || scales.stream().anyMatch(s -> !(s > 0 && s < Double.POSITIVE_INFINITY))) {
            throw new IllegalArgumentException("scales are " + scales + "; expected one or more positive numbers");
        }
    }

    /**
     * The probability of each class at each pixel, {@code [classes][H][W]}; those of a pixel sum to 1.
     *
     * @param network in evaluation mode
     * @param image {@code [1][3][H][W]}, normalized
     */
    public Tensor probabilities(PixelClassifier network, Tensor image) {
        try (Scope scope = Scope.open()) {
            Tensor sum = null;
            for (double scale : scales) {
                try (Scope one = Scope.open()) {
                    Tensor p = network.forward(views(image, scale)).softmax(1);
                    long h = sum == null ? p.size(2) : sum.size(2);
                    long w = sum == null ? p.size(3) : sum.size(3);
                    Tensor seen = together(Ops.bilinear(p, h, w, true));
                    if (sum == null) {
                        sum = one.keep(seen);
                    } else {
                        sum.add_(seen);
                    }
                }
            }
            Tensor mean = divided(sum);
            return scope.keep(
                    Ops.bilinear(mean, image.size(2), image.size(3), true).squeeze(0));
        }
    }

    /**
     * Class activation maps of all scales together.
     *
     * @param maps {@code [tags][h][w]} in [0, 1], of the first scale's size: rectified, added up and divided by the largest
     * @param tags the probability of each tag {@code [tags]} at the first scale, by the mean of its logits
     */
    public record Cams(Tensor maps, Tensor tags) {}

    /**
     * The class activation maps of an image, and its tags by them.
     *
     * @param network in evaluation mode
     * @param image {@code [1][3][H][W]}, normalized
     */
    public Cams cams(DhrNetwork network, Tensor image) {
        try (Scope scope = Scope.open()) {
            Tensor sum = null;
            Tensor tags = null;
            for (double scale : scales) {
                try (Scope one = Scope.open()) {
                    Tensor raw = network.cams(views(image, scale));
                    long h = sum == null ? raw.size(2) : sum.size(2);
                    long w = sum == null ? raw.size(3) : sum.size(3);
                    Tensor seen = together(Ops.relu(Ops.bilinear(raw, h, w, true)));
                    if (sum == null) {
                        sum = one.keep(seen);
                        tags = one.keep(Ops.globalAverage(raw)
                                .reshape(raw.size(0), -1)
                                .mean(0)
                                .sigmoid());
                    } else {
                        sum.add_(seen);
                    }
                }
            }
            if (sum == null || tags == null) {
                throw new IllegalStateException("no scale");
            }
            Tensor most = sum.amax(new long[] {2, 3}, true).add(new Scalar(SMALLEST));
            return new Cams(scope.keep(sum.div(most).squeeze(0)), scope.keep(tags));
        }
    }

    private Tensor views(Tensor image, double scale) {
        long h = Math.max(1, (long) (image.size(2) * scale));
        long w = Math.max(1, (long) (image.size(3) * scale));
        Tensor seen = Ops.bilinear(image, h, w, true);
        return flip ? torch.cat(new TensorVector(seen, Ops.flip(seen)), 0) : seen;
    }

    /** The sum of image and mirror image, a new tensor. */
    private Tensor together(Tensor both) {
        return flip ? both.narrow(0, 0, 1).add(Ops.flip(both.narrow(0, 1, 1))) : both.clone();
    }

    private Tensor divided(@Nullable Tensor sum) {
        if (sum == null) {
            throw new IllegalStateException("no scale");
        }
        return sum.div(new Scalar((double) scales.size() * (flip ? 2 : 1)));
    }
}
