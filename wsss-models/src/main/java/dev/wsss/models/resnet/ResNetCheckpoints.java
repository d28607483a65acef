package dev.wsss.models.resnet;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** The checkpoints of residual networks. */
public final class ResNetCheckpoints implements CheckpointFamilies {
    private static final String BLOCK = "layer1.0.conv1.weight";

    /**
     * torchvision's ResNet, for {@link ResNet} with a 7x7 stem. The classifier {@code fc} is
     * dropped; files from before {@code num_batches_tracked} existed get it.
     */
    public static final CheckpointFamily TORCHVISION_RESNET = CheckpointFamily.of(
            "torchvision-resnet",
            "torchvision's ResNet",
            () -> CheckpointFamily.withoutClassifier("fc."),
            "conv1.weight",
            BLOCK);

    /**
     * The Res2Net of its authors, and timm's, for {@link Res2Net}. The classifier {@code fc} is dropped; files from before
     * {@code num_batches_tracked} existed get it.
     */
    public static final CheckpointFamily RES2NET = CheckpointFamily.of(
            "res2net",
            "the authors' Res2Net",
            () -> CheckpointFamily.withoutClassifier("fc."),
            "conv1.weight",
            BLOCK,
            "layer1.0.convs.0.weight");

    /** PyTorch-Encoding's ResNet, for {@link ResNet} with the stem of 64, 64, 128 channels. */
    public static final CheckpointFamily ENCODING_RESNET = CheckpointFamily.of(
            "encoding-resnet",
            "PyTorch-Encoding's deep-stem ResNet",
            () -> CheckpointFamily.withoutClassifier("fc."),
            "conv1.0.weight",
            BLOCK);

    /** The ResNetV1c of mmsegmentation, for {@link ResNet} with the stem of 32, 32, 64 channels. */
    public static final CheckpointFamily MMSEG_RESNET = CheckpointFamily.of(
            "mmseg-resnet",
            "mmsegmentation's ResNetV1c",
            () -> CheckpointFamily.withoutClassifier("fc.", "head.fc."),
            "stem.0.weight",
            "stem.7.weight",
            BLOCK);

    /**
     * The backbone within a segmentor of mmsegmentation, such as CARB's, for {@link ResNet}; its
     * heads are dropped.
     */
    public static final CheckpointFamily MMSEG_BACKBONE = CheckpointFamily.of(
            "mmseg-backbone",
            "the ResNetV1c backbone of an mmsegmentation segmentor",
            () -> CheckpointFamily.batches(KeyMap.builder())
                    .prefix("backbone.", "")
                    .dropTheirs("decode_head.*")
                    .dropTheirs("auxiliary_head.*")
                    .build(),
            "backbone.stem.0.weight",
            "backbone." + BLOCK);

    /**
     * kazuto1011's ResNet and "DeepLab v1", which holds the COCO weights that DeepLab v2 starts from, for {@link
     * dev.wsss.models.resnet.CaffeResNet}. The classifier {@code fc} is dropped.
     */
    public static final CheckpointFamily KAZUTO_RESNET = CheckpointFamily.of(
            "kazuto-resnet",
            "kazuto1011's ResNet",
            () -> CheckpointFamily.withoutClassifier("fc."),
            "layer1.conv1.conv.weight",
            "layer2.block1.reduce.conv.weight");

    /**
     * The Caffe ResNet of 101 or 152 layers, for {@link CaffeResNet}; keys as {@link
     * dev.wsss.models.deeplab.DeepLabCheckpoints#CAFFE_DEEPLAB}. Any classifier {@code fc...} is dropped.
     */
    public static final CheckpointFamily CAFFE_RESNET = CheckpointFamily.of(
            "caffe-resnet",
            "the Caffe model of ResNet",
            () -> CaffeKeys.add(KeyMap.builder(), "").dropTheirs("fc*").build(),
            "conv1/0",
            CaffeKeys.BLOCK);

    /**
     * "Model A1" in MXNet's {@code .params}, the ImageNet weights that AffinityNet, SEAM, EPS and PPC start from, for {@link
     * dev.wsss.models.resnet.ResNet38}. The classifier {@code linear1000} is dropped.
     */
    public static final CheckpointFamily MXNET_RESNET38 = CheckpointFamily.of(
            "mxnet-resnet38",
            "the MXNet model of ResNet-38",
            MxNetResNet38Keys::map,
            "arg:conv1a_weight",
            "arg:res2a_branch2a_weight");

    /**
     * ResNet-38 in PyTorch, as AffinityNet and SEAM release it, for {@link ResNet38}; the heads of
     * those networks are dropped.
     */
    public static final CheckpointFamily RESNET38 = CheckpointFamily.of(
            "resnet38",
            "AffinityNet's and SEAM's ResNet-38",
            () -> {
                KeyMap.Builder map = CheckpointFamily.batches(KeyMap.builder()).prefix("", "");
                List.of("fc8", "fc_proj", "proj_fc", "f8_3", "f8_4", "f8_5", "f9")
                        .forEach(head -> map.dropTheirs(head + ".weight"));
                return map.build();
            },
            "conv1a.weight",
            "b2.conv_branch2a.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(
                TORCHVISION_RESNET,
                RES2NET,
                ENCODING_RESNET,
                MMSEG_RESNET,
                MMSEG_BACKBONE,
                KAZUTO_RESNET,
                CAFFE_RESNET,
                MXNET_RESNET38,
                RESNET38);
    }

    /**
     * Adds the layers of the Caffe ResNets of 101 and 152 layers, as {@link CaffeResNet} names them.
     *
     * @param prefix what stands before our keys
     */
    public static KeyMap.Builder caffe(KeyMap.Builder map, String prefix) {
        return CaffeKeys.add(map, prefix);
    }
}
