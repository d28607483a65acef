package dev.wsss.core.cam;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Grad-CAM: activation maps of any classifier that has a feature map, by the gradient of a class score.
 *
 * <p>With features {@code A} of {@code D} channels on {@code h x w} nodes and class score {@code y}, channel {@code d}
 * weighs {@code a_d = mean over nodes of dy / dA_d}, and the map is {@code max(0, sum over d of a_d A_d)}. For a linear
 * classifier on the mean of the features this is its CAM divided by {@code h w}.
 *
 * <p>For maps of an image on several scales, see {@link Cam.Builder#setNetwork(GradCamNetwork)}.
 *
 * @see <a href="https://arxiv.org/abs/1610.02391">Selvaraju et al., Grad-CAM, eq. 1 and 2</a>
 */
public final class GradCam {
    private GradCam() {}

    /**
     * The maps of a few tags, all gradients in one backward pass. Works inside and outside {@link Torch#noGrad()};
     * parameters of the network get no gradient.
     *
     * @param images {@code [N][3][H][W]}, normalized
     * @param tags {@code K} of them
     * @return {@code [N][K][h][w]}, 0 or more, in the current scope, without gradient
     * @throws IllegalArgumentException if there is no tag, or the network has no score for one
     */
    public static Tensor activations(GradCamNetwork network, Tensor images, int[] tags) {
        if (tags.length == 0) {
            throw new IllegalArgumentException("no tag to make a map for");
        }
        try (Scope scope = Scope.open()) {
            Tensor features;
            try (Torch.Mode noGrad = Torch.noGrad()) {
                features = network.features(images).detach();
            }
            long[] shape = Tensors.shape(features);
            if (shape.length != 4) {
                throw new IllegalArgumentException(
                        "expected features [N][D][h][w] of the network, got " + Arrays.toString(shape));
            }
            long n = shape[0];
            int k = tags.length;
            Tensor weights;
            try (Torch.Mode grad = Torch.grad()) {
                // every image once for each tag, since the score of one tag must not move the gradient of another
                Tensor copies = features.repeat_interleave(k, new LongOptional(0), new LongOptional())
                        .requires_grad_(true);
                Tensor logits = network.logits(copies);
                requireScores(logits, n * k, tags);
                long[] wanted = new long[Math.toIntExact(n * k)];
                for (int i = 0; i < wanted.length; i++) {
                    wanted[i] = tags[i % k];
                }
                Tensor index = Tensors.of(wanted, wanted.length, 1);
                Tensor scores = logits.gather(1, index.to(logits.device(), index.scalar_type()));
                Tensor gradient = torch.grad(new TensorVector(scores.sum()), new TensorVector(copies))
                        .get(0);
                weights = gradient.mean(2, 3);
            }
            try (Torch.Mode noGrad = Torch.noGrad()) {
                Tensor perTag = weights.view(n, k, shape[1]);
                Tensor maps = torch.bmm(perTag, features.flatten(2, 3)).view(n, k, shape[2], shape[3]);
                return scope.keep(torch.relu(maps));
            }
        }
    }

    private static void requireScores(Tensor logits, long batch, int[] tags) {
        int most = Arrays.stream(tags).max().orElse(0);
        if (logits.dim() != 2 || logits.size(0) != batch || logits.size(1) <= most) {
            throw new IllegalArgumentException("expected class scores [" + batch + "][more than " + most
                    + "] of the network, got " + Arrays.toString(Tensors.shape(logits)));
        }
    }
}
