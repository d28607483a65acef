package dev.wsss.systems.cdl;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** The checkpoints of CDL. */
public final class CdlCheckpoints implements CheckpointFamilies {
    /** The published code's networks, both of them, for {@link CdlNetwork}. */
    public static final CheckpointFamily CDL = CheckpointFamily.of(
            "cdl",
            "CDL on DeepLab v2",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "base.layer1.conv1.conv.weight",
            "base.aspp.c0.weight",
            "base.aspp_2nd.c0.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(CDL);
    }
}
