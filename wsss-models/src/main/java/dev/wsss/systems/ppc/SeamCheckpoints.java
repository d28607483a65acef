package dev.wsss.systems.ppc;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** The checkpoints of SEAM and of what builds on it. */
public final class SeamCheckpoints implements CheckpointFamilies {
    /** SEAM's, PPC's and EPS's networks, for {@link SeamNetwork}. */
    public static final CheckpointFamily SEAM = CheckpointFamily.of(
            "seam",
            "SEAM, PPC or EPS on ResNet-38",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "conv1a.weight",
            "b2.conv_branch2a.weight",
            "fc8.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(SEAM);
    }
}
