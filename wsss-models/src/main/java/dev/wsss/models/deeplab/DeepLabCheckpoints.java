package dev.wsss.models.deeplab;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import dev.wsss.models.resnet.ResNetCheckpoints;
import java.util.List;

/** The checkpoints of the DeepLab family. */
public final class DeepLabCheckpoints implements CheckpointFamilies {
    private static final String BLOCK = "layer1.0.conv1.weight";

    /** kazuto1011's DeepLab v2, for {@link MultiScale} of a {@code DeepLabV2}. */
    public static final CheckpointFamily KAZUTO_DEEPLAB = CheckpointFamily.of(
            "kazuto-deeplab",
            "kazuto1011's DeepLab v2 with several scales",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "base.layer1.conv1.conv.weight",
            "base.aspp.c0.weight");

    /**
     * The original DeepLab v2 in Caffe, for {@link MultiScale} of a {@code DeepLabV2} of 101 or
     * 152 layers. Keys are {@code LAYER/BLOB}, as {@link dev.wsss.core.io.Checkpoint} reads a {@code .caffemodel}: {@code conv1/0, bn_conv1/0, res2a_branch1/0,
     * ...}. The shared branches of the other scales are dropped; on export the classifiers are those of VOC, {@code
     * fc1_voc12_c0}.
     */
    public static final CheckpointFamily CAFFE_DEEPLAB = CheckpointFamily.of(
            "caffe-deeplab",
            "the Caffe model of DeepLab v2",
            () -> ResNetCheckpoints.caffe(KeyMap.builder(), "base.")
                    .rename("fc1_voc12_c{1}/0", "base.aspp.c{1}.weight")
                    .rename("fc1_voc12_c{1}/1", "base.aspp.c{1}.bias")
                    .dropTheirs("*res075*")
                    .dropTheirs("*res05*")
                    .build(),
            "conv1/0",
            "res2a_branch1/0",
            "fc1_voc12_c0/0");

    /** The segmentation networks of wseg on ResNet-38: {@link DeepLabV1}. */
    public static final CheckpointFamily WSEG_DEEPLAB38 = CheckpointFamily.of(
            "wseg-deeplab38",
            "wseg's DeepLab on ResNet-38",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "backbone.conv1a.weight",
            "cls_conv.weight");

    /** The segmentation networks of wseg, on which PPC builds: DeepLab in {@link Form#WSEG}. */
    public static final CheckpointFamily WSEG_DEEPLAB = CheckpointFamily.of(
            "wseg-deeplab",
            "wseg's DeepLab",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "backbone." + BLOCK,
            "cls_conv.weight");

    /** The segmentation networks of DHR: DeepLab v3+ in {@link Form#DHR}. */
    public static final CheckpointFamily DHR_DEEPLAB = CheckpointFamily.of(
            "dhr-deeplab",
            "DHR's DeepLab v3+",
            () -> CheckpointFamily.batches(KeyMap.builder()).prefix("", "").build(),
            "model.conv1.weight",
            "seg_decoder.classifier.weight");

    /**
     * The segmentors of CARB, for {@link TextDeepLab}. Their copy of CLIP's image tower and their count of steps are
     * dropped.
     */
    public static final CheckpointFamily CARB_DEEPLAB = CheckpointFamily.of(
            "carb-deeplab",
            "CARB's DeepLab v2 with text embeddings",
            () -> CheckpointFamily.batches(KeyMap.builder())
                    .prefix("", "")
                    .dropTheirs("decode_head.clip.*")
                    .dropTheirs("decode_head.proj.weight")
                    .dropTheirs("decode_head._iter_counter")
                    .build(),
            "decode_head.text_embeddings",
            "decode_head.decode_module.aspp_modules.0.conv.weight",
            "decode_head.decode_module.aspp_modules.0.bn.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(KAZUTO_DEEPLAB, CAFFE_DEEPLAB, WSEG_DEEPLAB38, WSEG_DEEPLAB, DHR_DEEPLAB, CARB_DEEPLAB);
    }
}
