package dev.wsss.models.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.image.Normalize;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.core.train.AdamW;
import dev.wsss.core.train.Optimizer;
import dev.wsss.core.train.ParameterGroup;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.mobilenet.MobileNetCheckpoints;
import dev.wsss.models.mobilenet.MobileNetEdgeTpu;
import dev.wsss.models.mobilenet.MobileNetV2;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNetCheckpoints;
import dev.wsss.models.tflite.TfliteFiles;
import dev.wsss.models.tflite.TfliteNetworks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that are trained from a file's weights, and files that have none for them. */
class BackboneStartTest {
    private static final double RATE = 2e-3;
    private static final int[] STRIDES = {2, 4, 8, 16, 16};

    private final Path folder;

    BackboneStartTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private static MobileNetV2 narrow(boolean last) {
        return MobileNetV2.builder()
                .optWidth(0.1)
                .optSamePadding(true)
                .optLastConv(last)
                .build();
    }

    /** A file of a narrow network at stride 32. */
    private Path tflite(Backbone backbone) throws IOException {
        try (Classifier network = new Classifier(backbone, 5, true)) {
            TfliteFiles.fold(network);
            return Files.write(
                    folder.resolve("network.tflite"),
                    TfliteFiles.of(network, 64).bytes());
        }
    }

    private static AffinityNet affinityNet(BackboneStart start) {
        return AffinityNet.builder()
                .setBackbone(start.create())
                .optStride(4)
                .optNormalize(start.normalize())
                .build();
    }

    private static DeepLabV3Plus deepLab(BackboneStart start) {
        return DeepLabV3Plus.builder()
                .setBackbone(start.create())
                .setClasses(3)
                .optAsppRates(0, 1)
                .optWidth(8)
                .build();
    }

    @Test
    void theBackbonesOfAllNetworksAreTheFiles() throws IOException {
        Torch.seed(4);
        Path file = tflite(narrow(true));
        BackboneStart start = BackboneStart.mobileNetV2(file);
        assertThat(start.isPublished()).isTrue();
        assertThat(start.normalize().description().entries())
                .isEqualTo(TfliteNetworks.normalize(file).description().entries())
                .isNotEqualTo(Normalize.IMAGENET.description().entries());
        try (Classifier theirs = TfliteNetworks.classifier(file);
                Classifier classifier = new Classifier(start.create(), 3);
                AffinityNet affinity = affinityNet(start);
                DeepLabV3Plus deepLab = deepLab(start)) {
            for (Backbone backbone : List.of(classifier.backbone(), affinity.backbone(), deepLab.backbone())) {
                assertThat(backbone.fingerprint()).isEqualTo(theirs.backbone().fingerprint());
                assertThat(backbone.strides()).containsExactly(STRIDES);
            }
        }
    }

    /** Weights, buffers and all, as they are now. */
    private static Map<String, float[]> values(Network network) {
        Map<String, float[]> values = new LinkedHashMap<>();
        network.state().forEach((name, tensor) -> values.put(name, Tensors.toFloats(tensor)));
        return values;
    }

    /** A few steps towards logits of ever more than they are. */
    private static void train(BackboneStart start, Network network, int steps) {
        network.train(true);
        try (Optimizer adam = AdamW.builder()
                .setGroups(start.groups(network, 0))
                .setLearningRate(RATE)
                .build()) {
            for (int step = 0; step < steps; step++) {
                try (Scope scope = Scope.open()) {
                    Tensor images = Tensors.of(pixels(step), 2, 3, 32, 32);
                    adam.zeroGrad();
                    ((Classifier) network)
                            .forward(images)
                            .sigmoid()
                            .mean()
                            .neg()
                            .backward();
                    adam.step();
                }
            }
        }
        network.train(false);
    }

    private static float[] pixels(int seed) {
        float[] pixels = new float[2 * 3 * 32 * 32];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) Math.sin(1 + seed + 0.37 * i);
        }
        return pixels;
    }

    /** How far the values of one name lie apart, at most. */
    private static double farthest(Map<String, float[]> before, Map<String, float[]> after, String name) {
        float[] from = Objects.requireNonNull(before.get(name));
        float[] to = Objects.requireNonNull(after.get(name));
        double farthest = 0;
        for (int i = 0; i < from.length; i++) {
            farthest = Math.max(farthest, Math.abs(from[i] - to[i]));
        }
        return farthest;
    }

    @Test
    void trainingMovesWeightsByTheirRatesAndLeavesStatistics() throws IOException {
        Torch.seed(4);
        BackboneStart start = BackboneStart.mobileNetV2(tflite(narrow(true)));
        try (Classifier network = new Classifier(start.create(), 3)) {
            assertThat(start.groups(network, 0))
                    .extracting(ParameterGroup::name)
                    .containsExactly("backbone", "head");
            Map<String, float[]> before = values(network);
            train(start, network, 1);
            Map<String, float[]> after = values(network);
            // a first step of Adam is the learning rate long, and shorter where a gradient is hardly one
            assertThat(farthest(before, after, "classifier.weight")).isCloseTo(RATE, within(1e-5));
            for (String moved : List.of(
                    "backbone.features.0.0.weight",
                    "backbone.features.0.1.weight",
                    "backbone.features.0.1.bias",
                    "backbone.features.18.0.weight")) {
                assertThat(farthest(before, after, moved)).as(moved).isBetween(RATE / 100, RATE / 10 + 1e-6);
            }
            train(start, network, 2);
            values(network).forEach((name, value) -> {
                if (name.contains("running_") || name.contains("num_batches")) {
                    assertThat(value).as(name).isEqualTo(before.get(name));
                }
            });
        }
    }

    @Test
    void oneSeedOneResult() throws IOException {
        BackboneStart start = BackboneStart.mobileNetV2(tflite(narrow(true)));
        assertThat(trained(start, 3)).isEqualTo(trained(start, 3)).isNotEqualTo(trained(start, 4));
        BackboneStart nothing = BackboneStart.fromNothing(() -> narrow(true));
        assertThat(trained(nothing, 3)).isEqualTo(trained(nothing, 3)).isNotEqualTo(trained(nothing, 4));
    }

    private static String trained(BackboneStart start, long seed) {
        Torch.seed(seed);
        try (Classifier network = new Classifier(start.create(), 3)) {
            train(start, network, 2);
            return network.fingerprint();
        }
    }

    @Test
    void torchvisionsWeightsAreOfImageNetsInput() throws IOException {
        Torch.seed(4);
        Path file = folder.resolve("mobilenet_v2.safetensors");
        String fingerprint;
        try (MobileNetV2 network = MobileNetV2.builder().build()) {
            Weights.export(network, file, MobileNetCheckpoints.TORCHVISION_MOBILENET_V2);
            fingerprint = network.fingerprint();
        }
        BackboneStart start = BackboneStart.mobileNetV2(file);
        assertThat(start.normalize()).isSameAs(Normalize.IMAGENET);
        try (Backbone backbone = start.create()) {
            assertThat(backbone.fingerprint()).isEqualTo(fingerprint);
            assertThat(backbone.strides()).containsExactly(STRIDES);
        }
    }

    @Test
    void fromNothingAllLearnAtOneRateByTheBatch() {
        BackboneStart start = BackboneStart.fromNothing(() -> narrow(true));
        assertThat(start.isPublished()).isFalse();
        try (Classifier network = new Classifier(start.create(), 3)) {
            assertThat(start.groups(network, 0))
                    .extracting(ParameterGroup::name)
                    .containsExactly("all");
            train(start, network, 1);
            for (BatchNorm2d norm : network.modules(BatchNorm2d.class).values()) {
                assertThat(Tensors.item(norm.tensor("num_batches_tracked"))).isEqualTo(1);
            }
        }
        try (Backbone full = BackboneStart.mobileNetV2().create()) {
            assertThat(full.channels()).containsExactly(16, 24, 32, 96, 1280);
            assertThat(full.strides()).containsExactly(STRIDES);
        }
    }

    private static void refused(Path file, String... words) {
        assertThatThrownBy(() -> BackboneStart.mobileNetV2(file))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContainingAll(words);
    }

    @Test
    void filesOfOtherNetworksAreRefused() throws IOException {
        Path deepLab = folder.resolve("deeplab.tflite");
        try (DeepLabV3 network = DeepLabV3.builder()
                .setBackbone(narrow(false))
                .setClasses(4)
                .optAsppRates(0)
                .optWidth(6)
                .build()) {
            TfliteFiles.fold(network);
            Files.write(deepLab, TfliteFiles.of(network, 64).bytes());
        }
        refused(deepLab, "DeepLabV3", "expected a Classifier");
        refused(
                tflite(MobileNetEdgeTpu.builder()
                        .optWidth(1 / 24.0)
                        .optSamePadding(true)
                        .build()),
                "on MobileNetEdgeTpu",
                "expected one on MobileNetV2");
        Path resnet = folder.resolve("resnet18.safetensors");
        try (ResNet network = ResNet.builder().setDepth(18).optWidth(8).build()) {
            Weights.export(network, resnet, ResNetCheckpoints.TORCHVISION_RESNET);
        }
        refused(resnet, "expected MobileNetV2 of full width");
        Path half = folder.resolve("half.safetensors");
        try (MobileNetV2 network = MobileNetV2.builder().optWidth(0.5).build()) {
            Weights.export(network, half, MobileNetCheckpoints.TORCHVISION_MOBILENET_V2);
        }
        refused(half, "features.0.0.weight", "expected MobileNetV2 of full width");
        refused(Files.writeString(folder.resolve("text.pth"), "no network"), "unknown format");
        refused(folder.resolve("gone.tflite"), "expected a file, there is nothing");
    }
}
