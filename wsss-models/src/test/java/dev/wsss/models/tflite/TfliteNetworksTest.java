package dev.wsss.models.tflite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.api.RgbImage;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.mobilenet.MobileNetEdgeTpu;
import dev.wsss.models.mobilenet.MobileNetV2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that are written as TFLite has them and read again, and files that are something else. */
class TfliteNetworksTest {
    private static final int SIDE = 64;
    private final Path file;

    TfliteNetworksTest(@TempDir Path folder) {
        file = folder.resolve("network.tflite");
    }

    private static MobileNetV2 v2(int outputStride, boolean last) {
        return MobileNetV2.builder()
                .optWidth(0.1)
                .optOutputStride(outputStride)
                .optSamePadding(true)
                .optLastConv(last)
                .build();
    }

    private static Classifier classifier() {
        Classifier network = new Classifier(v2(32, true), 5, true);
        TfliteFiles.fold(network);
        return network;
    }

    private static DeepLabV3 deepLab(Backbone backbone) {
        DeepLabV3 network = DeepLabV3.builder()
                .setBackbone(backbone)
                .setClasses(4)
                .optAsppRates(0)
                .optWidth(6)
                .build();
        TfliteFiles.fold(network);
        return network;
    }

    private void write(TfliteFiles from) throws IOException {
        Files.write(file, from.bytes());
    }

    @Test
    void aClassifierIsReadAsItWas() throws IOException {
        try (Classifier from = classifier()) {
            write(TfliteFiles.of(from, SIDE));
            try (Classifier to = TfliteNetworks.classifier(file)) {
                assertThat(to.fingerprint()).isEqualTo(from.fingerprint());
                assertThat(to.backbone().strides()).containsExactly(2, 4, 8, 16, 32);
            }
        }
    }

    @Test
    void segmentersAreReadAsTheyWere() throws IOException {
        MobileNetEdgeTpu edgeTpu = MobileNetEdgeTpu.builder()
                .optWidth(1 / 24.0)
                .optOutputStride(16)
                .optSamePadding(true)
                .build();
        for (Backbone backbone : new Backbone[] {v2(16, false), v2(8, false), edgeTpu}) {
            try (DeepLabV3 from = deepLab(backbone)) {
                write(TfliteFiles.of(from, SIDE));
                try (DeepLabV3 to = TfliteNetworks.segmenter(file)) {
                    assertThat(to.fingerprint()).isEqualTo(from.fingerprint());
                    assertThat(to.backbone().strides()).containsExactly(backbone.strides());
                }
            }
        }
    }

    @Test
    void weightsFindTheFamilyAndFillOtherStridesAndClasses() throws IOException {
        try (Classifier from = classifier();
                Classifier same = new Classifier(v2(8, true), 5, true);
                Classifier other = new Classifier(v2(16, true), 2)) {
            write(TfliteFiles.of(from, SIDE));
            Weights.load(same, file);
            assertThat(same.fingerprint()).isEqualTo(from.fingerprint());
            Weights.load(
                    other,
                    file,
                    TfliteNetworks.TFLITE,
                    LoadPolicy.builder()
                            .optMayMiss("classifier.")
                            .optMayDrop("classifier.")
                            .build());
            assertThat(other.backbone().fingerprint()).isEqualTo(from.backbone().fingerprint());
            assertThatThrownBy(() -> Weights.load(other, file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("classifier.bias");
        }
    }

    @Test
    void statisticsStayInTraining() throws IOException {
        try (Classifier from = classifier()) {
            write(TfliteFiles.of(from, SIDE));
        }
        try (Classifier network = TfliteNetworks.classifier(file)) {
            trainAndCompare(network);
        }
        try (Classifier network = new Classifier(v2(32, true), 5, true)) {
            Weights.load(network, file);
            trainAndCompare(network);
        }
    }

    private static void trainAndCompare(Classifier network) {
        try (Scope scope = Scope.open()) {
            Tensor images = Tensors.of(new float[2 * 3 * 32 * 32], 2, 3, 32, 32);
            network.train(false);
            float[] before = Tensors.toFloats(network.forward(images));
            network.train(true);
            Tensor logits = network.forward(images);
            assertThat(Tensors.toFloats(logits)).containsExactly(before);
            logits.sum().backward();
            for (BatchNorm2d norm : network.modules(BatchNorm2d.class).values()) {
                assertThat(Tensors.toFloats(norm.tensor("running_mean"))).containsOnly(0);
                assertThat(norm.weight().grad().defined()).isTrue();
            }
        }
    }

    @Test
    void statisticsThatTheFileDoesNotHaveFollowTheBatches() throws IOException {
        try (Classifier from = classifier()) {
            write(TfliteFiles.of(from, SIDE));
        }
        try (DeepLabV3 network = DeepLabV3.builder()
                        .setBackbone(v2(32, true))
                        .setClasses(4)
                        .optWidth(6)
                        .build();
                Scope scope = Scope.open()) {
            LoadPolicy backboneAlone = LoadPolicy.builder()
                    .optMayMiss("aspp.", "cls_conv.")
                    .optMayDrop("classifier.")
                    .build();
            Weights.load(network, file, TfliteNetworks.TFLITE, backboneAlone);
            network.train(true);
            network.forward(Tensors.of(new float[2 * 3 * 64 * 64], 2, 3, 64, 64));
            network.modules(BatchNorm2d.class).forEach((path, norm) -> {
                double batches = Tensors.item(norm.tensor("num_batches_tracked"));
                assertThat(batches).as(path).isEqualTo(path.startsWith("backbone.") ? 0 : 1);
            });
        }
    }

    @Test
    void floatInputIsFromMinusOneToOne() throws IOException {
        try (Classifier from = classifier()) {
            write(TfliteFiles.of(from, SIDE));
        }
        RgbImage image = new RgbImage(1, 1, new byte[] {0, (byte) 255, 51});
        assertThat(TfliteNetworks.normalize(file).apply(image)).containsExactly(-1, 1, -0.6f);
    }

    private void refused(Consumer<TfliteFiles> change, String... words) throws IOException {
        try (Classifier from = classifier()) {
            TfliteFiles files = TfliteFiles.of(from, SIDE);
            change.accept(files);
            write(files);
        }
        assertThatThrownBy(() -> TfliteNetworks.classifier(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContainingAll(words);
    }

    @Test
    void anotherStructureIsRefusedByName() throws IOException {
        refused(f -> f.setCode(1, TfliteFiles.LSTM), "operator 1", "LSTM");
        refused(f -> f.setCode(f.find(TfliteFiles.POOL, 0), TfliteFiles.LSTM), "LSTM", "AVERAGE_POOL_2D or MEAN");
        refused(f -> f.setCode(f.find(TfliteFiles.ADD, 0), TfliteFiles.LSTM), "LSTM", "ADD of backbone.features.1");
        refused(f -> f.operators.remove(f.find(TfliteFiles.ADD, 0)), "operator 3", "ADD of backbone.features.1");
        refused(f -> f.operators.remove(f.operators.size() - 2), "RESHAPE or SQUEEZE");
        refused(f -> f.setOption(5, 4, (byte) 1), "operator 5", "activation=RELU]", "activation=RELU6]");
        refused(f -> f.setOption(0, 0, (byte) 1), "operator 0", "VALID", "SAME");
        refused(f -> f.setOption(4, 4, 3), "operator 4", "expected equal strides and dilations");
        refused(f -> f.setOption(f.find(TfliteFiles.POOL, 0), 3, 1), "expected the mean of all of it");
        refused(f -> f.setInput(4, 0, 0), "operator 4", "works on tensors");
        refused(f -> f.setInput(f.find(TfliteFiles.ADD, 0), 1, 0), "adds tensors");
        refused(f -> f.setInput(4, 1, 1), "operator 4");
        refused(f -> f.setInput(4, 2, -1), "operator 4", "expected data, weights and bias");
        refused(f -> f.setOption(5, 2, 1), "expected equal strides");
        refused(
                f -> {
                    f.setOption(5, 1, 1);
                    f.setOption(5, 2, 1);
                    f.setOption(1, 1, 2);
                    f.setOption(1, 2, 2);
                },
                "operator 1 ",
                "stride=2",
                "expected a Window[padding=SAME, stride=1");
        refused(f -> f.setOption(0, 1, 64), "operator 0");
        refused(f -> f.operators.subList(1, f.operators.size()).clear(), "1 operators");
    }

    @Test
    void aClassifierIsNoSegmenter() throws IOException {
        try (Classifier from = classifier()) {
            write(TfliteFiles.of(from, SIDE));
        }
        assertThatThrownBy(() -> TfliteNetworks.segmenter(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("is a Classifier, expected a DeepLabV3");
    }

    @Test
    void aSizeThatTheFileCannotHoldIsRefusedBeforeItIsMade() throws IOException {
        refused(f -> f.setShape(f.find(TfliteFiles.CONV, 33), 32_000, 1, 1, 1), "expected at least", "width 100.00");
    }

    @Test
    void turnedBytesAreRefusedOrHarmless() throws IOException {
        byte[] whole;
        try (Classifier from = classifier()) {
            whole = TfliteFiles.of(from, SIDE).bytes();
        }
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 150; i++) {
            byte[] turned = whole.clone();
            // operators stand at the end of the part before the weights
            int at = random.nextInt(turned.length / 8);
            turned[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, turned);
            try (Classifier network = TfliteNetworks.classifier(file)) {
                assertThat(network.parameterCount()).isPositive();
            } catch (InvalidDataException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }
}
