package dev.wsss.core.nn;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Initial weights, drawn from libtorch's generator; float32 on the CPU, in the current scope.
 *
 * <p>A network whose weights are loaded at once need not draw any: {@link #loaded}.
 */
public final class Init {
    private Init() {}

    /**
     * A network that is loaded as soon as it is made: nothing is drawn, and libtorch's generator stays where it is.
     *
     * <pre>{@code
     * ResNet net = Init.loaded(() -> ResNet.builder().setDepth(101).build(), n -> Weights.load(n, file));
     * }</pre>
     *
     * @param make makes the network, on this thread
     * @param load gives every parameter and buffer that is saved a value, from checkpoints or by hand
     * @throws InvalidDataException naming what was not given one; the network is closed then
     */
    public static <N extends Network> N loaded(Supplier<N> make, Consumer<? super N> load) {
        Unfilled unfilled = Unfilled.open();
        try {
            N network = make.get();
            try {
                unfilled.constructed();
                load.accept(network);
                unfilled.requireNone(network);
            } catch (RuntimeException | Error e) {
                network.close();
                throw e;
            }
            return network;
        } finally {
            Unfilled.close();
        }
    }

    /** U(-bound, bound). */
    public static Tensor uniform(double bound, long... shape) {
        return Unfilled.constructing() ? empty(shape) : empty(shape).uniform_(-bound, bound, new GeneratorOptional());
    }

    /** N(0, std^2). */
    public static Tensor normal(double std, long... shape) {
        return Unfilled.constructing() ? empty(shape) : empty(shape).normal_(0, std, new GeneratorOptional());
    }

    /** Zeros. */
    public static Tensor zeros(long... shape) {
        return Tensors.zeros(DType.F32, ComputeDevice.CPU, shape);
    }

    /** Ones. */
    public static Tensor ones(long... shape) {
        return torch.ones(shape, Tensors.options(DType.F32, ComputeDevice.CPU));
    }

    /** Draws a convolution's kernel again from Kaiming's normal with gain sqrt 2 over the output fan, as torchvision. */
    public static void kaimingNormalFanOut(Conv2d conv) {
        long[] s = Tensors.shape(conv.weight());
        redraw(conv, Math.sqrt(2.0 / (s[0] * s[2] * s[3])));
    }

    /** Draws a convolution's kernel again from Kaiming's normal with gain sqrt 2 over the input fan. */
    public static void kaimingNormalFanIn(Conv2d conv) {
        long[] s = Tensors.shape(conv.weight());
        redraw(conv, Math.sqrt(2.0 / (s[1] * s[2] * s[3])));
    }

    /** Draws a convolution's kernel again from Xavier's uniform distribution. */
    public static void xavierUniform(Conv2d conv, double gain) {
        long[] s = Tensors.shape(conv.weight());
        double bound = gain * Math.sqrt(6.0 / ((s[0] + s[1]) * s[2] * s[3]));
        if (Unfilled.constructing()) {
            return;
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            conv.weight().copy_(uniform(bound, s));
        }
    }

    /** Draws a convolution's kernel again from N(0, std^2) and sets its bias to zero. */
    public static void redraw(Conv2d conv, double std) {
        if (Unfilled.constructing()) {
            return;
        }
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            conv.weight().copy_(normal(std, Tensors.shape(conv.weight())));
            Tensor bias = conv.bias();
            if (bias != null) {
                bias.zero_();
            }
        }
    }

    private static Tensor empty(long... shape) {
        return Tensors.empty(DType.F32, ComputeDevice.CPU, shape);
    }
}
