package dev.wsss.models.mobilenet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class MobileNetTest {
    /** Mean of the absolute values, the second, the middle and the last of each map, of torchvision 0.28 in float32. */
    private static final double[][] WIDTH_035 = {
        {0.2562692, -0.1167271, -0.3595859, -0.7271312},
        {1.551936, -0.4827522, 0.2689462, -3.051196},
        {4.023305, -1.805218, -1.205824, 1.411016},
        {2.933472, 3.100636, 1.947839, -2.807378},
        {0.07400698, 0.1412347, 0.1507865, 0},
    };

    private static final double[][] WIDTH_050_BY_4 = {
        {0.2562692, -0.1167271, -0.3595859, -0.7271312},
        {2.422124, 0.7519358, 0.6459751, 7.303412},
        {3.037301, 3.869517, 1.828354, -2.783895},
        {0.4838035, 0.6478359, 0.3946428, -0.09794294},
        {0.07650398, 0.2951169, 0.2634003, 0.001416325},
    };

    private static float[] wave(int n, double step, double phase) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) Math.sin(step * i + phase);
        }
        return values;
    }

    private static Tensor images(int h, int w) {
        return Tensors.of(wave(2 * 3 * h * w, 0.7, 0), 2, 3, h, w);
    }

    /** Weights that a few lines of Python make too: waves, scaled so that maps neither vanish nor grow. */
    private static Map<String, HostArray> waves(Network network) {
        Map<String, HostArray> state = new LinkedHashMap<>();
        int t = 0;
        for (Map.Entry<String, HostArray> entry : network.stateDict().entrySet()) {
            String key = entry.getKey();
            long[] shape = entry.getValue().shape();
            if (key.endsWith("num_batches_tracked")) {
                state.put(key, entry.getValue());
                continue;
            }
            float[] s = new float[entry.getValue().size()];
            for (int i = 0; i < s.length; i++) {
                double wave = Math.sin(0.37 * i + 0.11 * t);
                s[i] = (float)
                        (key.endsWith("running_var")
                                ? 1 + 0.5 * wave * wave
                                : shape.length == 4
                                        ? wave * Math.sqrt(4.0 / (shape[1] * shape[2] * shape[3]))
                                        : key.endsWith("weight") ? 1 + 0.1 * wave : 0.1 * wave);
            }
            state.put(key, HostArray.ofFloats(s, shape));
            t++;
        }
        return state;
    }

    private static void assertMaps(MobileNetV2 net, double[][] expected) {
        net.load(waves(net));
        net.train(false);
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            FeaturePyramid maps = net.features(images(70, 54));
            for (int i = 0; i < expected.length; i++) {
                float[] map = Tensors.toFloats(maps.maps().get(i));
                double sum = 0;
                for (float v : map) {
                    sum += Math.abs(v);
                }
                double[] actual = {sum / map.length, map[1], map[map.length / 2], map[map.length - 1]};
                double tolerance = 2e-5 * Math.max(1, Math.abs(expected[i][0]) * 5);
                assertThat(actual).as("map " + i).containsExactly(expected[i], within(tolerance));
            }
        }
    }

    @Test
    void v2IsTorchvisions() {
        try (MobileNetV2 net = MobileNetV2.builder().optWidth(0.35).build()) {
            assertThat(net.channels()).containsExactly(8, 8, 16, 32, 1280);
            assertThat(net.strides()).containsExactly(2, 4, 8, 16, 32);
            assertMaps(net, WIDTH_035);
        }
        try (MobileNetV2 net = MobileNetV2.builder().optWidth(0.5).optDivisor(4).build()) {
            assertMaps(net, WIDTH_050_BY_4);
        }
    }

    @Test
    void v2HasTorchvisionsKeysAndSize() {
        try (MobileNetV2 net = MobileNetV2.builder().build()) {
            // 3504872 of torchvision with its classifier of 1280 * 1000 + 1000
            assertThat(net.parameterCount()).isEqualTo(3_504_872 - 1_281_000);
            assertThat(net.state())
                    .containsKeys(
                            "features.0.0.weight",
                            "features.0.1.running_mean",
                            "features.1.conv.0.0.weight",
                            "features.1.conv.1.weight",
                            "features.1.conv.2.running_var",
                            "features.2.conv.1.0.weight",
                            "features.17.conv.3.num_batches_tracked",
                            "features.18.1.bias");
            assertThat(net.channels()).containsExactly(16, 24, 32, 96, 1280);
        }
    }

    @Test
    void torchvisionsClassifierLoadsIntoOurs() {
        try (Classifier from =
                        new Classifier(MobileNetV2.builder().optWidth(0.1).build(), 7, true);
                Classifier to =
                        new Classifier(MobileNetV2.builder().optWidth(0.1).build(), 7, true);
                MobileNetV2 backbone = MobileNetV2.builder().optWidth(0.1).build()) {
            Map<String, HostArray> theirs = MobileNetCheckpoints.TORCHVISION_MOBILENET_V2_CLASSIFIER
                    .keyMap()
                    .toTheirs(from.stateDict());
            assertThat(theirs.get("classifier.1.weight"))
                    .satisfies(w -> assertThat(w.shape()).containsExactly(7, 1280));
            Weights.load(
                    to, theirs, MobileNetCheckpoints.TORCHVISION_MOBILENET_V2_CLASSIFIER.keyMap(), LoadPolicy.STRICT);
            assertThat(to.fingerprint()).isEqualTo(from.fingerprint());
            Weights.load(backbone, theirs, MobileNetCheckpoints.TORCHVISION_MOBILENET_V2.keyMap(), LoadPolicy.STRICT);
            assertThat(backbone.fingerprint()).isEqualTo(from.backbone().fingerprint());
        }
    }

    @Test
    void v1HasThePublishedSizeAndTimmsKeys() {
        try (MobileNetV1 net = MobileNetV1.builder().build();
                MobileNetV1 quarter = MobileNetV1.builder().optWidth(0.25).build()) {
            // 4231976 with the classifier, as timm counts mobilenetv1_100
            assertThat(net.parameterCount()).isEqualTo(4_231_976 - 1_025_000);
            assertThat(net.channels()).containsExactly(64, 128, 256, 512, 1024);
            assertThat(net.state())
                    .containsKeys("conv_stem.weight", "bn1.weight", "blocks.3.5.conv_dw.weight", "blocks.4.1.bn2.bias");
            assertThat(quarter.channels()).containsExactly(16, 32, 64, 128, 256);
        }
    }

    @Test
    void edgeTpuHasTheSlimChannels() {
        try (MobileNetEdgeTpu net = MobileNetEdgeTpu.builder().optWidth(0.75).build()) {
            assertThat(net.channels()).containsExactly(16, 24, 40, 72, 1280);
            assertThat(net.state().get("features.1.conv.0.weight"))
                    .satisfies(w -> assertThat(Tensors.shape(w)).containsExactly(16, 24, 1, 1));
            assertThat(net.state().get("features.2.conv.0.0.weight"))
                    .satisfies(w -> assertThat(Tensors.shape(w)).containsExactly(128, 16, 3, 3));
            assertThat(net.state().get("features.18.conv.1.0.weight"))
                    .satisfies(w -> assertThat(Tensors.shape(w)).containsExactly(576, 1, 5, 5));
        }
    }

    private static List<Backbone> all(int outputStride, boolean same) {
        return List.of(
                MobileNetV1.builder()
                        .optWidth(0.25)
                        .optOutputStride(outputStride)
                        .optSamePadding(same)
                        .build(),
                MobileNetV2.builder()
                        .optWidth(0.1)
                        .optOutputStride(outputStride)
                        .optSamePadding(same)
                        .build(),
                MobileNetEdgeTpu.builder()
                        .optWidth(0.1)
                        .optOutputStride(outputStride)
                        .optSamePadding(same)
                        .build());
    }

    @Test
    void dilationKeepsTheSizeAndThePatchesOfTheStridedNetwork() {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            for (boolean same : new boolean[] {false, true}) {
                List<Backbone> strided = all(32, same);
                for (int stride : new int[] {8, 16}) {
                    List<Backbone> dilated = all(stride, same);
                    for (int i = 0; i < dilated.size(); i++) {
                        Backbone net = dilated.get(i);
                        net.load(strided.get(i).stateDict());
                        net.train(false);
                        strided.get(i).train(false);
                        // 65 = 2 * 32 + 1: the cells of the strided map are cells of the dilated one, at any padding
                        Tensor fine = net.forward(images(65, 97));
                        Tensor coarse = strided.get(i).forward(images(65, 97));
                        assertThat(Tensors.shape(fine)[2]).isEqualTo(64 / stride + 1);
                        assertThat(Tensors.shape(fine)[3]).isEqualTo(96 / stride + 1);
                        assertThat(net.strides()[4]).isEqualTo(stride);
                        int step = 32 / stride;
                        long[] s = Tensors.shape(coarse);
                        float[] a = Tensors.toFloats(coarse);
                        float[] b = Tensors.toFloats(fine);
                        long[] f = Tensors.shape(fine);
                        for (int c = 0; c < s[1]; c++) {
                            for (int y = 0; y < s[2]; y++) {
                                for (int x = 0; x < s[3]; x++) {
                                    float coarseValue = a[(int) ((c * s[2] + y) * s[3] + x)];
                                    float fineValue = b[(int) ((c * f[2] + y * step) * f[3] + x * step)];
                                    assertThat(fineValue).isCloseTo(coarseValue, within(2e-4f));
                                }
                            }
                        }
                    }
                    dilated.forEach(Network::close);
                }
                strided.forEach(Network::close);
            }
        }
    }

    @Test
    void everyParameterTrains() {
        for (Backbone net : all(16, true)) {
            try (net;
                    Scope scope = Scope.open()) {
                net.forward(images(40, 48)).sum().backward();
                assertThat(net.parameters())
                        .allSatisfy((name, p) -> assertThat(p.grad().defined()).isTrue());
            }
        }
    }

    @Test
    void badSettingsAreRefused() {
        assertThatThrownBy(() -> MobileNetV2.builder().optWidth(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 0");
        assertThatThrownBy(() -> MobileNetV1.builder().optOutputStride(4)).hasMessageContaining("8, 16 or 32, got 4");
        assertThatThrownBy(() -> MobileNetV2.builder().optDivisor(0)).hasMessageContaining("divisor");
        try (MobileNetV2 net = MobileNetV2.builder().optWidth(0.1).build();
                Scope scope = Scope.open()) {
            assertThatThrownBy(() -> net.forward(Tensors.of(new float[4], 1, 1, 2, 2)))
                    .hasMessageContaining("[1, 1, 2, 2]");
        }
    }

    @Test
    void aSinglePixelGoesThrough() {
        for (Backbone net : all(8, true)) {
            try (net;
                    Scope scope = Scope.open();
                    Torch.Mode noGrad = Torch.noGrad()) {
                net.train(false);
                assertThat(Tensors.shape(net.forward(images(1, 1))))
                        .startsWith(2)
                        .endsWith(1, 1);
            }
        }
    }
}
