package dev.wsss.models.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.OnnxModel;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV1;
import dev.wsss.models.deeplab.DeepLabV2;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.deeplab.Form;
import dev.wsss.models.deeplab.MultiScale;
import dev.wsss.models.deeplab.TextDeepLab;
import dev.wsss.models.maskclip.TextClassifier;
import dev.wsss.models.mobilenet.MobileNetEdgeTpu;
import dev.wsss.models.mobilenet.MobileNetV1;
import dev.wsss.models.mobilenet.MobileNetV2;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Written models against the networks: by the operators' specification, and by ONNX Runtime where its jar is given. */
class OnnxExportTest {
    private static final double TOLERANCE = 1e-4;
    private static final int[][] SIZES = {{64, 64}, {65, 97}, {40, 33}};

    @TempDir
    private Path folder;

    private record Case(String name, Supplier<Layer> network) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Case> cases() {
        return List.of(
                new Case(
                        "MobileNetV1",
                        () -> new Classifier(
                                MobileNetV1.builder().optWidth(0.25).build(), 5, true)),
                new Case(
                        "MobileNetV2, same padding",
                        () -> new Classifier(
                                MobileNetV2.builder()
                                        .optWidth(0.1)
                                        .optSamePadding(true)
                                        .build(),
                                5,
                                true)),
                new Case(
                        "ResNet-18",
                        () -> new Classifier(
                                ResNet.builder().setDepth(18).optWidth(4).build(), 5)),
                new Case(
                        "ResNet-50, stride 16",
                        () -> new Classifier(
                                ResNet.builder()
                                        .setDepth(50)
                                        .optWidth(4)
                                        .optStem(ResNet.Stem.DEEP_128)
                                        .optOutputStride(16)
                                        .build(),
                                5)),
                new Case("DeepLab v1 on ResNet-38", () -> DeepLabV1.builder()
                        .setBackbone(ResNet38.builder().optWidth(2).build())
                        .setClasses(3)
                        .optWidth(4)
                        .build()),
                new Case(
                        "DeepLab v2 on Caffe's ResNet",
                        () -> new DeepLabV2(
                                CaffeResNet.builder()
                                        .optWidth(2)
                                        .optBlocks(1, 1, 1, 1)
                                        .build(),
                                3,
                                6,
                                12)),
                new Case("DeepLab v3 on MobileNet v2", () -> DeepLabV3.builder()
                        .setBackbone(MobileNetV2.builder()
                                .optWidth(0.1)
                                .optOutputStride(8)
                                .optSamePadding(true)
                                .optLastConv(false)
                                .build())
                        .setClasses(3)
                        .optAsppRates(0)
                        .optWidth(4)
                        .build()),
                new Case("DeepLab v3 on MobileNet EdgeTPU", () -> DeepLabV3.builder()
                        .setBackbone(MobileNetEdgeTpu.builder()
                                .optWidth(0.05)
                                .optOutputStride(16)
                                .build())
                        .setClasses(3)
                        .optWidth(4)
                        .build()),
                new Case("DeepLab v3+, DHR's", () -> v3Plus(Form.DHR)),
                new Case("DeepLab v3+, wseg's", () -> v3Plus(Form.WSEG)),
                new Case("DeepLab v2 on texts", () -> onTexts(TextClassifier.Score.DOT)),
                new Case("DeepLab v2 on texts, cosines", () -> onTexts(TextClassifier.Score.COSINE)));
    }

    private static Layer onTexts(TextClassifier.Score score) {
        float[] rows = new float[3 * 8];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) Math.cos(1.3 * i);
        }
        return TextDeepLab.builder()
                .setBackbone(ResNet.builder()
                        .setDepth(18)
                        .optWidth(4)
                        .optStem(ResNet.Stem.DEEP_64)
                        .optOutputStride(8)
                        .build())
                .setTextEmbeddings(HostArray.ofFloats(rows, 3, 8))
                .optAsppRates(6, 12)
                .optScore(score)
                .build();
    }

    private static Layer v3Plus(Form form) {
        return DeepLabV3Plus.builder()
                .setBackbone(ResNet.builder()
                        .setDepth(18)
                        .optWidth(4)
                        .optOutputStride(16)
                        .build())
                .optForm(form)
                .setClasses(3)
                .optWidth(4)
                .build();
    }

    /** With statistics and shifts that are not the start's. */
    private static Layer network(Case one) {
        Torch.seed(7);
        Layer network = one.network.get();
        try (Torch.Mode noGrad = Torch.noGrad()) {
            for (BatchNorm2d norm : network.modules(BatchNorm2d.class).values()) {
                norm.tensor("running_var").uniform_(0.5, 1.5, new GeneratorOptional());
                norm.tensor("running_mean").uniform_(-0.2, 0.2, new GeneratorOptional());
                norm.tensor("bias").uniform_(-0.2, 0.2, new GeneratorOptional());
            }
        }
        network.train(false);
        return network;
    }

    private static float[] image(int h, int w) {
        float[] values = new float[2 * 3 * h * w];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i);
        }
        return values;
    }

    private static void assertSame(String name, float[] actual, Tensor expected) {
        float[] wanted = Tensors.toFloats(expected);
        assertThat(actual).as(name).hasSize(wanted.length);
        double largest = IntStream.range(0, wanted.length)
                .mapToDouble(i -> Math.abs(wanted[i]))
                .max()
                .orElseThrow();
        assertThat(largest).as(name).isPositive();
        double difference = IntStream.range(0, wanted.length)
                .mapToDouble(i -> Math.abs(wanted[i] - actual[i]))
                .max()
                .orElseThrow();
        assertThat(difference / largest).as(name).isLessThan(TOLERANCE);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theGraphIsTheNetwork(Case one) {
        Path file = folder.resolve("model.onnx");
        try (Layer network = network(one);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            OnnxExport.of(network).write(file);
            for (int[] size : SIZES) {
                Tensor x = Tensors.of(image(size[0], size[1]), 2, 3, size[0], size[1]);
                assertSame(one.name, Tensors.toFloats(GraphRun.run(file, x)), network.forward(x));
            }
        }
    }

    @Test
    void onnxRuntimeAgrees() throws Exception {
        String jar = System.getProperty("wsss.onnxruntime");
        assumeThat(jar)
                .as("-Dwsss.onnxruntime, the jar of com.microsoft.onnxruntime:onnxruntime")
                .isNotNull();
        try (OnnxRuntime runtime = new OnnxRuntime(Path.of(jar))) {
            for (Case one : cases()) {
                for (boolean fixed : new boolean[] {false, true}) {
                    for (int[] size : SIZES) {
                        Path file = folder.resolve("model.onnx");
                        try (Layer network = network(one);
                                Scope scope = Scope.open();
                                Torch.Mode noGrad = Torch.noGrad()) {
                            OnnxExport export = OnnxExport.of(network);
                            if (fixed) {
                                export.optFixedSize(2, size[0], size[1]);
                            }
                            if (!(network instanceof Classifier)) {
                                export.optLogitsAtInputSize(fixed);
                            }
                            export.write(file);
                            float[] image = image(size[0], size[1]);
                            Tensor x = Tensors.of(image, 2, 3, size[0], size[1]);
                            Tensor expected = network.forward(x);
                            if (!(network instanceof Classifier)) {
                                expected = Ops.bilinear(expected, size[0], size[1], fixed);
                            }
                            long[] shape = {2, 3, size[0], size[1]};
                            assertSame(
                                    one + ", " + size[0] + "x" + size[1],
                                    runtime.run(file, FloatBuffer.wrap(image), shape),
                                    expected);
                        }
                    }
                }
            }
        }
    }

    @Test
    void theModelSaysWhatItTakesAndGives() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (Layer network = network(cases().get(0))) {
            OnnxExport.of(network).write(file);
            try (OnnxModel model = OnnxModel.open(file)) {
                assertThat(model.opsets()).isEqualTo(Map.of("", 17L));
                assertThat(model.inputs().get(0)).hasToString("'images' float[n, 3, h, w]");
                assertThat(model.outputs().get(0).toString()).startsWith("'logits' float[n, ");
                assertThat(model.metadata()).containsEntry("weights", network.fingerprint());
                assertThat(model.initializer("classifier.weight"))
                        .isEqualTo(Tensors.toHost(network.tensor("classifier.weight")));
                assertThat(model.operatorCounts()).containsEntry("Conv", 28).containsEntry("BatchNormalization", 27);
            }
            OnnxExport.of(network).optFixedSize(1, 32, 48).write(file);
            try (OnnxModel model = OnnxModel.open(file)) {
                assertThat(model.inputs().get(0)).hasToString("'images' float[1, 3, 32, 48]");
            }
        }
    }

    @Test
    void whatHasNoOnnxFormIsNamed() {
        Path file = folder.resolve("none.onnx");
        Backbone backbone =
                CaffeResNet.builder().optWidth(2).optBlocks(1, 1, 1, 1).build();
        try (MultiScale network =
                MultiScale.builder().setBase(new DeepLabV2(backbone, 3, 6)).build()) {
            assertThatThrownBy(() -> OnnxExport.of(network).write(file))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("MultiScale");
        }
        try (Layer network = network(cases().get(0))) {
            assertThatThrownBy(() ->
                            OnnxExport.of(network).optLogitsAtInputSize(true).write(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Classifier");
            assertThatThrownBy(() -> OnnxExport.of(network).optFixedSize(1, 0, 2))
                    .hasMessageContaining("got 1, 0");
        }
        assertThat(Files.exists(file)).isFalse();
    }
}
