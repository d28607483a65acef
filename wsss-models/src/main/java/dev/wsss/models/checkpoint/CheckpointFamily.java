package dev.wsss.models.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.io.HostArray;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A code base whose checkpoints have key names of their own, with the way between those and ours.
 *
 * <p>Most of our networks bear the names of the code base that they come from, so that most maps rename nothing; they say
 * which keys beyond the network's a file of the family has.
 */
public enum CheckpointFamily {
    /** Our own names, of any network. */
    WSSS("wsss", "checkpoints of this library", KeyMap::identity),

    /**
     * torchvision's ResNet, for {@link dev.wsss.models.resnet.ResNet} with a 7x7 stem. The classifier {@code fc} is
     * dropped; files from before {@code num_batches_tracked} existed get it.
     */
    TORCHVISION_RESNET("torchvision-resnet", "torchvision's ResNet", () -> imageNet("fc."), "conv1.weight", Keys.BLOCK),

    /** PyTorch-Encoding's ResNet, for {@link dev.wsss.models.resnet.ResNet} with the stem of 64, 64, 128 channels. */
    ENCODING_RESNET(
            "encoding-resnet",
            "PyTorch-Encoding's deep-stem ResNet",
            () -> imageNet("fc."),
            "conv1.0.weight",
            Keys.BLOCK),

    /** The ResNetV1c of mmsegmentation, for {@link dev.wsss.models.resnet.ResNet} with the stem of 32, 32, 64 channels. */
    MMSEG_RESNET(
            "mmseg-resnet",
            "mmsegmentation's ResNetV1c",
            () -> imageNet("fc.", "head.fc."),
            "stem.0.weight",
            "stem.7.weight",
            Keys.BLOCK),

    /**
     * The backbone within a segmentor of mmsegmentation, such as CARB's, for {@link dev.wsss.models.resnet.ResNet}; its
     * heads are dropped.
     */
    MMSEG_BACKBONE(
            "mmseg-backbone",
            "the ResNetV1c backbone of an mmsegmentation segmentor",
            () -> batches(KeyMap.builder())
                    .prefix("backbone.", "")
                    .dropTheirs("decode_head.*")
                    .dropTheirs("auxiliary_head.*")
                    .build(),
            "backbone.stem.0.weight",
            "backbone." + Keys.BLOCK),

    /** kazuto1011's DeepLab v2, for {@link dev.wsss.models.deeplab.MultiScale} of a {@code DeepLabV2}. */
    KAZUTO_DEEPLAB(
            "kazuto-deeplab",
            "kazuto1011's DeepLab v2 with several scales",
            () -> batches(KeyMap.builder()).prefix("", "").build(),
            "base.layer1.conv1.conv.weight",
            "base.aspp.c0.weight"),

    /**
     * kazuto1011's ResNet and "DeepLab v1", which holds the COCO weights that DeepLab v2 starts from, for {@link
     * dev.wsss.models.resnet.CaffeResNet}. The classifier {@code fc} is dropped.
     */
    KAZUTO_RESNET(
            "kazuto-resnet",
            "kazuto1011's ResNet",
            () -> imageNet("fc."),
            "layer1.conv1.conv.weight",
            "layer2.block1.reduce.conv.weight"),

    /**
     * The original DeepLab v2 in Caffe, for {@link dev.wsss.models.deeplab.MultiScale} of a {@code DeepLabV2} of 101 or
     * 152 layers. Keys are {@code LAYER/BLOB}, as {@link dev.wsss.core.io.Checkpoint} reads a {@code .caffemodel}: {@code conv1/0, bn_conv1/0, res2a_branch1/0,
     * ...}. The shared branches of the other scales are dropped; on export the classifiers are those of VOC, {@code
     * fc1_voc12_c0}.
     */
    CAFFE_DEEPLAB(
            "caffe-deeplab",
            "the Caffe model of DeepLab v2",
            () -> CaffeKeys.add(KeyMap.builder(), "base.")
                    .rename("fc1_voc12_c{1}/0", "base.aspp.c{1}.weight")
                    .rename("fc1_voc12_c{1}/1", "base.aspp.c{1}.bias")
                    .dropTheirs("*res075*")
                    .dropTheirs("*res05*")
                    .build(),
            "conv1/0",
            CaffeKeys.BLOCK,
            "fc1_voc12_c0/0"),

    /**
     * The Caffe ResNet of 101 or 152 layers, for {@link dev.wsss.models.resnet.CaffeResNet}; keys as {@link
     * #CAFFE_DEEPLAB}. Any classifier {@code fc...} is dropped.
     */
    CAFFE_RESNET(
            "caffe-resnet",
            "the Caffe model of ResNet",
            () -> CaffeKeys.add(KeyMap.builder(), "").dropTheirs("fc*").build(),
            "conv1/0",
            CaffeKeys.BLOCK),

    /**
     * "Model A1" in MXNet's {@code .params}, the ImageNet weights that AffinityNet, SEAM, EPS and PPC start from, for {@link
     * dev.wsss.models.resnet.ResNet38}. The classifier {@code linear1000} is dropped.
     */
    MXNET_RESNET38(
            "mxnet-resnet38",
            "the MXNet model of ResNet-38",
            MxNetResNet38Keys::map,
            "arg:conv1a_weight",
            "arg:res2a_branch2a_weight"),

    /**
     * ResNet-38 in PyTorch, as AffinityNet and SEAM release it, for {@link dev.wsss.models.resnet.ResNet38}; the heads of
     * those networks are dropped.
     */
    RESNET38(
            "resnet38",
            "AffinityNet's and SEAM's ResNet-38",
            () -> {
                KeyMap.Builder map = batches(KeyMap.builder()).prefix("", "");
                List.of("fc8", "fc_proj", "proj_fc", "f8_3", "f8_4", "f8_5", "f9")
                        .forEach(head -> map.dropTheirs(head + ".weight"));
                return map.build();
            },
            "conv1a.weight",
            "b2.conv_branch2a.weight"),

    /** SEAM's, PPC's and EPS's networks, for {@link dev.wsss.models.ppc.SeamNetwork}. */
    SEAM(
            "seam",
            "SEAM, PPC or EPS on ResNet-38",
            () -> batches(KeyMap.builder()).prefix("", "").build(),
            "conv1a.weight",
            "b2.conv_branch2a.weight",
            "fc8.weight"),

    /** AffinityNet on ResNet-38, for {@link dev.wsss.models.cam.AffinityNet} with flat keys. */
    AFFINITY_NET(
            "affinitynet",
            "AffinityNet on ResNet-38",
            () -> batches(KeyMap.builder()).prefix("", "").build(),
            "conv1a.weight",
            "b2.conv_branch2a.weight",
            "f8_5.weight"),

    /**
     * IRN's network, for {@link dev.wsss.models.irn.IrnNet} on {@link dev.wsss.models.resnet.ResNet}. Its files hold most
     * tensors under several names, and tables of pairs; on export each tensor has one name, so that PyTorch loads such a
     * file with {@code strict=False}.
     */
    IRN(
            "irn",
            "IRN's boundary and displacement network",
            () -> irn().prefix("", "")
                    .dropTheirs("edge_layers.*")
                    .dropTheirs("dp_layers.*")
                    .dropTheirs("fc_dp7.4.running_mean")
                    .dropTheirs("path_indices*")
                    .dropTheirs("disp_target")
                    .build(),
            "resnet50." + Keys.BLOCK,
            "fc_edge1.0.weight",
            "fc_dp7.3.weight"),

    /**
     * IRN's classifier, for {@link dev.wsss.models.cam.Classifier#irn}. Its files hold each tensor under several names; on
     * export it has one, so that PyTorch loads such a file with {@code strict=False}.
     */
    IRN_CAM(
            "irn-cam",
            "IRN's classifier",
            () -> irn().prefix("classifier.", "classifier.")
                    .dropTheirs("newly_added.*")
                    .build(),
            "resnet50." + Keys.BLOCK,
            "classifier.weight"),

    /** The segmentation networks of wseg on ResNet-38: {@link dev.wsss.models.deeplab.DeepLabV1}. */
    WSEG_DEEPLAB38(
            "wseg-deeplab38",
            "wseg's DeepLab on ResNet-38",
            () -> batches(KeyMap.builder()).prefix("", "").build(),
            "backbone.conv1a.weight",
            "cls_conv.weight"),

    /** The segmentation networks of wseg, on which PPC builds: DeepLab in {@link dev.wsss.models.deeplab.Form#WSEG}. */
    WSEG_DEEPLAB(
            "wseg-deeplab",
            "wseg's DeepLab",
            () -> batches(KeyMap.builder()).prefix("", "").build(),
            "backbone." + Keys.BLOCK,
            "cls_conv.weight"),

    /** The segmentation networks of DHR: DeepLab v3+ in {@link dev.wsss.models.deeplab.Form#DHR}. */
    DHR_DEEPLAB(
            "dhr-deeplab",
            "DHR's DeepLab v3+",
            () -> batches(KeyMap.builder()).prefix("", "").build(),
            "model.conv1.weight",
            "seg_decoder.classifier.weight");

    private final String label;
    private final String description;
    private final Supplier<KeyMap> makeMap;
    private final List<String> signature;

    CheckpointFamily(String label, String description, Supplier<KeyMap> makeMap, String... signature) {
        this.label = label;
        this.description = description;
        this.makeMap = makeMap;
        this.signature = List.of(signature);
    }

    private static final class Keys {
        static final String BLOCK = "layer1.0.conv1.weight";
    }

    /** The name that users type, such as {@code torchvision-resnet}. */
    public String label() {
        return label;
    }

    /** What it is, in a few words. */
    public String description() {
        return description;
    }

    /** The way between its keys and ours. */
    public KeyMap keyMap() {
        return makeMap.get();
    }

    /**
     * The family of a {@link #label}.
     *
     * @throws IllegalArgumentException if there is none; the message lists them
     */
    public static CheckpointFamily byName(String label) {
        return Arrays.stream(values())
                .filter(f -> f.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no checkpoint family '" + label + "'; there are "
                        + Arrays.stream(values()).map(f -> f.label).toList()));
    }

    /**
     * A family and the keys that speak for it.
     *
     * @param family the family
     * @param evidence keys of the checkpoint that, together, only this family has
     */
    public record Guess(CheckpointFamily family, List<String> evidence) {
        public Guess {
            evidence = List.copyOf(evidence);
        }

        /** The reason in words. */
        @Override
        public String toString() {
            return family.label + " (" + family.description + "), as the checkpoint has " + evidence;
        }
    }

    /**
     * The family that a checkpoint seems to be of: the one whose telling keys it has, all of them; of several the one of
     * most. Never {@link #WSSS}, whose names are any network's.
     *
     * @return empty if there is none
     * @throws InvalidDataException if the keys speak for two families alike
     */
    public static Optional<Guess> guess(Set<String> keys) {
        int most = Arrays.stream(values())
                .filter(f -> keys.containsAll(f.signature))
                .mapToInt(f -> f.signature.size())
                .max()
                .orElse(0);
        List<CheckpointFamily> best = Arrays.stream(values())
                .filter(f -> !f.signature.isEmpty() && f.signature.size() == most && keys.containsAll(f.signature))
                .toList();
        if (best.size() > 1) {
            throw new InvalidDataException("the checkpoint may be of " + best.get(0).label + " or "
                    + best.get(1).label + ": it has " + best.get(0).signature + " and " + best.get(1).signature
                    + "; name the family");
        }
        return best.stream().findFirst().map(f -> new Guess(f, f.signature));
    }

    /** Our names, and a classifier of images that we have no use for. */
    private static KeyMap imageNet(String... classifiers) {
        KeyMap.Builder map = batches(KeyMap.builder()).prefix("", "");
        for (String classifier : classifiers) {
            map.dropTheirs(classifier + "weight").dropTheirs(classifier + "bias");
        }
        return map.build();
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

    /** Batch normalization counts its batches since PyTorch 0.4.1; older files do not. */
    static KeyMap.Builder batches(KeyMap.Builder map) {
        return map.fillOurs("{*}.num_batches_tracked", "{*}.running_mean", HostArray.ofLongs(new long[1]));
    }
}
