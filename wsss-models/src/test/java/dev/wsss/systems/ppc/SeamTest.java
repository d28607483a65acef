package dev.wsss.systems.ppc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Sample;
import dev.wsss.api.ScoreMaps;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.TensorScoreMaps;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.OneThread;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class SeamTest {
    private static final ClassCatalog CATALOG = ClassCatalog.withBackground(List.of("cat", "dog", "cow"));

    /** Numbers in [0, 1) that anyone can make again. */
    private static Tensor uniform(int seed, long... shape) {
        int n = 1;
        for (long s : shape) {
            n *= (int) s;
        }
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            int x = (int) ((i + seed * 1000003L + 1) * 2654435761L);
            x ^= x >>> 16;
            x *= (int) 2246822519L;
            x ^= x >>> 13;
            values[i] = (float) ((x & 0xffffffffL) / 4294967296.0);
        }
        return Tensors.of(values, shape);
    }

    private static Tensor scaled(Tensor t, double factor, double shift) {
        return t.mul(new Scalar(factor)).add(new Scalar(shift));
    }

    private static float[] channelSums(Tensor t) {
        return Tensors.toFloats(t.sum(0, 2, 3));
    }

    private static Tensor images(int n, int height, int width) {
        return scaled(uniform(9, n, 3, height, width), 4, -2);
    }

    private static ResNet38 tiny() {
        return ResNet38.builder().optWidth(1).build();
    }

    @Test
    void preparationMakesBackgroundAndKeepsTheWinner() {
        try (Scope scope = Scope.open()) {
            Tensor cam = scaled(uniform(7, 1, 4, 3, 4), 2, -0.7);
            Tensor prepared = SeamHead.prepare(cam, 0);
            // values of an independent computation in float64
            float[] expected = {4.5599304f, 3.8588914f, 2.0078477f, 1.5733305f};
            assertThat(channelSums(prepared)).containsExactly(expected, within(1e-4f));
            Tensor bgLast = Ops.concat(cam.narrow(1, 1, 3), cam.narrow(1, 0, 1));
            assertThat(Tensors.toFloats(SeamHead.prepare(bgLast, 3)))
                    .containsExactly(Tensors.toFloats(Ops.concat(prepared.narrow(1, 1, 3), prepared.narrow(1, 0, 1))));
        }
    }

    @Test
    void correlationIsAWeightedMean() {
        try (Scope scope = Scope.open()) {
            Tensor refined = PixelCorrelation.correlate(uniform(5, 1, 3, 3, 4), scaled(uniform(6, 1, 5, 3, 4), 2, -1));
            float[] expected = {6.0338992f, 5.0318450f, 6.2401126f};
            assertThat(channelSums(refined)).containsExactly(expected, within(1e-4f));
            assertThat(Tensors.toFloats(refined)[0]).isCloseTo(0.5324810f, within(1e-5f));
        }
    }

    @Test
    void correlationInBlocksIsTheSameAsWhole() {
        try (Scope scope = Scope.open()) {
            // 41 x 53 nodes are more than two blocks
            Tensor scores = uniform(5, 2, 3, 41, 53);
            Tensor embedding = scaled(uniform(6, 2, 7, 41, 53), 2, -1);
            Tensor f = embedding.flatten(2, 3);
            Tensor unit = f.div(f.square()
                    .sum(new long[] {1}, true, new ScalarTypeOptional())
                    .sqrt()
                    .add(new Scalar(1e-5)));
            Tensor weights = unit.transpose(1, 2).matmul(unit).relu();
            Tensor sums = weights.sum(new long[] {1}, true, new ScalarTypeOptional());
            Tensor whole = scores.flatten(2, 3).matmul(weights.div(sums.add(new Scalar(1e-5))));
            assertThat(Tensors.toFloats(PixelCorrelation.correlate(scores, embedding)))
                    .containsExactly(Tensors.toFloats(whole), within(1e-5f));
        }
    }

    @Test
    void gradientsReachTheBackboneThroughActivationsAndProjectionOnly() {
        BiFunction<SeamNetwork, SeamMaps, Tensor> refined = (net, maps) -> maps.refined();
        BiFunction<SeamNetwork, SeamMaps, Tensor> cam = (net, maps) -> maps.cam();
        assertThat(trained(refined)).containsExactlyInAnyOrder("f8_3", "f8_4", "f9");
        assertThat(trained(cam)).contains("fc8", "conv1a", "b7").doesNotContain("f9", "fc_proj");
    }

    private static List<String> trained(BiFunction<SeamNetwork, SeamMaps, Tensor> output) {
        try (SeamNetwork net = SeamNetwork.ppc(tiny(), 3);
                Scope scope = Scope.open()) {
            SeamMaps maps = net.forward(images(2, 24, 32));
            output.apply(net, maps).square().sum().backward();
            return net.parameters().entrySet().stream()
                    .filter(e -> e.getValue().grad().defined())
                    .map(e -> e.getKey().replaceAll("\\..*", ""))
                    .distinct()
                    .toList();
        }
    }

    @Test
    void variantsHaveTheirKeysSizesAndOrders() {
        try (SeamNetwork seam = SeamNetwork.seam(tiny(), 3);
                SeamNetwork ppc = SeamNetwork.ppc(tiny(), 3);
                SeamNetwork eps = SeamNetwork.eps(tiny(), 3);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            assertThat(seam.state()).hasSize(232);
            assertThat(ppc.state()).hasSize(233).containsKey("fc_proj.weight");
            assertThat(eps.state()).hasSize(233).containsKey("proj_fc.weight");
            for (SeamNetwork net : List.of(seam, ppc, eps)) {
                net.train(false);
                SeamMaps maps = net.forward(images(1, 20, 26));
                boolean resized = net != eps;
                assertThat(Tensors.shape(maps.cam())).containsExactly(1, 4, resized ? 20 : 3, resized ? 26 : 4);
                assertThat(Tensors.shape(maps.refinedOnGrid())).containsExactly(1, 4, 3, 4);
                assertThat(maps.projection() == null).isEqualTo(net == seam);
                Tensor tags = net.head().backgroundIndex() == 0
                        ? maps.refined().narrow(1, 1, 3)
                        : maps.refined().narrow(1, 0, 3);
                Tensor activations = net.refined().activations(images(1, 20, 26));
                assertThat(Tensors.toFloats(activations.narrow(1, 0, 3))).containsExactly(Tensors.toFloats(tags));
                assertThat(Tensors.shape(net.activations(images(1, 20, 26)))).containsExactly(1, 4, 3, 4);
            }
        }
    }

    @Test
    void anyBackboneWillDo() {
        ResNet backbone =
                ResNet.builder().setDepth(18).optWidth(2).optOutputStride(16).build();
        try (SeamNetwork net = SeamNetwork.ppc(backbone, 3);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            SeamMaps maps = net.forward(images(2, 64, 48));
            assertThat(Tensors.shape(maps.refinedOnGrid())).containsExactly(2, 4, 4, 3);
            assertThat(Tensors.shape(maps.cam())).containsExactly(2, 4, 64, 48);
        }
    }

    private static Sample sample(int height, int width) {
        byte[] data = new byte[height * width * 3];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i * 37);
        }
        return new Sample("pic-1", new RgbImage(height, width, data), ImageTags.of(CATALOG, 0, 2));
    }

    @Test
    void refinerKeepsLabelsAndSizeAndSpreadsWithinTheRange() {
        Torch.seed(1);
        try (SeamNetwork net = SeamNetwork.seam(tiny(), 3);
                Scope scope = Scope.open()) {
            net.train(false);
            float[] values = new float[2 * 24 * 40];
            for (int i = 0; i < 24 * 40; i++) {
                values[i] = i % 40 < 20 ? 1 : 0;
                values[24 * 40 + i] = 0.25f;
            }
            PixelCorrelation refiner =
                    PixelCorrelation.builder().setEmbedding(net.embedding()).build();
            try (ScoreMaps refined = refiner.refine(sample(24, 40), ScoreMaps.of(new int[] {1, 3}, 24, 40, values))) {
                assertThat(refined.labels()).containsExactly(1, 3);
                assertThat(refined.height()).isEqualTo(24);
                assertThat(refined.width()).isEqualTo(40);
                float[] out = refined.toArray();
                for (int i = 0; i < 24 * 40; i++) {
                    assertThat(out[i]).isGreaterThan(0).isLessThan(1);
                    assertThat(out[24 * 40 + i]).isCloseTo(0.25f, within(1e-4f));
                }
            }
        }
    }

    @Test
    void refinerRefusesNaNAndLeavesNothing() {
        try (SeamNetwork net = SeamNetwork.seam(tiny(), 3);
                Scope scope = Scope.open()) {
            net.train(false);
            PixelCorrelation refiner =
                    PixelCorrelation.builder().setEmbedding(net.embedding()).build();
            Tensor bad = Tensors.of(new float[] {Float.NaN, 1, 1, 1}, 1, 2, 2);
            try (ScoreMaps nan = TensorScoreMaps.of(new int[] {1}, bad)) {
                assertThatThrownBy(() -> refiner.refine(sample(16, 16), nan))
                        .isInstanceOf(InvalidDataException.class)
                        .hasMessageContaining("pic-1");
            }
            ScoreMaps none = ScoreMaps.of(new int[0], 2, 2, new float[0]);
            assertThat(refiner.refine(sample(16, 16), none).count()).isZero();
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertThatThrownBy(() -> SeamHead.seam().setTags(3).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("setChannels");
        assertThatThrownBy(() -> SeamHead.seam().setTags(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got 0");
        assertThatThrownBy(() -> PixelCorrelation.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("setEmbedding");
        try (Scope scope = Scope.open()) {
            assertThatThrownBy(() -> PixelCorrelation.correlate(uniform(1, 1, 2, 3, 4), uniform(1, 2, 2, 3, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[1, 2, 3, 4] and [2, 2, 3, 4]");
            assertThatThrownBy(() -> SeamHead.prepare(uniform(1, 1, 2, 3, 4), 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("channel 2 is not in 0..1");
        }
    }
}
