package dev.wsss.models.cam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.resnet.ResNet;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ClassifierTest {
    private static ResNet backbone() {
        return ResNet.builder().setDepth(18).optWidth(4).optOutputStride(16).build();
    }

    private static Tensor images() {
        float[] values = new float[2 * 3 * 48 * 32];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i);
        }
        return Tensors.of(values, 2, 3, 48, 32);
    }

    @Test
    void meanOfTheMapsIsTheLogit() {
        Torch.seed(5);
        try (Classifier net = new Classifier(backbone(), 6);
                Scope scope = Scope.open()) {
            net.train(false);
            FeaturePyramid f = net.features(images());
            Tensor maps = net.activations(f);
            assertThat(Tensors.shape(maps)).containsExactly(2, 6, 3, 2);
            float[] mean = Tensors.toFloats(Ops.globalAverage(maps));
            float[] logits = Tensors.toFloats(net.logits(f));
            assertThat(logits).hasSize(12);
            for (int i = 0; i < 12; i++) {
                assertThat(logits[i]).isCloseTo(mean[i], within(1e-5f));
            }
            assertThat(Tensors.toFloats(net.forward(images()))).containsExactly(logits);
            assertThat(Tensors.toFloats(net.activations(images()))).containsExactly(Tensors.toFloats(maps));
        }
    }

    @Test
    void everyParameterTrains() {
        try (Classifier net = new Classifier(backbone(), 3);
                Scope scope = Scope.open()) {
            net.forward(images()).sum().backward();
            assertThat(net.parameters())
                    .containsKey("classifier.weight")
                    .allSatisfy((name, p) -> assertThat(p.grad().defined()).isTrue());
        }
    }

    @Test
    void ofIrnsTheLastTwoGroupsTrain() {
        ResNet backbone = ResNet.builder()
                .setDepth(18)
                .optWidth(4)
                .optLayerStrides(1, 2, 2, 1)
                .build();
        try (Classifier net = Classifier.irn(backbone, 3);
                Scope scope = Scope.open()) {
            net.train(true);
            float[] statistics = Tensors.toFloats(net.tensor("backbone.layer4.0.bn1.running_mean"));
            Tensor maps = net.activations(images());
            assertThat(Tensors.shape(maps)).containsExactly(2, 3, 3, 2);
            net.forward(images()).sum().backward();
            net.parameters().forEach((name, p) -> assertThat(p.grad().defined())
                    .as(name)
                    .isEqualTo(name.matches("backbone\\.layer[34]\\..*|classifier.weight")));
            assertThat(Tensors.toFloats(net.tensor("backbone.layer4.0.bn1.running_mean")))
                    .containsExactly(statistics);
        }
    }

    @Test
    void noTagIsRefused() {
        try (ResNet backbone = backbone()) {
            assertThatThrownBy(() -> new Classifier(backbone, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got 0");
        }
    }

    @Test
    void aBiasIsInMapsAndLogits() {
        try (Classifier net = new Classifier(backbone(), 6, true);
                Scope scope = Scope.open()) {
            net.train(false);
            FeaturePyramid f = net.features(images());
            float[] mean = Tensors.toFloats(Ops.globalAverage(net.activations(f)));
            float[] logits = Tensors.toFloats(net.logits(f));
            for (int i = 0; i < 12; i++) {
                assertThat(logits[i]).isCloseTo(mean[i], within(1e-5f));
            }
            net.tensor("classifier.bias").data().add_(new Scalar(1.0));
            float[] moved = Tensors.toFloats(net.logits(f));
            for (int i = 0; i < 12; i++) {
                assertThat(moved[i] - logits[i]).isCloseTo(1, within(1e-5f));
            }
        }
    }

    @Test
    void imageNetsNamesAreInOrder() {
        assertThat(ImageNetClasses.names()).hasSize(1000).startsWith("tench, Tinca tinca");
        assertThat(ImageNetClasses.names().get(999)).isEqualTo("toilet tissue, toilet paper, bathroom tissue");
        assertThat(ImageNetClasses.namesOf(1001)).hasSize(1001).startsWith("background", "tench, Tinca tinca");
        assertThat(ImageNetClasses.namesOf(1000).get(285)).isEqualTo("Egyptian cat");
        assertThatThrownBy(() -> ImageNetClasses.namesOf(20)).hasMessageContaining("got 20");
    }
}
