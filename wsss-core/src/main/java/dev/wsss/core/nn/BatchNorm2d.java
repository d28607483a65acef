package dev.wsss.core.nn;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.OnnxAttribute;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalization over {@code [N][C][H][W]}. Keys {@code weight, bias, running_mean, running_var,
 * num_batches_tracked}.
 *
 * <p>In training mode batch statistics normalize and the running ones follow with {@code running = (1 - momentum) *
 * running + momentum * batch}, with the unbiased variance. In evaluation mode, and always once {@linkplain #freeze
 * frozen}, the running statistics normalize and stay.
 */
public final class BatchNorm2d extends Layer {
    /** PyTorch's default momentum. */
    public static final double MOMENTUM = 0.1;

    /** PyTorch's default epsilon. */
    public static final double EPS = 1e-5;

    private final Tensor weight;
    private final Tensor bias;
    private final Tensor runningMean;
    private final Tensor runningVar;
    private final Tensor batches;
    private final double momentum;
    private final double eps;
    private boolean frozen;

    public BatchNorm2d(int channels) {
        this(channels, MOMENTUM, EPS);
    }

    public BatchNorm2d(int channels, double momentum, double eps) {
        this.momentum = momentum;
        this.eps = eps;
        weight = parameter("weight", Init.ones(channels));
        bias = parameter("bias", Init.zeros(channels));
        runningMean = buffer("running_mean", Init.zeros(channels));
        runningVar = buffer("running_var", Init.ones(channels));
        batches = buffer("num_batches_tracked", Tensors.of(new long[1], new long[0]));
    }

    /** The scale. */
    public Tensor weight() {
        return weight;
    }

    /** What is added to variances. */
    public double eps() {
        return eps;
    }

    /** What inputs are multiplied by in evaluation, in float64; what is added then is bias less this times the mean. */
    Tensor evaluationScale() {
        Tensor variance = runningVar.to(torch.ScalarType.Double).add_(new Scalar(eps));
        return weight.to(torch.ScalarType.Double).div_(variance.sqrt_());
    }

    Tensor bias() {
        return bias;
    }

    Tensor runningMean() {
        return runningMean;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("momentum", momentum, "eps", eps, "frozen", frozen);
    }

    /** Uses the running statistics from now on, in training mode too; with {@code affine} scale and shift stop training. */
    public void freeze(boolean affine) {
        frozen = true;
        if (affine) {
            requiresGrad(false);
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        boolean update = isTraining() && !frozen;
        if (update && x.numel() == x.size(1)) {
            // the variance of one value is 0 / 0, and would be in the running statistics for good
            throw new IllegalArgumentException("batch normalization in training got "
                    + Arrays.toString(Tensors.shape(x))
                    + ", one value per channel, which has no variance; expected a batch of more than one image, or a"
                    + " larger map");
        }
        // what is computed again has moved the statistics before
        boolean again = update && Recompute.again();
        if (update && !again) {
            try (Torch.Mode noGrad = Torch.noGrad()) {
                batches.add_(new Scalar(1L));
            }
        }
        return torch.batch_norm(
                x,
                new TensorOptional(weight),
                new TensorOptional(bias),
                again ? new TensorOptional() : new TensorOptional(runningMean),
                again ? new TensorOptional() : new TensorOptional(runningVar),
                update,
                momentum,
                eps,
                true);
    }

    /**
     * As {@link #forward} for an input that nobody needs any more: its memory may become the result's, which saves the
     * time that fresh memory takes.
     *
     * @return {@code x} or a new tensor
     */
    public Tensor forwardOver(Tensor x) {
        boolean batchStatistics = isTraining() && !frozen;
        if (batchStatistics || GradMode.is_enabled() || !x.is_cpu()) {
            return forward(x);
        }
        try (Scope scope = Scope.open()) {
            DType dtype = Tensors.dtype(weight);
            torch.native_batch_norm_out(
                    x,
                    Tensors.empty(dtype, ComputeDevice.CPU, 0),
                    Tensors.empty(dtype, ComputeDevice.CPU, 0),
                    x,
                    new TensorOptional(weight),
                    new TensorOptional(bias),
                    new TensorOptional(runningMean),
                    new TensorOptional(runningVar),
                    false,
                    momentum,
                    eps);
        }
        return x;
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        List<String> inputs = List.of(
                x, graph.weight(weight), graph.weight(bias), graph.weight(runningMean), graph.weight(runningVar));
        return graph.node("BatchNormalization", inputs, Map.of("epsilon", OnnxAttribute.of((float) eps)));
    }
}
