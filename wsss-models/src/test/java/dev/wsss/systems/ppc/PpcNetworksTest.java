package dev.wsss.systems.ppc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.nn.Layer;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.backbone.Backbone;
import java.util.Set;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PpcNetworksTest {
    private static long side(Backbone backbone) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            return backbone.features(Tensors.of(new float[3 * 64 * 64], 1, 3, 64, 64))
                    .last()
                    .size(3);
        }
    }

    @Test
    void irnsResNet50IsThePublishedOneAndTakesTheSameWeights() {
        try (Backbone cam = PpcNetworks.backbone(PpcBackbone.RESNET50);
                Backbone boundary = PpcNetworks.boundaryBackbone(PpcBackbone.RESNET50)) {
            assertThat(side(cam)).isEqualTo(64 / 8);
            assertThat(side(boundary)).isEqualTo(64 / 16);
            Set<String> keys = cam.state().keySet();
            assertThat(boundary.state().keySet()).isEqualTo(keys);
        }
        try (Backbone boundary = PpcNetworks.boundaryBackbone(PpcBackbone.SMALL)) {
            assertThat(side(boundary)).isEqualTo(64 / 8);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = PpcRecipe.Head.class,
            names = {"V1", "V2"})
    void aSmallSegmentersStatisticsFollowItsFewSteps(PpcRecipe.Head form) {
        double small = movedStatistics(form, true);
        assertThat(movedStatistics(form, false)).isLessThan(small / 50);
        assertThat(small).isGreaterThan(1e-3);
    }

    /** How far one forward pass moves the least moved running mean of the head. */
    private static double movedStatistics(PpcRecipe.Head form, boolean small) {
        Torch.seed(3);
        Backbone backbone = PpcNetworks.segmenterBackbone(PpcBackbone.SMALL);
        try (Layer network = PpcNetworks.segmenter(form, backbone, 4, small);
                Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            network.train(true);
            network.forward(torch.randn(2, 3, 64, 64));
            return network.state().entrySet().stream()
                    .filter(e ->
                            e.getKey().endsWith("running_mean") && !e.getKey().startsWith("backbone."))
                    .mapToDouble(e -> Tensors.item(e.getValue().abs().max()))
                    .min()
                    .orElseThrow();
        }
    }
}
