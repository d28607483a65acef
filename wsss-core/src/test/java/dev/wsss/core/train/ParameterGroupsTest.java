package dev.wsss.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.core.train.TinyTask.Net;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParameterGroupsTest {
    @Test
    void splitsByName() {
        try (Net net = Net.seeded(4, 0)) {
            List<ParameterGroup> groups = ParameterGroups.of(net)
                    .group("head", n -> n.startsWith("head."), 10, 5e-4)
                    .group("stem", List.of("stem.weight"), 2, 0)
                    .rest("others", 1, 1e-4)
                    .build();
            assertThat(groups).extracting(ParameterGroup::name).containsExactly("head", "stem", "others");
            assertThat(groups.get(0).parameters()).containsOnlyKeys("head.weight", "head.bias");
            assertThat(groups.get(2).parameters()).containsOnlyKeys("norm.weight", "norm.bias");
            assertThat(groups.get(0).rateMultiplier()).isEqualTo(10);
            assertThat(ParameterGroups.of(net)
                            .group("all", n -> true, 1, 0)
                            .rest("none", 1, 0)
                            .build())
                    .hasSize(1);
            assertThat(ParameterGroups.of(net)
                            .group("head", n -> n.startsWith("head."), 1, 0)
                            .optDropRest()
                            .build())
                    .hasSize(1);
        }
    }

    @Test
    void refusesByName() {
        try (Net net = Net.seeded(4, 0)) {
            assertThatThrownBy(() -> ParameterGroups.of(net)
                            .group("head", n -> n.startsWith("head."), 1, 0)
                            .group("weights", n -> n.endsWith("weight"), 1, 0)
                            .rest("rest", 1, 0)
                            .build())
                    .hasMessageContaining("'head.weight' is in two groups, 'head' and 'weights'");
            assertThatThrownBy(() -> ParameterGroups.of(net)
                            .group("head", n -> n.startsWith("head."), 1, 0)
                            .build())
                    .hasMessageContaining("'stem.weight' is in none");
            assertThatThrownBy(() -> ParameterGroups.of(net)
                            .group("typo", n -> n.startsWith("haed."), 1, 0)
                            .rest("rest", 1, 0)
                            .build())
                    .hasMessageContaining("'typo' matches no parameter");
            assertThatThrownBy(() -> ParameterGroups.of(net).group("x", List.of("fc.weight"), 1, 0))
                    .hasMessageContaining("fc.weight");
            assertThatThrownBy(() -> ParameterGroups.all(net, -1)).hasMessageContaining("weight decay");
        }
    }
}
