package dev.wsss.models.deeplab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.api.LabelMap;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.ComputeDevice;
import dev.wsss.core.runtime.LabelTensors;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.maskclip.TextClassifier;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.ResNet;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DeepLabTest {
    private static final int CLASSES = 4;

    private static ResNet resnet(int depth) {
        return ResNet.builder().setDepth(depth).optWidth(4).optOutputStride(8).build();
    }

    private static CaffeResNet caffe() {
        return CaffeResNet.builder().optBlocks(1, 1, 1, 1).optWidth(4).build();
    }

    private static Tensor images(int n, int h, int w) {
        float[] values = new float[n * 3 * h * w];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.cos(0.37 * i);
        }
        return Tensors.of(values, n, 3, h, w);
    }

    static Stream<Arguments> networks() {
        return Stream.of(
                Arguments.of(
                        DeepLabV1.builder()
                                .setBackbone(resnet(18))
                                .setClasses(CLASSES)
                                .optWidth(8)
                                .build(),
                        8),
                Arguments.of(new DeepLabV2(caffe(), CLASSES, 6, 12), 8),
                Arguments.of(new DeepLabV2(resnet(18), CLASSES, 6, 12), 8),
                Arguments.of(
                        DeepLabV3.builder()
                                .setBackbone(resnet(50))
                                .setClasses(CLASSES)
                                .optWidth(8)
                                .build(),
                        8),
                Arguments.of(
                        DeepLabV3Plus.builder()
                                .setBackbone(resnet(18))
                                .setClasses(CLASSES)
                                .optWidth(8)
                                .build(),
                        4),
                Arguments.of(
                        DeepLabV3Plus.builder()
                                .optForm(Form.WSEG)
                                .setBackbone(resnet(50))
                                .setClasses(CLASSES)
                                .optAsppRates(0, 3)
                                .optImagePooling(false)
                                .optWidth(8)
                                .build(),
                        4),
                Arguments.of(text(TextClassifier.Score.DOT, 0, 2), 8),
                Arguments.of(text(TextClassifier.Score.COSINE, 3), 8));
    }

    private static TextDeepLab text(TextClassifier.Score score, int... rates) {
        float[] embeddings = new float[CLASSES * 8];
        for (int i = 0; i < embeddings.length; i++) {
            embeddings[i] = (float) Math.sin(1 + i);
        }
        return TextDeepLab.builder()
                .setBackbone(resnet(18))
                .setTextEmbeddings(HostArray.ofFloats(embeddings, CLASSES, 8))
                .optAsppRates(rates)
                .optScore(score)
                .build();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void scoresEveryClassAndTrainsEveryParameter(Layer network, int stride) {
        try (network;
                Scope scope = Scope.open()) {
            Tensor logits = network.forward(images(2, 48, 64));
            assertThat(logits.size(0)).isEqualTo(2);
            assertThat(logits.size(1)).isEqualTo(CLASSES);
            assertThat((double) logits.size(2)).isCloseTo(48.0 / stride, within(1.0));
            assertThat((double) logits.size(3)).isCloseTo(64.0 / stride, within(1.0));
            logits.mul(logits).sum().backward();
            assertThat(network.parameters())
                    .allSatisfy((name, p) -> assertThat(p.grad().defined()).isTrue());
        }
    }

    @Test
    void headsShareOneBackbonePass() {
        try (DeepLabV3Plus net = DeepLabV3Plus.builder()
                        .setBackbone(resnet(18))
                        .setClasses(CLASSES)
                        .optWidth(8)
                        .optTagClassifier(3, 0.5)
                        .build();
                DeepLabV3Plus plain = DeepLabV3Plus.builder()
                        .setBackbone(resnet(18))
                        .setClasses(CLASSES)
                        .optWidth(8)
                        .build();
                Scope scope = Scope.open()) {
            net.train(false);
            FeaturePyramid f = net.features(images(1, 48, 64));
            assertThat(Tensors.shape(net.cams(f))).containsExactly(1, 3, 3, 4);
            assertThat(Tensors.toFloats(net.logits(f)))
                    .containsExactly(Tensors.toFloats(net.forward(images(1, 48, 64))));
            plain.train(false);
            plain.loadPartial(net.stateDict(), List.of(), List.of("classifier."));
            assertThat(Tensors.toFloats(plain.forward(images(1, 48, 64))))
                    .containsExactly(Tensors.toFloats(net.logits(f)));
            assertThatThrownBy(() -> plain.cams(f)).hasMessageContaining("optTagClassifier");
        }
    }

    @Test
    void pyramidEndsWithTheLargestLogits() {
        try (MultiScale net = MultiScale.builder()
                        .setBase(new DeepLabV2(caffe(), CLASSES, 2))
                        .optScales(0.5, 1.5)
                        .build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            List<Tensor> all = net.pyramid(images(1, 65, 65));
            assertThat(all).hasSize(4);
            assertThat(all.stream().map(t -> t.size(2))).containsExactly(9L, 5L, 13L, 9L);
            assertThat(Tensors.toFloats(net.forward(images(1, 65, 65)))).containsExactly(Tensors.toFloats(all.get(3)));
            float[] one = Tensors.toFloats(all.get(0));
            float[] max = Tensors.toFloats(all.get(3));
            for (int i = 0; i < one.length; i++) {
                assertThat(max[i]).isGreaterThanOrEqualTo(one[i]);
            }
        }
    }

    @Test
    void lossIsTheSumOfMeansOverLabelledPixels() {
        try (Scope scope = Scope.open()) {
            Tensor uniform = Tensors.of(new float[2 * 4 * 4], 1, 2, 4, 4);
            Tensor small = Tensors.of(new float[2 * 2 * 2], 1, 2, 2, 2);
            byte[] labels = new byte[16];
            Arrays.fill(labels, 0, 7, (byte) LabelMap.IGNORE);
            double loss = Tensors.item(MultiScale.loss(List.of(uniform, small, uniform), tensor(labels)));
            assertThat(loss).isCloseTo(3 * Math.log(2), within(1e-6));

            Arrays.fill(labels, (byte) LabelMap.IGNORE);
            assertThat(Tensors.item(MultiScale.loss(List.of(uniform), tensor(labels))))
                    .isZero();
        }
    }

    private static Tensor tensor(byte[] labels) {
        return LabelTensors.of(List.of(LabelMap.of(4, 4, labels)), ComputeDevice.CPU);
    }

    @Test
    void textEmbeddingsAreSavedAndDoNotTrain() {
        try (TextDeepLab net = text(TextClassifier.Score.DOT, 2);
                TextDeepLab copy = TextDeepLab.builder()
                        .setBackbone(resnet(18))
                        .setTextEmbeddings(HostArray.ofFloats(new float[CLASSES * 8], CLASSES, 8))
                        .optAsppRates(2)
                        .build();
                Scope scope = Scope.open()) {
            assertThat(net.classes()).isEqualTo(CLASSES);
            assertThat(net.state()).containsKey("decode_head.text_embeddings");
            assertThat(net.parameters()).doesNotContainKey("decode_head.text_embeddings");
            copy.load(net.stateDict());
            net.train(false);
            copy.train(false);
            assertThat(Tensors.toFloats(copy.forward(images(1, 48, 64))))
                    .containsExactly(Tensors.toFloats(net.forward(images(1, 48, 64))));
        }
    }

    @Test
    void cosinesLieBetweenTheEmbeddingsLengths() {
        try (TextClassifier classifier = new TextClassifier(
                        HostArray.ofFloats(new float[] {1, 0, 0, 1}, 2, 2), TextClassifier.Score.COSINE);
                Scope scope = Scope.open()) {
            Tensor features = Tensors.of(new float[] {3, 0, 4, 0}, 1, 2, 1, 2).requires_grad_(true);
            Tensor scores = classifier.forward(features);
            assertThat(Tensors.toFloats(scores)).containsExactly(new float[] {0.6f, 0, 0.8f, 0}, within(1e-6f));
            // a feature of length 0 has a gradient, and no NaN
            scores.sum().backward();
            assertThat(Tensors.item(features.grad().isfinite().all())).isEqualTo(1);
        }
    }

    @Test
    void embeddingsThatAreNoneAreRefused() {
        TextClassifier.Score dot = TextClassifier.Score.DOT;
        assertThatThrownBy(() -> new TextClassifier(HostArray.ofFloats(new float[4], 4), dot))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[classes][width]");
        assertThatThrownBy(() -> new TextClassifier(HostArray.ofLongs(new long[4], 2, 2), dot))
                .hasMessageContaining("floating point");
        assertThatThrownBy(() -> new TextClassifier(HostArray.ofFloats(new float[] {1, Float.NaN, 0, 1}, 2, 2), dot))
                .hasMessageContaining("got 1 of 4");
        try (ResNet backbone = resnet(18)) {
            assertThatThrownBy(() -> TextDeepLab.builder().setBackbone(backbone).build())
                    .hasMessage("setTextEmbeddings is required");
        }
    }

    @Test
    void missingSettingsAreNamed() {
        assertThatThrownBy(() -> DeepLabV3Plus.builder().setClasses(2).build()).hasMessageContaining("setBackbone");
        try (ResNet backbone = resnet(18)) {
            assertThatThrownBy(
                            () -> DeepLabV3Plus.builder().setBackbone(backbone).build())
                    .hasMessageContaining("setClasses");
            assertThatThrownBy(() -> DeepLabV3.builder()
                            .setBackbone(backbone)
                            .setClasses(2)
                            .optAsppRates(-1)
                            .build())
                    .hasMessageContaining("[-1]");
        }
    }
}
