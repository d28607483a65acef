package dev.wsss.systems.dhr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.nn.LoadReport;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.checkpoint.Weights;
import dev.wsss.models.deeplab.DeepLabCheckpoints;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.resnet.ResNet38;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DhrNetworkTest {
    @TempDir
    private Path folder;

    private static DhrNetwork small(long seed) {
        Torch.seed(seed);
        return DhrNetwork.builder()
                .setBackbone(DhrNetwork.resNet(50, 2))
                .setClasses(4)
                .setTags(3)
                .optAsppRates(0, 1, 2)
                .optWidth(4, 3)
                .build();
    }

    private static long parameters(Network net) {
        return net.parameters().values().stream().mapToLong(Tensor::numel).sum();
    }

    @Test
    void ofVocItHasThePublishedNumberOfParameters() {
        try (DhrNetwork net = DhrNetwork.builder()
                .setBackbone(DhrNetwork.resNet(101))
                .setClasses(21)
                .setTags(20)
                .build()) {
            assertThat(parameters(net)).isEqualTo(59_385_248);
        }
    }

    @Test
    void mapsHaveThePublishedStrides() {
        try (DhrNetwork net = small(1);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            net.train(false);
            Tensor images = Tensors.of(new float[2 * 3 * 64 * 64], 2, 3, 64, 64);
            DhrNetwork.Maps maps = net.maps(images);
            assertThat(Tensors.shape(maps.logits())).containsExactly(2, 4, 16, 16);
            assertThat(Tensors.shape(maps.cams())).containsExactly(2, 3, 4, 4);
            assertThat(maps.levels().stream().map(t -> List.of(t.size(1), t.size(2), t.size(3))))
                    .containsExactly(List.of(32L, 8L, 8L), List.of(64L, 8L, 8L));
            assertThat(Tensors.toFloats(net.forward(images))).isEqualTo(Tensors.toFloats(maps.logits()));
            assertThat(Tensors.toFloats(net.cams(images))).isEqualTo(Tensors.toFloats(maps.cams()));
        }
    }

    @Test
    void theWideBackboneStartsBareAndFrozen() {
        try (ResNet38 wide = DhrNetwork.wideResNet()) {
            assertThat(wide.channels()).containsExactly(128, 256, 512, 1024, 4096);
            assertThat(wide.tensor("conv1a.weight").requires_grad()).isFalse();
            assertThat(wide.tensor("bn7.weight").requires_grad()).isFalse();
            assertThat(wide.tensor("b2.conv_branch2a.weight").requires_grad()).isTrue();
        }
        Tensor images = Tensors.of(waves(32), 1, 3, 32, 32);
        try (ResNet38 bare = ResNet38.builder().optWidth(4).optBareMaps(2).build();
                ResNet38 plain = ResNet38.builder().optWidth(4).build();
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            plain.load(bare.stateDict());
            bare.train(false);
            plain.train(false);
            List<Tensor> a = bare.features(images).maps();
            List<Tensor> b = plain.features(images).maps();
            for (int i = 0; i < a.size(); i++) {
                assertThat(Tensors.toFloats(a.get(i)).length).isEqualTo(Tensors.toFloats(b.get(i)).length);
                boolean negative = Tensors.item(a.get(i).min()) < 0;
                assertThat(negative).as("map " + i).isEqualTo(i < 2);
                if (i >= 2) {
                    assertThat(Tensors.toFloats(a.get(i))).isEqualTo(Tensors.toFloats(b.get(i)));
                }
            }
        } finally {
            images.close();
        }
        assertThatThrownBy(() -> ResNet38.builder().optBareMaps(5)).hasMessageContaining("0..4");
    }

    private static float[] waves(int side) {
        float[] v = new float[3 * side * side];
        for (int i = 0; i < v.length; i++) {
            v[i] = (float) Math.sin(0.37 * i);
        }
        return v;
    }

    @Test
    void aPlainSegmenterLeavesTheTagsAndNothingElse() {
        Path file = folder.resolve("last.pth");
        try (DhrNetwork net = small(1);
                DhrNetwork again = small(2);
                DeepLabV3Plus plain = DeepLabV3Plus.builder()
                        .setBackbone(DhrNetwork.resNet(50, 2))
                        .setClasses(4)
                        .optAsppRates(0, 1, 2)
                        .optWidth(4)
                        .optLowLevel(3, 1)
                        .build()) {
            Weights.export(net, file, DeepLabCheckpoints.DHR_DEEPLAB);
            Weights.load(again, file);
            assertThat(again.fingerprint()).isEqualTo(net.fingerprint());
            assertThatThrownBy(() -> Weights.load(plain, file))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("classifier.weight");
            LoadReport report = Weights.load(plain, file, DhrNetwork.SEGMENTER_ALONE);
            assertThat(report.loaded()).hasSize(net.state().size() - 1);
        }
        try (DhrNetwork net = small(1);
                DeepLabV3Plus narrow = DeepLabV3Plus.builder()
                        .setBackbone(DhrNetwork.resNet(50, 2))
                        .setClasses(4)
                        .optAsppRates(0, 1)
                        .optWidth(4)
                        .optLowLevel(3, 1)
                        .build()) {
            assertThatThrownBy(() -> Weights.load(narrow, file, DhrNetwork.SEGMENTER_ALONE))
                    .isInstanceOf(InvalidDataException.class);
            assertThat(net.state()).containsKey("classifier.weight");
        }
    }

    @Test
    void whatLacksIsSaid() {
        assertThatThrownBy(() -> DhrNetwork.builder().build()).hasMessage("setBackbone is required");
        assertThatThrownBy(() -> DhrNetwork.builder().setClasses(1)).hasMessageContaining("2 to 255");
        assertThatThrownBy(() -> DhrNetwork.builder().setTags(0)).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> new DhrInference(List.of(), true)).hasMessageContaining("[]");
        assertThatThrownBy(() -> new DhrInference(List.of(1.0, 0.0), true)).hasMessageContaining("0.0");
    }
}
