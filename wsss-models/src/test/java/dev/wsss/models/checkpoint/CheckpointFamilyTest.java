package dev.wsss.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.Network;
import dev.wsss.core.runtime.Tensors;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.clip.Clip;
import dev.wsss.models.clip.ClipCheckpoints;
import dev.wsss.models.clip.ClipConfig;
import dev.wsss.models.clip.ClipSettings;
import dev.wsss.models.clip.ClipVit;
import dev.wsss.models.clip.TextTower;
import dev.wsss.models.deeplab.DeepLabCheckpoints;
import dev.wsss.models.deeplab.DeepLabV1;
import dev.wsss.models.deeplab.DeepLabV2;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.deeplab.MultiScale;
import dev.wsss.models.deeplab.TextDeepLab;
import dev.wsss.models.dino.CauseHead;
import dev.wsss.models.dino.DinoConfig;
import dev.wsss.models.dino.DinoVit;
import dev.wsss.models.dino.StegoHead;
import dev.wsss.models.irn.IrnNet;
import dev.wsss.models.mobilenet.MobileNetCheckpoints;
import dev.wsss.models.mobilenet.MobileNetV1;
import dev.wsss.models.mobilenet.MobileNetV2;
import dev.wsss.models.resnet.CaffeResNet;
import dev.wsss.models.resnet.Res2Net;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import dev.wsss.models.resnet.ResNetCheckpoints;
import dev.wsss.systems.cdl.CdlNetwork;
import dev.wsss.systems.cdl.CdlVariant;
import dev.wsss.systems.ppc.SeamHead;
import dev.wsss.systems.ppc.SeamNetwork;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointFamilyTest {
    private static final ClipConfig CLIP =
            new ClipConfig(new ClipConfig.Vit(16, 8, 8, 2, 1), new ClipConfig.Text(8, 49408, 8, 2, 1), 4);

    private static final DinoConfig DINO = new DinoConfig(DinoConfig.Version.DINO, 16, 8, 8, 2, 1, false, 0);
    private static final DinoConfig DINO_V2 = new DinoConfig(DinoConfig.Version.DINO_V2, 16, 8, 8, 2, 1, true, 4);

    private static List<CheckpointFamily> families() {
        return CheckpointFamily.known();
    }

    @Test
    void allFamiliesOfTheLibraryAreKnown() {
        assertThat(families())
                .startsWith(CheckpointFamily.WSSS)
                .hasSize(35)
                .contains(ResNetCheckpoints.TORCHVISION_RESNET, DeepLabCheckpoints.DHR_DEEPLAB);
    }

    /** A family of a network that the library does not know. */
    @Test
    void anybodyMayBringAFamily() {
        CheckpointFamily mine =
                CheckpointFamily.of("mine", "a network of mine", () -> CheckpointFamily.batches(KeyMap.builder())
                        .prefix("net.", "")
                        .build());
        try (Network net = resNet(ResNet.Stem.CONV7)) {
            Map<String, TensorSpec> theirs = new LinkedHashMap<>();
            specs(net).forEach((key, spec) -> theirs.put("net." + key, spec));
            assertThat(Weights.check(net, theirs, mine.keyMap(), LoadPolicy.STRICT)
                            .isExact())
                    .isTrue();
            assertThat(mine).hasToString("mine");
            assertThat(families()).doesNotContain(mine);
        }
    }

    /** The narrowest network that the family's checkpoints load into. */
    private static Network network(CheckpointFamily family) {
        return switch (family.label()) {
            case "wsss", "torchvision-resnet" -> resNet(ResNet.Stem.CONV7);
            case "res2net" -> Res2Net.builder().setDepth(50).optShrink(16).build();
            case "encoding-resnet" -> resNet(ResNet.Stem.DEEP_128);
            case "mmseg-resnet", "mmseg-backbone" -> resNet(ResNet.Stem.DEEP_64);
            case "kazuto-deeplab", "caffe-deeplab" ->
                MultiScale.builder()
                        .setBase(new DeepLabV2(caffe(), 3, 6, 12, 18, 24))
                        .build();
            case "kazuto-resnet", "caffe-resnet" -> caffe();
            case "mxnet-resnet38", "resnet38" -> resNet38();
            case "seam" -> seam();
            case "cdl" ->
                CdlNetwork.builder()
                        .setBackbone(caffe())
                        .setClasses(3)
                        .setVariant(CdlVariant.EXTENDED)
                        .build();
            case "affinitynet" ->
                AffinityNet.builder().setBackbone(resNet38()).optFlatKeys(true).build();
            case "irn" ->
                IrnNet.builder().setBackbone(resNet(ResNet.Stem.CONV7)).build();
            case "irn-cam" -> new Classifier(resNet(ResNet.Stem.CONV7), 3);
            case "torchvision-mobilenet-v2" ->
                MobileNetV2.builder().optWidth(0.1).build();
            case "torchvision-mobilenet-v2-classifier" ->
                new Classifier(MobileNetV2.builder().optWidth(0.1).build(), 3, true);
            case "timm-mobilenet-v1" -> MobileNetV1.builder().optWidth(0.1).build();
            case "wseg-deeplab38" ->
                DeepLabV1.builder()
                        .setBackbone(resNet38())
                        .setClasses(3)
                        .optWidth(4)
                        .build();
            case "wseg-deeplab" ->
                DeepLabV1.builder()
                        .setBackbone(resNet(ResNet.Stem.DEEP_128))
                        .setClasses(3)
                        .optWidth(4)
                        .build();
            case "dhr-deeplab" ->
                DeepLabV3Plus.builder()
                        .setBackbone(resNet(ResNet.Stem.CONV7))
                        .setClasses(3)
                        .optWidth(4)
                        .build();
            case "carb-deeplab" ->
                TextDeepLab.builder()
                        .setBackbone(resNet(ResNet.Stem.DEEP_64))
                        .setTextEmbeddings(HostArray.ofFloats(new float[12], 3, 4))
                        .build();
            case "openai-clip", "hf-clip" -> Clip.builder().setConfig(CLIP).build();
            case "openai-clip-image", "maskclip-vit" ->
                new ClipVit((ClipConfig.Vit) CLIP.image(), CLIP.embedding(), ClipSettings.DEFAULT);
            case "openai-clip-text" -> new TextTower(CLIP.text(), CLIP.embedding(), ClipSettings.DEFAULT);
            case "dino" -> new DinoVit(DINO);
            case "dinov2" -> new DinoVit(DINO_V2);
            case "cause" ->
                CauseHead.builder()
                        .setChannels(8)
                        .optCodes(4)
                        .optPositions(4)
                        .optHidden(4)
                        .build();
            case "stego" -> new StegoHead(8, 4);
            default -> throw new IllegalArgumentException("no network for " + family);
        };
    }

    private static Backbone resNet(ResNet.Stem stem) {
        return ResNet.builder().setDepth(50).optStem(stem).optWidth(2).build();
    }

    private static ResNet38 resNet38() {
        return ResNet38.builder().optWidth(2).build();
    }

    private static SeamNetwork seam() {
        ResNet38 backbone = resNet38();
        SeamHead head =
                SeamHead.ppc().setChannels(backbone.channels()).setTags(3).build();
        return new SeamNetwork(backbone, head);
    }

    private static CaffeResNet caffe() {
        return CaffeResNet.builder().optWidth(2).build();
    }

    private static Map<String, TensorSpec> specs(Network network) {
        Map<String, TensorSpec> specs = new LinkedHashMap<>();
        network.state().forEach((key, t) -> specs.put(key, TensorSpec.of(Tensors.dtype(t), Tensors.shape(t))));
        return specs;
    }

    private static List<CheckpointFamily> written() {
        // MaskCLIP's ResNet lacks a table that ours has
        return families().stream()
                .filter(family -> !family.isReadOnly() && family != ClipCheckpoints.MASKCLIP_RESNET)
                .toList();
    }

    @Test
    void whatIsOnlyReadIsNotExported(@TempDir Path folder) {
        CheckpointFamily tflite = CheckpointFamily.byName("tflite");
        try (Network net = resNet(ResNet.Stem.CONV7)) {
            assertThatThrownBy(() -> Weights.export(net, folder.resolve("a.tflite"), tflite))
                    .isInstanceOf(InvalidDataException.class)
                    .hasMessageContaining("a.tflite")
                    .hasMessageContaining("read and not written");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource("written")
    void aNetworkGoesToTheFamilyAndBack(CheckpointFamily family) {
        try (Network net = network(family)) {
            KeyMap map = family.keyMap();
            Map<String, TensorSpec> ours = specs(net);
            KeyMap.Plan out = map.inverse().plan(ours);
            assertThat(out.dropped())
                    .allSatisfy(k -> assertThat(k).endsWith("num_batches_tracked"))
                    .hasSize(knowsBatches(family) ? 0 : batchCounts(ours));
            assertThat(map.plan(out.specs()).specs()).isEqualTo(ours);
            assertThat(Weights.check(net, out.specs(), map, LoadPolicy.STRICT).isExact())
                    .isTrue();
            if (family != CheckpointFamily.WSSS && family != MobileNetCheckpoints.TORCHVISION_MOBILENET_V2_CLASSIFIER) {
                assertThat(CheckpointFamily.guess(out.specs().keySet()))
                        .hasValueSatisfying(g -> assertThat(g.family()).isEqualTo(family));
            }
        }
    }

    private static boolean knowsBatches(CheckpointFamily family) {
        return !family.label().startsWith("caffe") && !family.label().startsWith("mxnet");
    }

    private static int batchCounts(Map<String, TensorSpec> specs) {
        return (int) specs.keySet().stream()
                .filter(k -> k.endsWith("num_batches_tracked"))
                .count();
    }

    @Test
    void resNet38LayersAreThoseOfTheConversion() {
        TensorSpec one = TensorSpec.of(DType.F32, 1);
        KeyMap map = ResNetCheckpoints.MXNET_RESNET38.keyMap();
        KeyMap.Plan plan = map.plan(Map.of(
                "arg:res4b3_branch2b1_weight", one,
                "aux:bn5a_branch2a_moving_var", one,
                "arg:bn7_gamma", one,
                "arg:linear1000_bias", one));
        assertThat(plan.specs().keySet())
                .containsExactlyInAnyOrder("b4_3.conv_branch2b1.weight", "b5.bn_branch2a.running_var", "bn7.weight");
        assertThat(plan.dropped()).containsExactly("arg:linear1000_bias");
    }

    @ParameterizedTest
    @MethodSource("families")
    void labelsNameFamilies(CheckpointFamily family) {
        assertThat(CheckpointFamily.byName(family.label())).isSameAs(family);
        assertThat(family.label()).matches("[a-z0-9-]+");
    }

    @Test
    void unknownLabelsAreAnswered() {
        assertThatThrownBy(() -> CheckpointFamily.byName("caffe2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'caffe2'")
                .hasMessageContaining("torchvision-resnet");
    }

    @Test
    void imageNetFilesLoseTheirClassifierAndGetTheirCounts() {
        try (Network net = network(ResNetCheckpoints.TORCHVISION_RESNET)) {
            Map<String, TensorSpec> old = specs(net);
            old.keySet().removeIf(k -> k.endsWith("num_batches_tracked"));
            old.put("fc.weight", TensorSpec.of(DType.F32, 1000, 2048));
            old.put("fc.bias", TensorSpec.of(DType.F32, 1000));
            var report = Weights.check(net, old, ResNetCheckpoints.TORCHVISION_RESNET.keyMap(), LoadPolicy.STRICT);
            assertThat(report.isExact()).isTrue();
            assertThat(report.dropped()).containsExactly("fc.weight", "fc.bias");
            assertThat(report.filled()).hasSize(53).contains("layer4.2.bn3.num_batches_tracked");

            old.put("fc.extra", TensorSpec.of(DType.F32, 1));
            assertThat(Weights.check(net, old, ResNetCheckpoints.TORCHVISION_RESNET.keyMap(), LoadPolicy.STRICT)
                            .unexpected())
                    .containsExactly("fc.extra");
        }
    }

    @Test
    void caffeLayersAreThoseOfTheConversion() {
        Map<String, TensorSpec> theirs = DeepLabCheckpoints.CAFFE_DEEPLAB
                .keyMap()
                .inverse()
                .plan(Map.of(
                        "base.layer2.block3.increase.conv.weight", TensorSpec.of(DType.F32, 1),
                        "base.layer3.block1.shortcut.conv.weight", TensorSpec.of(DType.F32, 2),
                        "base.layer4.block2.reduce.conv.weight", TensorSpec.of(DType.F32, 3),
                        "base.layer4.block23.conv3x3.bn.weight", TensorSpec.of(DType.F32, 4),
                        "base.layer1.conv1.bn.running_mean", TensorSpec.of(DType.F32, 5),
                        "base.layer1.conv1.bn.running_var", TensorSpec.of(DType.F32, 5),
                        "base.aspp.c2.bias", TensorSpec.of(DType.F32, 6)))
                .specs();
        assertThat(theirs)
                .containsOnly(
                        Map.entry("res2c_branch2c/0", TensorSpec.of(DType.F32, 1)),
                        Map.entry("res3a_branch1/0", TensorSpec.of(DType.F32, 2)),
                        Map.entry("res4b1_branch2a/0", TensorSpec.of(DType.F32, 3)),
                        Map.entry("scale4b22_branch2b/0", TensorSpec.of(DType.F32, 4)),
                        Map.entry("bn_conv1/0", TensorSpec.of(DType.F32, 5)),
                        Map.entry("bn_conv1/1", TensorSpec.of(DType.F32, 5)),
                        Map.entry("bn_conv1/2", TensorSpec.of(DType.F32, 1)),
                        Map.entry("fc1_voc12_c2/1", TensorSpec.of(DType.F32, 6)));
        KeyMap map = DeepLabCheckpoints.CAFFE_DEEPLAB.keyMap();
        assertThat(map.plan(Map.of("conv1_res075/0", TensorSpec.of(DType.F32, 1)))
                        .dropped())
                .containsExactly("conv1_res075/0");
        assertThatThrownBy(() -> map.plan(Map.of("res4b0_branch1/0", TensorSpec.of(DType.F32, 1))))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("no rule covers the key 'res4b0_branch1/0'");
    }

    @Test
    void guessesGiveTheirReason() {
        assertThat(CheckpointFamily.guess(Set.of())).isEmpty();
        assertThat(CheckpointFamily.guess(Set.of("conv1.weight", "\u0000", ""))).isEmpty();
        assertThat(CheckpointFamily.guess(Set.of("conv1.weight", "layer1.0.conv1.weight", "fc.weight")))
                .hasValueSatisfying(g -> assertThat(g)
                        .hasToString("torchvision-resnet (torchvision's ResNet), as the checkpoint has"
                                + " [conv1.weight, layer1.0.conv1.weight]"));
        Set<String> both = new HashSet<>(List.of("model.conv1.weight", "seg_decoder.classifier.weight"));
        both.addAll(List.of("backbone.layer1.0.conv1.weight", "cls_conv.weight"));
        assertThatThrownBy(() -> CheckpointFamily.guess(both))
                .isInstanceOf(InvalidDataException.class)
                .hasMessageContaining("wseg-deeplab or dhr-deeplab")
                .hasMessageContaining("name the family");
    }
}
