package dev.wsss.models.cam;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** The checkpoints of AffinityNet. */
public final class AffinityNetCheckpoints implements CheckpointFamilies {
    /** AffinityNet on ResNet-38, for {@link AffinityNet} with flat keys. */
    public static final CheckpointFamily AFFINITY_NET = CheckpointFamily.of(
            "affinitynet",
            "AffinityNet on ResNet-38",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "conv1a.weight",
            "b2.conv_branch2a.weight",
            "f8_5.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(AFFINITY_NET);
    }
}
