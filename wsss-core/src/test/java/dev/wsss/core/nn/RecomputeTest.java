package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecomputeTest {
    private static int threads;

    /** Hundreds of tiny operations are no work for several. */
    @BeforeAll
    static void oneThread() {
        threads = Torch.threads();
        Torch.setThreads(1);
    }

    @AfterAll
    static void allThreads() {
        Torch.setThreads(threads);
    }

    /** Convolution, normalization, dropout, and a sum with the input. */
    private static final class Block extends Layer {
        private final ConvNorm conv =
                child("conv", new ConvNorm("0", Conv2d.same(4, 4, 3, 1, 1), "1", new BatchNorm2d(4), true));
        private final Dropout dropout = child(Dropout.elements(0.3));

        @Override
        public Tensor forward(Tensor x) {
            try (Scope scope = Scope.open()) {
                return scope.keep(x.add(dropout.forward(conv.forward(x))));
            }
        }
    }

    private static final class Net extends Layer {
        private final List<Block> blocks = new ArrayList<>();
        private boolean recompute;
        /** Each run of blocks whose inside is recomputed as well. */
        private boolean nested;

        Net(int depth) {
            for (int i = 0; i < depth; i++) {
                blocks.add(child("" + i, new Block()));
            }
        }

        @Override
        public Tensor forward(Tensor x) {
            try (Scope scope = Scope.open()) {
                return scope.keep(nested ? Recompute.of(this::chain, x) : chain(x));
            }
        }

        private Tensor chain(Tensor x) {
            try (Scope scope = Scope.open()) {
                Tensor y = x;
                for (Block block : blocks) {
                    y = recompute ? Recompute.of(block, y) : block.forward(y);
                }
                return scope.keep(y);
            }
        }
    }

    private static Map<String, HostArray> step(Net net, boolean inputLearns, boolean bf16) {
        Torch.seed(11);
        try (Scope scope = Scope.open()) {
            Tensor x = torch.randn(2, 4, 6, 6).requires_grad_(inputLearns);
            Map<String, HostArray> results = new LinkedHashMap<>();
            Tensor y;
            try (Torch.Mode precision = bf16 ? Torch.autocastBf16(ComputeDevice.CPU) : () -> {}) {
                y = net.forward(x);
            }
            results.put("output", Tensors.toHost(y));
            y.mul(torch.randn(2, 4, 6, 6)).sum().backward();
            results.put("next draw", Tensors.toHost(torch.randn(1)));
            if (inputLearns) {
                results.put("input", Tensors.toHost(x.grad()));
            }
            net.parameters().forEach((name, t) -> {
                results.put(name, Tensors.toHost(t.grad()));
                t.mutable_grad().reset();
            });
            net.buffers().forEach((name, t) -> results.put(name, Tensors.toHost(t)));
            return results;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "true, false, false",
        "false, false, false",
        "true, true, false",
        "false, true, false",
        "true, false, true",
        "true, true, true"
    })
    void everyBitIsTheSame(boolean inputLearns, boolean nested, boolean bf16) {
        Torch.seed(7);
        try (Net plain = new Net(6);
                Net thrifty = new Net(6)) {
            thrifty.load(plain.stateDict());
            thrifty.recompute = true;
            thrifty.nested = nested;
            for (int i = 0; i < 3; i++) {
                Map<String, HostArray> expected = step(plain, inputLearns, bf16);
                assertThat(step(thrifty, inputLearns, bf16)).isEqualTo(expected);
            }
            assertThat(thrifty.stateDict()).isEqualTo(plain.stateDict());
        }
    }

    @Test
    void frozenPartsPassGradientsOn() {
        Torch.seed(7);
        try (Net plain = new Net(3);
                Net thrifty = new Net(3);
                Scope scope = Scope.open()) {
            thrifty.load(plain.stateDict());
            thrifty.recompute = true;
            List<HostArray> gradients = new ArrayList<>();
            for (Net net : List.of(plain, thrifty)) {
                net.freeze("1");
                Torch.seed(3);
                Tensor x = torch.randn(2, 4, 6, 6).requires_grad_(true);
                Tensor y = net.forward(x);
                y.mul(y.detach()).sum().backward();
                gradients.add(Tensors.toHost(x.grad()));
                assertThat(net.tensor("1.conv.0.weight").grad().defined()).isFalse();
            }
            assertThat(gradients.get(1)).isEqualTo(gradients.get(0));
        }
    }

    @Test
    void aPartThatDoesNothingIsHarmless() {
        try (Dropout nothing = Dropout.elements(0);
                Scope scope = Scope.open()) {
            nothing.train(false);
            Tensor x = Tensors.of(new float[] {1, 2}, 2).requires_grad_(true);
            Tensor square = x.mul(x);
            Recompute.of(nothing, square).mul(square).sum().backward();
            assertThat(Tensors.toFloats(x.grad())).containsExactly(4, 32);
        }
    }

    @Test
    void withoutGradientsNothingIsKept() {
        try (Block block = new Block();
                Torch.Mode noGrad = Torch.noGrad();
                Scope scope = Scope.open()) {
            block.train(false);
            Tensor x = torch.randn(1, 4, 5, 5);
            assertThat(Tensors.toFloats(Recompute.of(block, x))).isEqualTo(Tensors.toFloats(block.forward(x)));
        }
    }

    @Test
    void aSecondTimeIsRefused() {
        try (Block block = new Block();
                Scope scope = Scope.open()) {
            Tensor sum = Recompute.of(block, torch.randn(1, 4, 5, 5)).sum();
            sum.backward();
            assertThatThrownBy(sum::backward).hasMessageContaining("computed once");
        }
        try (Block block = new Block()) {
            Tensor x = torch.randn(1, 4, 5, 5);
            assertThatThrownBy(() -> Recompute.of(block, x)).hasMessageContaining("needs an open Scope");
            x.close();
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        try (Net net = new Net(4)) {
            net.recompute = true;
            Runnable once = () -> {
                try (Scope scope = Scope.open()) {
                    net.forward(torch.randn(1, 4, 5, 5).requires_grad_(true))
                            .sum()
                            .backward();
                }
            };
            LeakCheck.assertFlat(200, once);
        }
    }

    /** What a part computes for itself is gone with its output's record, and made again when it is needed. */
    @Test
    void aPartRunsWithoutARecordAndThenOnceMore() {
        List<Boolean> recorded = new ArrayList<>();
        try (Scope scope = Scope.open()) {
            Tensor x = torch.randn(3).requires_grad_(true);
            Tensor y = Recompute.of(
                    t -> {
                        Tensor square = t.mul(t);
                        recorded.add(square.requires_grad());
                        return square;
                    },
                    x);
            assertThat(recorded).containsExactly(false);
            y.sum().backward();
            assertThat(recorded).containsExactly(false, true);
        }
    }
}
