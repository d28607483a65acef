package dev.wsss.core.nn;

import dev.wsss.core.runtime.Scope;
import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A convolution, its batch normalization and, unless switched off, a rectifier: the brick of most networks. */
public final class ConvNorm extends Layer {
    /** What follows the normalization. */
    public enum Activation {
        /** Nothing. */
        NONE,
        /** max(x, 0). */
        RELU,
        /** min(max(x, 0), 6). */
        RELU6
    }

    private final Conv2d conv;
    private final BatchNorm2d norm;
    private final Activation activation;

    /** All three in one, in evaluation; null unless {@link #fuse} was called. */
    private volatile @Nullable FusedConvolution fused;

    /**
     * Joins the two.
     *
     * @param convKey key of the convolution in checkpoints, such as {@code conv} or {@code 0}
     * @param normKey key of the normalization
     * @param relu whether max(x, 0) follows
     */
    public ConvNorm(String convKey, Conv2d conv, String normKey, BatchNorm2d norm, boolean relu) {
        this(convKey, conv, normKey, norm, relu ? Activation.RELU : Activation.NONE);
    }

    /**
     * Joins the two.
     *
     * @param convKey key of the convolution in checkpoints, such as {@code conv} or {@code 0}
     * @param normKey key of the normalization
     */
    public ConvNorm(String convKey, Conv2d conv, String normKey, BatchNorm2d norm, Activation activation) {
        this.conv = child(convKey, conv);
        this.norm = child(normKey, norm);
        this.activation = activation;
    }

    /** The convolution. */
    public Conv2d conv() {
        return conv;
    }

    /** The normalization. */
    public BatchNorm2d norm() {
        return norm;
    }

    /** What follows the normalization. */
    public Activation activation() {
        return activation;
    }

    @Override
    protected Map<String, Object> settings() {
        // as it was when there was one rectifier, since what a product was made of is compared by text
        FusedConvolution whole = fused;
        if (whole != null) {
            return Map.of("activation", activation, "fused", whole.dtype());
        }
        return activation == Activation.RELU6
                ? Map.of("activation", activation)
                : Map.of("relu", activation == Activation.RELU);
    }

    /** Takes over what computes all three at once. */
    void fuse(FusedConvolution fused) {
        this.fused = fused;
    }

    @Override
    void unfuse() {
        FusedConvolution before = fused;
        fused = null;
        if (before != null) {
            before.close();
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        FusedConvolution whole = fused;
        if (whole != null && x.is_cpu() && !GradMode.is_enabled()) {
            return whole.forward(x);
        }
        try (Scope scope = Scope.open()) {
            Tensor y = norm.forwardOver(conv.forward(x));
            // in place: the gradients of convolution and normalization need neither's output
            switch (activation) {
                case NONE -> {}
                case RELU -> y.relu_();
                case RELU6 -> torch.relu6_(y);
            }
            return scope.keep(y);
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        String y = norm.onnx(graph, conv.onnx(graph, x));
        return switch (activation) {
            case NONE -> y;
            case RELU -> graph.relu(y);
            case RELU6 -> graph.relu6(y);
        };
    }
}
