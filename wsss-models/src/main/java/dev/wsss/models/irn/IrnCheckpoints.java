package dev.wsss.models.irn;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.io.HostArray;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** The checkpoints of IRN: its network, and the classifier that comes before it. */
public final class IrnCheckpoints implements CheckpointFamilies {
    private static final String BLOCK = "layer1.0.conv1.weight";

    /**
     * IRN's network, for {@link IrnNet} on {@link dev.wsss.models.resnet.ResNet}. Its files hold most
     * tensors under several names, and tables of pairs; on export each tensor has one name, so that PyTorch loads such a
     * file with {@code strict=False}.
     */
    public static final CheckpointFamily IRN = CheckpointFamily.of(
            "irn",
            "IRN's boundary and displacement network",
            () -> irn().prefix("", "")
                    .dropTheirs("edge_layers.*")
                    .dropTheirs("dp_layers.*")
                    .dropTheirs("fc_dp7.4.running_mean")
                    .dropTheirs("path_indices*")
                    .dropTheirs("disp_target")
                    .build(),
            "resnet50." + BLOCK,
            "fc_edge1.0.weight",
            "fc_dp7.3.weight");

    /**
     * IRN's classifier, for {@link dev.wsss.models.cam.Classifier#irn}. Its files hold each tensor under several names; on
     * export it has one, so that PyTorch loads such a file with {@code strict=False}.
     */
    public static final CheckpointFamily IRN_CAM = CheckpointFamily.of(
            "irn-cam",
            "IRN's classifier",
            () -> irn().prefix("classifier.", "classifier.")
                    .dropTheirs("newly_added.*")
                    .build(),
            "resnet50." + BLOCK,
            "classifier.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(IRN, IRN_CAM);
    }

    /** IRN names its backbone three times; a mean of displacements is not one of a batch normalization. */
    private static KeyMap.Builder irn() {
        HostArray none = HostArray.ofLongs(new long[1]);
        return KeyMap.builder()
                .prefix("resnet50.", "backbone.")
                .dropTheirs("stage*")
                .dropTheirs("backbone.*")
                .fillOurs("backbone.{*}.num_batches_tracked", "backbone.{*}.running_mean", none);
    }
}
