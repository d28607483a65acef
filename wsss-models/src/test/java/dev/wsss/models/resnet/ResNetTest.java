package dev.wsss.models.resnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LeakCheck;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.FeaturePyramid;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ResNetTest {
    private static ResNet.Builder tiny(int depth) {
        return ResNet.builder().setDepth(depth).optWidth(2);
    }

    @ParameterizedTest
    @CsvSource({"18,32", "18,16", "18,8", "34,32", "50,32", "50,16", "50,8", "101,8", "152,16"})
    void mapsHaveTheirStridesAndWidths(int depth, int stride) {
        try (ResNet net = tiny(depth).optOutputStride(stride).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            FeaturePyramid f = net.features(Tensors.of(new float[2 * 3 * 64 * 96], 2, 3, 64, 96));
            int wide = depth < 50 ? 1 : 4;
            assertThat(net.channels()).containsExactly(2, 2 * wide, 4 * wide, 8 * wide, 16 * wide);
            int[] strides = {4, 4, 8, Math.min(stride, 16), stride};
            assertThat(net.strides()).isEqualTo(strides);
            assertThat(f.strides()).isEqualTo(strides);
            List<Tensor> maps = f.maps();
            for (int i = 0; i < 5; i++) {
                assertThat(Tensors.shape(maps.get(i)))
                        .containsExactly(2, net.channels()[i], 64 / strides[i], 96 / strides[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ResNet.Stem.class)
    void everyStemHalvesTwice(ResNet.Stem stem) {
        try (ResNet net = tiny(18).optStem(stem).build();
                Scope scope = Scope.open()) {
            Tensor c1 = net.features(Tensors.of(new float[2 * 3 * 33 * 40], 2, 3, 33, 40))
                    .maps()
                    .get(0);
            assertThat(Tensors.shape(c1)).containsExactly(2, net.channels()[0], 9, 10);
        }
    }

    @Test
    void parametersAreThoseOfTorchvision() {
        // torchvision's counts without the classifier of 1000 classes: 25 557 032 and 11 689 512
        try (ResNet r50 = ResNet.builder().setDepth(50).build();
                ResNet r18 = ResNet.builder().setDepth(18).build()) {
            assertThat(r50.parameterCount()).isEqualTo(25_557_032 - 2048 * 1000 - 1000);
            assertThat(r18.parameterCount()).isEqualTo(11_689_512 - 512 * 1000 - 1000);
        }
    }

    @Test
    void checkpointOfAnotherDepthIsRefusedByName() {
        try (ResNet r18 = tiny(18).build();
                ResNet r34 = tiny(34).build()) {
            assertThatThrownBy(() -> r18.load(r34.stateDict()))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("ResNet")
                    .hasMessageContaining("unexpected [layer1.2.conv1.weight");
            assertThatThrownBy(() -> r34.load(r18.stateDict())).hasMessageContaining("missing [layer1.2.conv1.weight");
        }
    }

    @Test
    void classifierOfACheckpointMayBeDropped() {
        try (ResNet a = tiny(18).build();
                ResNet b = tiny(18).build()) {
            Map<String, HostArray> checkpoint = new LinkedHashMap<>(a.stateDict());
            checkpoint.put("fc.weight", HostArray.ofFloats(new float[16], 1, 16));
            checkpoint.put("fc.bias", HostArray.ofFloats(new float[1], 1));
            assertThatThrownBy(() -> b.load(checkpoint)).hasMessageContaining("fc.weight");
            b.loadPartial(checkpoint, List.of(), List.of("fc."));
            assertThat(b.stateDict()).isEqualTo(a.stateDict());
        }
    }

    @Test
    void sameSeedSameWeights() {
        assertThat(weights(7)).isEqualTo(weights(7)).isNotEqualTo(weights(8));
    }

    private static Map<String, HostArray> weights(long seed) {
        Torch.seed(seed);
        try (ResNet net = tiny(18).build()) {
            return net.stateDict();
        }
    }

    @Test
    void doublePrecisionAgreesWithSingle() {
        Torch.seed(3);
        float[] pixels = new float[3 * 32 * 32];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(i);
        }
        try (ResNet net = tiny(50).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            Tensor x = Tensors.of(pixels, 1, 3, 32, 32);
            double[] single = Tensors.toDoubles(net.forward(x));
            net.to(ComputeDevice.CPU, DType.F64);
            Tensor y = net.forward(x.to(Tensors.scalarType(DType.F64)));
            assertThat(Tensors.dtype(y)).isEqualTo(DType.F64);
            double[] both = Tensors.toDoubles(y);
            double peak = 0;
            double error = 0;
            for (int i = 0; i < single.length; i++) {
                peak = Math.max(peak, Math.abs(both[i]));
                error = Math.max(error, Math.abs(both[i] - single[i]));
            }
            assertThat(peak).isPositive();
            assertThat(error / peak).isLessThan(1e-4);
        }
    }

    @Test
    void momentumReachesTheRunningStatistics() {
        try (ResNet net = tiny(18).optBatchNormMomentum(1).build();
                Scope scope = Scope.open()) {
            float[] ones = new float[2 * 3 * 32 * 32];
            Arrays.fill(ones, 1);
            net.forward(Tensors.of(ones, 2, 3, 32, 32));
            // with momentum 1 nothing is left of the initial zero
            assertThat(Tensors.toDoubles(net.tensor("bn1.running_mean"))).doesNotContain(0.0);
            assertThat(Tensors.toLongs(net.tensor("bn1.num_batches_tracked"))).containsExactly(1);
        }
    }

    @Test
    void inferenceHoldsNoIntermediateMaps() {
        oneThread(() -> {
            try (ResNet net = ResNet.builder().setDepth(18).optWidth(8).build();
                    Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                net.train(false);
                Tensor x = Tensors.of(new float[3 * 256 * 256], 1, 3, 256, 256);
                net.features(x);
                // the five maps of a call belong to this scope; what lies between them is several times as many
                assertThat(LeakCheck.growth(20, () -> net.features(x))).isEqualTo(20 * 5);
            }
        });
    }

    @Test
    void trainingStepsKeepMemoryFlat() {
        oneThread(() -> {
            try (ResNet net = ResNet.builder().setDepth(18).optWidth(8).build()) {
                LeakCheck.assertFlat(50, () -> step(net));
            }
        });
    }

    private static void step(ResNet net) {
        try (Scope scope = Scope.open()) {
            net.forward(Tensors.of(new float[2 * 3 * 128 * 128], 2, 3, 128, 128))
                    .sum()
                    .backward();
        }
    }

    /** Hundreds of tiny operations are no work for several threads. */
    private static void oneThread(Runnable test) {
        int before = Torch.threads();
        Torch.setThreads(1);
        try {
            test.run();
        } finally {
            Torch.setThreads(before);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertThatThrownBy(() -> ResNet.builder().setDepth(20)).hasMessageContaining("got 20");
        assertThatThrownBy(() -> ResNet.builder().build()).hasMessageContaining("setDepth");
        assertThatThrownBy(() -> tiny(18).optOutputStride(4)).hasMessageContaining("got 4");
        assertThatThrownBy(() -> tiny(18).optDilations(1, 2)).hasMessageContaining("[1, 2]");
        assertThatThrownBy(() -> tiny(18).optWidth(3)).hasMessageContaining("got 3");
        try (ResNet net = tiny(18).build();
                Scope scope = Scope.open()) {
            assertThatThrownBy(() -> net.forward(Tensors.of(new float[16], 1, 1, 4, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[1, 1, 4, 4]");
        }
    }
}
