package dev.wsss.core.cam;

import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * From the activations of several passes to one map of scores for each present class: {@link #select} takes the present
 * classes of one pass, {@link #fuse} flips back, resizes (bilinearly), adds and normalizes. A pure function of tensors,
 * on whatever device they are.
 *
 * <p>The passes of one image and its flip are added on their own grid, before they are resized: both are linear, and
 * it is half the work.
 *
 * @param activation what is done to activations first
 * @param normalization what is done to the sum
 * @param eps the epsilon of both
 * @param alignCorners how the resize places its samples
 * @param grid size of the result
 */
public record CamFusion(
        CamActivation activation, CamNormalization normalization, double eps, boolean alignCorners, CamGrid grid) {
    private static final double EPS = 1e-5;

    /** ReLU, {@link CamNormalization#MIN_MAX}, epsilon 1e-5, at the image's size. */
    public static final CamFusion DEFAULT =
            new CamFusion(CamActivation.RELU, CamNormalization.MIN_MAX, EPS, false, CamGrid.IMAGE);

    /** SEAM's and PPC's: signed activations, {@link CamNormalization#MIN_MAX_EPS}. Scores may be slightly negative. */
    public static final CamFusion SEAM =
            new CamFusion(CamActivation.NONE, CamNormalization.MIN_MAX_EPS, EPS, false, CamGrid.IMAGE);

    /** AffinityNet's: ReLU, divided by the maximum. */
    public static final CamFusion PSA =
            new CamFusion(CamActivation.RELU, CamNormalization.MAX, EPS, false, CamGrid.IMAGE);

    /** IRN's for its random walk: as {@link #PSA} at a quarter of the size. */
    public static final CamFusion IRN = PSA.withGrid(CamGrid.strided(4));

    /** IRN's for labels: as {@link #PSA}, resized to multiples of 16 and cropped. */
    public static final CamFusion IRN_HIGH_RES = PSA.withGrid(CamGrid.cropped(16));

    /** EPS's: softmax over the tags and the background, divided by the maximum. */
    public static final CamFusion EPS_SOFTMAX =
            new CamFusion(CamActivation.SOFTMAX, CamNormalization.MAX, EPS, false, CamGrid.IMAGE);

    public CamFusion {
        if (!(eps > 0) || Double.isInfinite(eps)) {
            throw new IllegalArgumentException("eps must be positive, got " + eps);
        }
    }

    /** The same with another grid. */
    public CamFusion withGrid(CamGrid grid) {
        return new CamFusion(activation, normalization, eps, alignCorners, grid);
    }

    /**
     * The activations of the present classes of one pass.
     *
     * @param activations {@code [N][C][h][w]}, all channels of the network
     * @param channels the channels of the present classes; {@code K} of them
     * @return float32 {@code [N][K][h][w]} in the current scope, on the same device
     * @throws IllegalArgumentException if there is no such channel
     */
    public Tensor select(Tensor activations, int[] channels) {
        requireDims(activations);
        for (int c : channels) {
            if (c < 0 || c >= activations.size(1)) {
                throw new IllegalArgumentException(
                        "channel " + c + " is not in 0.." + (activations.size(1) - 1) + " of the activations");
            }
        }
        Tensor all = activation == CamActivation.SOFTMAX ? torch.softmax(single(activations), 1) : activations;
        Tensor index = Tensors.of(Arrays.stream(channels).asLongStream().toArray(), channels.length);
        Tensor present = single(all.index_select(1, index.to(all.device(), index.scalar_type())));
        return activation == CamActivation.RELU ? torch.relu(present) : present;
    }

    private static Tensor single(Tensor t) {
        return t.scalar_type().intern() == ScalarType.Float ? t : t.to(ScalarType.Float);
    }

    /**
     * Scores from the passes of one image.
     *
     * @param passes one tensor for each scale, as {@link #select} gives them: {@code [2][K][h][w]} of the image and of
     *     its flipped copy (still flipped), or {@code [1][K][h][w]} without a flip
     * @param height rows of the image
     * @param width columns of the image
     * @return {@code [K][H'][W']} of the grid's size, in the current scope
     * @throws IllegalArgumentException if there is no pass, or a pass is of neither form
     */
    public Tensor fuse(List<Tensor> passes, int height, int width) {
        if (passes.isEmpty()) {
            throw new IllegalArgumentException("no pass to fuse");
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            Tensor sum = resized(passes.get(0), height, width);
            for (Tensor pass : passes.subList(1, passes.size())) {
                sum = sum.add(resized(pass, height, width));
            }
            Tensor cropped = sum.squeeze(0).narrow(1, 0, grid.result(height)).narrow(2, 0, grid.result(width));
            return scope.keep(normalized(cropped));
        }
    }

    private Tensor resized(Tensor pass, int height, int width) {
        return Ops.bilinear(flippedBack(pass), grid.resized(height), grid.resized(width), alignCorners);
    }

    private static Tensor flippedBack(Tensor pass) {
        requireDims(pass);
        Tensor image = pass.narrow(0, 0, 1);
        if (pass.size(0) == 1) {
            return image;
        }
        if (pass.size(0) != 2) {
            throw new IllegalArgumentException(
                    "expected an image or an image and its flip, got a batch of " + pass.size(0));
        }
        return image.add(torch.flip(pass.narrow(0, 1, 1), 3));
    }

    private Tensor normalized(Tensor sum) {
        long[] pixels = {1, 2};
        Scalar epsilon = new Scalar(eps);
        if (normalization == CamNormalization.MAX) {
            return sum.div(torch.amax(sum, pixels, true).add(epsilon));
        }
        Tensor positive = torch.relu(sum);
        Tensor min = torch.amin(positive, pixels, true);
        Tensor range = torch.amax(positive, pixels, true).sub(min);
        if (normalization == CamNormalization.MIN_MAX) {
            // NaN must stay NaN for the caller to find: it is neither flat nor clamped
            Tensor flat = range.le(epsilon);
            Tensor scores = positive.sub(min).div(range.add(flat.to(ScalarType.Float)));
            return scores.clamp(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(1.0)))
                    .masked_fill(flat, new Scalar(0.0));
        }
        Tensor low = positive.lt(min.add(epsilon));
        Tensor kept = positive.masked_fill(low, new Scalar(0.0));
        return kept.sub(min).sub(epsilon).div(range.add(epsilon));
    }

    private static void requireDims(Tensor t) {
        if (t.dim() != 4 || t.size(2) < 1 || t.size(3) < 1) {
            throw new IllegalArgumentException("expected activations [N][C][h][w] of at least one pixel, got "
                    + Arrays.toString(Tensors.shape(t)));
        }
    }
}
