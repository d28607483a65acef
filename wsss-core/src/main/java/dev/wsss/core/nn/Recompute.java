package dev.wsss.core.nn;

import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.jspecify.annotations.Nullable;

/**
 * Gradient checkpointing (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016): what a part computes is
 * forgotten but for its output, and computed again when gradients are asked for. Memory is traded for time.
 *
 * <pre>{@code
 * for (Layer block : blocks) {
 *     x = Recompute.of(block, x);
 * }
 * }</pre>
 *
 * <p>Output and gradients are equal, to the bit, to those of {@code part.forward(x)}: dropout draws the same numbers again,
 * libtorch's generators are then where they were, autocast is as it was, and running statistics move once. The part must
 * be in the same mode and have the same weights when gradients are computed, and may use no tensor but {@code x} and its
 * own parameters that needs a gradient. Where {@code x} is used elsewhere too, its gradients add up in another order.
 *
 * <p>Gradients are computed once, on any thread, while the outermost {@link Scope} that is open now still is. Where none are
 * recorded, this is {@code part.forward(x)}.
 */
public final class Recompute {
    private static final ThreadLocal<Integer> DEPTH = ThreadLocal.withInitial(() -> 0);

    /** What a hook of this thread has given back: libtorch copies it only after the hook has ended. */
    private static final ThreadLocal<Queue<Tensor>> GIVEN_BACK = ThreadLocal.withInitial(ArrayDeque::new);

    private final UnaryOperator<Tensor> part;
    private final Tensor input;
    private final boolean inputLearns;
    private final ComputeDevice device;
    private final Tensor cpuDraws;
    private final @Nullable Tensor cudaDraws;
    private final boolean bf16;
    private @Nullable Tensor gradient;
    private boolean done;

    private Recompute(UnaryOperator<Tensor> part, Tensor x) {
        this.part = part;
        device = x.is_cuda() ? new ComputeDevice(x.device().index()) : ComputeDevice.CPU;
        inputLearns = x.requires_grad();
        // of no scope but the outermost: a network's own scopes end before gradients are computed
        input = Scope.outermost(x.detach());
        cpuDraws = Scope.outermost(generator(ComputeDevice.CPU).get_state());
        cudaDraws = device.isCuda() ? Scope.outermost(generator(device).get_state()) : null;
        bf16 = torch.is_autocast_enabled(type());
    }

    /**
     * {@code part.forward(x)}, computed again when gradients are computed.
     *
     * @return belongs to the current scope
     * @throws IllegalStateException if gradients are recorded and no {@link Scope} is open
     */
    public static Tensor of(Layer part, Tensor x) {
        return of(part::forward, x);
    }

    /** As {@link #of(Layer, Tensor)} for any function of a network's parts. */
    public static Tensor of(UnaryOperator<Tensor> part, Tensor x) {
        if (!GradMode.is_enabled()) {
            return part.apply(x);
        }
        if (PointerScope.getInnerScope() == null) {
            throw new IllegalStateException("Recompute.of needs an open Scope, which holds what gradients need");
        }
        closeGivenBack();
        try (Scope scope = Scope.open()) {
            Recompute segment = new Recompute(part, x);
            Tensor y;
            try (Torch.Mode noGrad = Torch.noGrad()) {
                Tensor output = part.apply(segment.input);
                // a part that gives back its input must not tie the input to itself
                y = output.is_alias_of(x) ? output.clone() : output.detach();
            }
            segment.join(x, y);
            return scope.keep(y);
        }
    }

    /** Whether a part is being computed again on this thread, so that nothing that counts may change. */
    static boolean again() {
        return DEPTH.get() > 0;
    }

    /** Makes {@code y} a function of {@code x} whose gradient is {@link #gradient}. */
    private void join(Tensor x, Tensor y) {
        // where the input learns nothing, a tensor of no elements stands for the parameters that do
        Tensor from = inputLearns
                ? x.view_as(x)
                : torch.empty(new long[] {0}, y.options(), null).requires_grad_(true);
        long[] none = new long[(int) y.dim()];
        Arrays.fill(none, 1);
        none[0] = 0;
        // copying no elements ties the two together and leaves every bit of y
        y.narrow(0, 0, 0).copy_(from.narrow(0, 0, 0).reshape(none));
        y.register_hook(Scope.outermost(new Hook(this::backward)));
        if (inputLearns) {
            from.register_hook(Scope.outermost(new Hook(this::giveBack)));
        }
    }

    private TensorBase backward(TensorBase incoming) {
        if (done) {
            throw new IllegalStateException("gradients of a recomputed part are computed once");
        }
        done = true;
        closeGivenBack();
        Tensor unchanged;
        try (Scope scope = Scope.open();
                Torch.Mode grad = Torch.grad()) {
            unchanged = Scope.own(new Tensor(incoming));
            Tensor x = input.detach().requires_grad_(inputLearns);
            Tensor y = again(x);
            if (y.requires_grad()) {
                y.backward(unchanged, new BoolOptional(), false, new TensorArrayRefOptional());
            }
            if (inputLearns && x.grad().defined()) {
                // grad() lends a reference that ends with x
                gradient = Scope.own(new Tensor(x.grad()));
            }
        }
        input.close();
        cpuDraws.close();
        if (cudaDraws != null) {
            cudaDraws.close();
        }
        return given(incoming, unchanged);
    }

    private Tensor again(Tensor x) {
        Generator cpu = generator(ComputeDevice.CPU);
        Tensor cpuNow = cpu.get_state();
        Tensor cudaNow = cudaDraws == null ? null : generator(device).get_state();
        boolean autocast = torch.is_autocast_enabled(type());
        DEPTH.set(DEPTH.get() + 1);
        try (Torch.Mode precision = bf16 ? Torch.autocastBf16(device) : () -> {}) {
            torch.set_autocast_enabled(type(), bf16);
            cpu.set_state(cpuDraws);
            if (cudaDraws != null) {
                generator(device).set_state(cudaDraws);
            }
            return part.apply(x);
        } finally {
            torch.set_autocast_enabled(type(), autocast);
            cpu.set_state(cpuNow);
            if (cudaNow != null) {
                generator(device).set_state(cudaNow);
            }
            DEPTH.set(DEPTH.get() - 1);
        }
    }

    private TensorBase giveBack(TensorBase zeros) {
        closeGivenBack();
        Tensor result = gradient;
        gradient = null;
        if (result == null) {
            try (Scope scope = Scope.open()) {
                result = Scope.own(new Tensor(zeros));
            }
        }
        return given(zeros, result);
    }

    /** Ends the argument of a hook, which else would last as long as the scope in which gradients are computed. */
    private static Tensor given(TensorBase argument, Tensor result) {
        argument.close();
        GIVEN_BACK.get().add(result);
        return result;
    }

    private static void closeGivenBack() {
        Queue<Tensor> given = GIVEN_BACK.get();
        for (Tensor t = given.poll(); t != null; t = given.poll()) {
            t.close();
        }
    }

    private DeviceType type() {
        return device.isCuda() ? DeviceType.CUDA : DeviceType.CPU;
    }

    private static Generator generator(ComputeDevice device) {
        return torch.globalContext().defaultGenerator(device.toTorch());
    }

    private interface Step {
        TensorBase of(TensorBase gradient);
    }

    private static final class Hook extends TensorTensorHook {
        private final transient Step step;

        Hook(Step step) {
            this.step = step;
        }

        @Override
        public TensorBase call(TensorBase gradient) {
            return step.of(gradient);
        }
    }
}
