package dev.wsss.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.Ema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class NetworkTreeTest {
    private static Conv2d conv(int stride) {
        return Conv2d.same(4, 4, 3, stride, 1);
    }

    /** Two units without names of their own, one under a name, a table that is not saved. */
    private static final class Net extends Layer {
        private final ConvNorm first;
        private final ConvNorm second;
        private final Conv2d head;

        Net(int stride) {
            first = child(new ConvNorm("conv1", conv(1), "bn1", new BatchNorm2d(4), true));
            second = child("layer1.0", new ConvNorm("conv", conv(stride), "bn", new BatchNorm2d(4), true));
            head = child("head", Conv2d.builder(4, 2, 1).build());
            unsavedBuffer("places", Init.ones(3));
        }

        @Override
        public Tensor forward(Tensor x) {
            return head.forward(second.forward(first.forward(x)));
        }
    }

    /** One linear map twice, as PyTorch's {@code self.a = self.b = nn.Linear(3, 3)}. */
    private static final class Shared extends Layer {
        private final Linear once;

        Shared() {
            once = child("a", new Linear(3, 3));
            child("b", once);
        }

        @Override
        public Tensor forward(Tensor x) {
            return once.forward(once.forward(x));
        }
    }

    @Test
    void partsAreFoundByPathAndType() {
        try (Net net = new Net(1)) {
            assertThat(net.modules().keySet())
                    .containsExactly("", "[0]", "conv1", "bn1", "layer1.0", "layer1.0.conv", "layer1.0.bn", "head");
            assertThat(net.modules()).containsEntry("", net).containsEntry("layer1.0", net.second);
            assertThat(net.modules(BatchNorm2d.class).keySet()).containsExactly("bn1", "layer1.0.bn");
            assertThat(net.module("head")).isSameAs(net.head);
            assertThatThrownBy(() -> net.module("tail")).hasMessage("Net has no part 'tail'");
        }
    }

    @Test
    void freezingStopsParametersAndStatistics() {
        try (Net net = new Net(1);
                Scope scope = Scope.open()) {
            assertThatThrownBy(() -> net.freeze("head", "layer2"))
                    .hasMessage("there is nothing to freeze at 'layer2' in Net");
            assertThat(net.parameters().values()).allMatch(Tensor::requires_grad);

            net.freeze("layer1", "head.bias");
            net.forward(torch.randn(1, 4, 5, 5)).sum().backward();
            net.parameters().forEach((name, t) -> assertThat(t.grad().defined())
                    .as(name)
                    .isEqualTo(!name.startsWith("layer1") && !name.equals("head.bias")));
            assertThat(Tensors.toLongs(net.tensor("bn1.num_batches_tracked"))).containsExactly(1);
            assertThat(Tensors.toLongs(net.tensor("layer1.0.bn.num_batches_tracked")))
                    .containsExactly(0);

            net.freeze();
            assertThat(net.forward(torch.randn(1, 4, 5, 5)).requires_grad()).isFalse();
            assertThat(Tensors.toLongs(net.tensor("bn1.num_batches_tracked"))).containsExactly(1);
        }
    }

    @Test
    void aBufferThatIsNotSavedIsNotLoadedEither() {
        try (Net net = new Net(1)) {
            assertThat(net.state()).doesNotContainKey("places");
            assertThat(net.buffers()).containsKey("places");
            assertThat(net.load(net.stateDict()).isExact()).isTrue();
            net.to(ComputeDevice.CPU, DType.F64);
            assertThat(Tensors.dtype(Objects.requireNonNull(net.buffers().get("places"))))
                    .isEqualTo(DType.F64);
        }
    }

    @Test
    void aSharedPartIsTrainedOnceAndSavedUnderEachName() {
        try (Shared net = new Shared()) {
            assertThat(net.parameters().keySet()).containsExactly("a.weight", "a.bias");
            assertThat(net.parameterCount()).isEqualTo(12);
            assertThat(net.state().keySet()).containsExactly("a.weight", "a.bias", "b.weight", "b.bias");
            assertThat(net.modules().keySet()).containsExactly("", "a");

            // PyTorch's load_state_dict leaves the value of the last name
            Map<String, HostArray> file = new LinkedHashMap<>(net.stateDict());
            file.put("a.bias", HostArray.ofFloats(new float[] {1, 2, 3}, 3));
            file.put("b.bias", HostArray.ofFloats(new float[] {4, 5, 6}, 3));
            net.load(file);
            assertThat(Tensors.toFloats(net.tensor("a.bias"))).containsExactly(4, 5, 6);
            file.remove("b.bias");
            assertThatThrownBy(() -> net.load(file)).hasMessageContaining("missing [b.bias]");

            net.freeze("b");
            assertThat(net.parameters().values()).noneMatch(Tensor::requires_grad);
        }
    }

    @Test
    void anAverageOfASharedPartComesAndGoes() {
        try (Shared net = new Shared();
                Ema ema = Ema.of(net, 0.75);
                Scope scope = Scope.open()) {
            try (Torch.Mode noGrad = Torch.noGrad()) {
                net.tensor("a.bias").copy_(Tensors.of(new float[] {0, 4, 8}, 3));
                ema.load(net.stateDict());
                net.tensor("a.bias").copy_(Tensors.of(new float[] {4, 8, 12}, 3));
            }
            ema.update();
            try (Torch.Mode average = ema.swap()) {
                assertThat(Tensors.toFloats(net.tensor("b.bias"))).containsExactly(1, 5, 9);
            }
            assertThat(Tensors.toFloats(net.tensor("b.bias"))).containsExactly(4, 8, 12);
        }
    }

    @Test
    void networksThatComputeDifferentlyAreToldApart() {
        try (Net plain = new Net(1);
                Net same = new Net(1);
                Net strided = new Net(2);
                Shared shared = new Shared()) {
            SortedMap<String, String> architecture = plain.architecture();
            assertThat(architecture).isEqualTo(same.architecture()).isNotEqualTo(strided.architecture());
            assertThat(architecture)
                    .containsEntry("", "Net() places F32[3]")
                    .containsEntry("[0]", "ConvNorm(relu=true)")
                    .containsEntry(
                            "head",
                            "Conv2d(dilation=1, groups=1, padding=0, stride=1) weight F32[2, 4, 1, 1] bias F32[2]");
            assertThat(strided.architecture().get("layer1.0.conv")).contains("stride=2");
            assertThat(shared.architecture()).containsEntry("b", "the same as a");
            plain.freeze("head");
            assertThat(plain.architecture().get("head")).endsWith("weight F32[2, 4, 1, 1] frozen bias F32[2] frozen");
        }
    }

    @Test
    void whatIsLoadedAtOnceIsNotDrawn() {
        Torch.seed(5);
        try (Net given = new Net(1)) {
            Map<String, HostArray> file = given.stateDict();
            Torch.seed(6);
            float next;
            try (Scope scope = Scope.open()) {
                next = (float) Tensors.item(torch.randn(1));
            }
            Torch.seed(6);
            try (Net net = Init.loaded(() -> new Net(1), n -> n.load(file));
                    Scope scope = Scope.open()) {
                assertThat(net.stateDict()).isEqualTo(file);
                assertThat((float) Tensors.item(torch.randn(1))).isEqualTo(next);
            }
        }
    }

    @Test
    void aForgottenWeightIsNamed() {
        try (Net given = new Net(1)) {
            Map<String, HostArray> file = new LinkedHashMap<>(given.stateDict());
            file.remove("head.weight");
            file.remove("head.bias");
            List<Tensor> made = new ArrayList<>();
            assertThatThrownBy(() -> Init.loaded(() -> new Net(1), n -> {
                        made.addAll(n.state().values());
                        n.loadPartial(file, List.of("head."), List.of());
                    }))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessage("Net has got no values for [head.weight, head.bias]");
            assertThat(made).isNotEmpty().allMatch(t -> t.isNull());
            // a head that is drawn on purpose
            Net net = Init.loaded(() -> new Net(1), n -> {
                n.loadPartial(file, List.of("head."), List.of());
                Init.redraw(n.head, 0.01);
            });
            try (net) {
                assertThat(Tensors.toFloats(net.tensor("head.bias"))).containsOnly(0);
            }
        }
        assertThatThrownBy(() -> Init.loaded(Shared::new, n -> {})).hasMessageContaining("[a.weight, a.bias, b.weight");
        // and the next network draws again
        try (Shared net = new Shared()) {
            assertThat(Tensors.toFloats(net.tensor("a.weight"))).doesNotContain(0);
        }
    }
}
