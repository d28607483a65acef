package dev.wsss.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.LayerNorm;
import dev.wsss.core.nn.LayerNorm2d;
import dev.wsss.core.nn.MultiHeadAttention;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.deeplab.DeepLabV1;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.irn.IrnNet;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class BackboneTest {
    /** Patches of 16 x 16 and one layer of attention: the outline of a vision transformer. */
    private static final class Plain extends Backbone {
        private final Conv2d patches =
                child("patch_embed.proj", Conv2d.builder(3, 8, 16).optStride(16).build());
        private final MultiHeadAttention attention = child(
                "attn", MultiHeadAttention.builder().setWidth(8).setHeads(2).build());
        private final LayerNorm norm = child("norm", new LayerNorm(8));

        @Override
        public FeaturePyramid features(Tensor images) {
            try (Scope scope = Scope.open()) {
                Tensor x = patches.forward(images);
                Tensor tokens = x.flatten(2, 3).transpose(1, 2);
                Tensor y = norm.forward(tokens.add(attention.forward(tokens)));
                Tensor map = y.transpose(1, 2).reshape(x.size(0), 8, x.size(2), x.size(3));
                return FeaturePyramid.of(strides(), scope.keep(map));
            }
        }

        @Override
        public int[] channels() {
            return new int[] {8};
        }

        @Override
        public int[] strides() {
            return new int[] {16};
        }
    }

    /** Maps that halve and widen, stage by stage: the outline of a Swin transformer. */
    private static final class Staged extends Backbone {
        private final List<Conv2d> stages = new ArrayList<>();
        private final List<LayerNorm2d> norms = new ArrayList<>();

        Staged() {
            int in = 3;
            for (int i = 0; i < 4; i++) {
                int kernel = i == 0 ? 4 : 2;
                int out = 4 << i;
                stages.add(child(
                        "stage" + i,
                        Conv2d.builder(in, out, kernel).optStride(kernel).build()));
                norms.add(child("norm" + i, new LayerNorm2d(out)));
                in = out;
            }
        }

        @Override
        public FeaturePyramid features(Tensor images) {
            try (Scope scope = Scope.open()) {
                Tensor[] maps = new Tensor[4];
                Tensor x = images;
                for (int i = 0; i < 4; i++) {
                    x = stages.get(i).forward(x);
                    maps[i] = scope.keep(norms.get(i).forward(x));
                }
                return FeaturePyramid.of(strides(), maps);
            }
        }

        @Override
        public int[] channels() {
            return new int[] {4, 8, 16, 32};
        }

        @Override
        public int[] strides() {
            return new int[] {4, 8, 16, 32};
        }
    }

    private static void assertMapsAreAsDeclared(Backbone backbone) {
        try (backbone;
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            backbone.train(false);
            FeaturePyramid maps = backbone.features(torch.randn(1, 3, 64, 96));
            assertThat(maps.strides()).isEqualTo(backbone.strides());
            for (int i = 0; i < maps.maps().size(); i++) {
                int stride = backbone.strides()[i];
                assertThat(Tensors.shape(maps.maps().get(i)))
                        .containsExactly(1, backbone.channels()[i], 64 / stride, 96 / stride);
                assertThat(maps.at(stride).size(1)).isEqualTo(backbone.channelsAt(stride));
            }
            assertThat(maps.last().size(1)).isEqualTo(backbone.outChannels());
        }
    }

    @Test
    void everyKindOfNetworkIsAPyramid() {
        assertMapsAreAsDeclared(new Plain());
        assertMapsAreAsDeclared(new Staged());
        assertMapsAreAsDeclared(
                ResNet.builder().setDepth(18).optWidth(2).optOutputStride(16).build());
        assertMapsAreAsDeclared(ResNet.builder()
                .setDepth(50)
                .optWidth(2)
                .optLayerStrides(1, 2, 2, 1)
                .build());
        assertMapsAreAsDeclared(CaffeResNet.builder()
                .optBlocks(1, 1, 1, 1)
                .optWidth(2)
                .optCeilPool(false)
                .build());
        assertMapsAreAsDeclared(ResNet38.builder().optWidth(1).build());
    }

    @Test
    void ofSeveralMapsOfAStrideTheDeepestIsGiven() {
        try (Scope scope = Scope.open()) {
            Tensor[] maps = {torch.randn(1), torch.randn(1), torch.randn(1)};
            FeaturePyramid pyramid = FeaturePyramid.of(new int[] {4, 4, 8}, maps);
            assertThat(pyramid.at(4)).isSameAs(maps[1]);
            assertThat(pyramid.last()).isSameAs(pyramid.at(8));
            assertThatThrownBy(() -> pyramid.at(16))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the backbone has no map of stride 16; there are [4, 4, 8]");
            assertThatThrownBy(() -> FeaturePyramid.of(new int[] {8, 4}, maps[0], maps[1]))
                    .hasMessage("strides must ascend from 1, got [8, 4]");
            assertThatThrownBy(() -> FeaturePyramid.of(new int[] {8}, maps)).hasMessageContaining("for 3 maps");
        }
    }

    @Test
    void headsTakeAnyNetworkThatHasTheirStrides() {
        try (DeepLabV1 one = DeepLabV1.builder()
                        .setBackbone(new Plain())
                        .setClasses(3)
                        .optWidth(4)
                        .build();
                DeepLabV3Plus two = DeepLabV3Plus.builder()
                        .setBackbone(new Staged())
                        .setClasses(3)
                        .optWidth(4)
                        .build();
                Classifier tags = new Classifier(new Plain(), 5);
                Scope scope = Scope.open()) {
            Tensor images = torch.randn(2, 3, 64, 96);
            assertThat(Tensors.shape(one.forward(images))).containsExactly(2, 3, 4, 6);
            assertThat(Tensors.shape(two.forward(images))).containsExactly(2, 3, 16, 24);
            assertThat(Tensors.shape(tags.activations(images))).containsExactly(2, 5, 4, 6);
        }
    }

    @Test
    void aHeadRefusesANetworkWithoutItsStrides() {
        try (Plain plain = new Plain()) {
            assertThatThrownBy(() -> DeepLabV3Plus.builder()
                            .setBackbone(plain)
                            .setClasses(3)
                            .build())
                    .hasMessage("the backbone has no map of stride 4; there are [16]");
            assertThatThrownBy(() -> IrnNet.builder().setBackbone(plain).build())
                    .hasMessage("expected a backbone of 5 maps, got Plain with maps of strides [16]");
            assertThatThrownBy(() -> AffinityNet.builder().setBackbone(plain).build())
                    .hasMessageContaining("expected a backbone of 5 maps");
        }
    }

    @Test
    void dilationsShowInTheArchitecture() {
        try (ResNet first = ResNet.builder()
                        .setDepth(18)
                        .optWidth(2)
                        .optOutputStride(8)
                        .build();
                ResNet second = ResNet.builder()
                        .setDepth(18)
                        .optWidth(2)
                        .optOutputStride(16)
                        .build()) {
            assertThat(first.stateDict().keySet()).isEqualTo(second.stateDict().keySet());
            assertThat(first.architecture()).isNotEqualTo(second.architecture());
        }
    }
}
