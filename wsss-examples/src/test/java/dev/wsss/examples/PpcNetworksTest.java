package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.core.runtime.Torch;
import dev.wsss.models.resnet.Backbone;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PpcNetworksTest {
    private static long side(Backbone backbone) {
        try (Scope scope = Scope.open();
                Torch.Mode noGrad = Torch.noGrad()) {
            return backbone.features(Tensors.of(new float[3 * 64 * 64], 1, 3, 64, 64))
                    .c5()
                    .size(3);
        }
    }

    @Test
    void irnsResNet50IsThePublishedOneAndTakesTheSameWeights() {
        try (Backbone cam = PpcNetworks.backbone("resnet50", null);
                Backbone boundary = PpcNetworks.boundaryBackbone("resnet50", null)) {
            assertThat(side(cam)).isEqualTo(64 / 8);
            assertThat(side(boundary)).isEqualTo(64 / 16);
            Set<String> keys = cam.state().keySet();
            assertThat(boundary.state().keySet()).isEqualTo(keys);
        }
        try (Backbone boundary = PpcNetworks.boundaryBackbone("small", null)) {
            assertThat(side(boundary)).isEqualTo(64 / 8);
        }
    }
}
