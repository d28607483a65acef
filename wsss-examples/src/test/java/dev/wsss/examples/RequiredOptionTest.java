package dev.wsss.examples;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.wsss.api.ClassCatalog;
import dev.wsss.core.cam.Cam;
import dev.wsss.core.crf.CrfRefiner;
import dev.wsss.core.fusion.LabelFusion;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.logits.LogitEvaluation;
import dev.wsss.core.report.Report;
import dev.wsss.core.saliency.SaliencyFolder;
import dev.wsss.datasets.CocoMasks;
import dev.wsss.datasets.DatasetCheck;
import dev.wsss.datasets.DatasetMasks;
import dev.wsss.datasets.FolderDataset;
import dev.wsss.datasets.ShapesDataset;
import dev.wsss.datasets.VocLayout;
import dev.wsss.models.cam.AffinityNet;
import dev.wsss.models.deeplab.DeepLabV1;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.deeplab.MultiScale;
import dev.wsss.models.deeplab.TextDeepLab;
import dev.wsss.models.dino.UnsupervisedFeatures;
import dev.wsss.models.irn.IrnNet;
import dev.wsss.models.maskclip.MaskClip;
import dev.wsss.models.resnet.Res2Net;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.segment.NetworkSegmenter;
import dev.wsss.models.zoo.WeightEntry;
import dev.wsss.systems.carb.Carb;
import dev.wsss.systems.carb.CarbTraining;
import dev.wsss.systems.ppc.PixelCorrelation;
import dev.wsss.systems.ppc.PpcModel;
import dev.wsss.systems.ppc.SeamHead;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A builder that lacks something required says the same thing everywhere. */
class RequiredOptionTest {
    @ParameterizedTest
    @MethodSource
    void isNamed(String setter, ThrowingCallable build) {
        assertThatThrownBy(build).isInstanceOf(IllegalStateException.class).hasMessage(setter + " is required");
    }

    static Stream<Arguments> isNamed() {
        return Stream.of(
                missing("setNetwork", () -> Cam.builder().build()),
                missing("setCrf", () -> CrfRefiner.builder().build()),
                missing("setPath", () -> Checkpoint.builder().build()),
                missing("setTitle", () -> Report.builder()
                        .setClasses(ClassCatalog.withBackground(List.of("cat")))
                        .build()),
                missing("setClasses", () -> Report.builder().setTitle("a title").build()),
                missing("setFolder", () -> SaliencyFolder.builder().build()),
                missing("setRoot", () -> FolderDataset.builder().build()),
                missing("setCount", () -> ShapesDataset.builder().setSeed(1).build()),
                missing("setSeed", () -> ShapesDataset.builder().setCount(1).build()),
                missing("setRoot", () -> VocLayout.builder().setSplit("train").build()),
                missing(
                        "setSplit",
                        () -> VocLayout.builder().setRoot(Path.of("VOC")).build()),
                missing("setData", () -> DatasetCheck.builder().build()),
                missing("setData", () -> DatasetMasks.builder().build()),
                missing("setInstances", () -> CocoMasks.builder().build()),
                missing("setClasses", () -> LabelFusion.builder().build()),
                missing("setData", () -> LogitEvaluation.builder().build()),
                missing("setDepth", () -> Res2Net.builder().build()),
                missing("setBackbone", () -> UnsupervisedFeatures.builder().build()),
                missing("setBackbone", () -> AffinityNet.builder().build()),
                missing("setBackbone", () -> DeepLabV1.builder().build()),
                missing("setBackbone", () -> DeepLabV3.builder().build()),
                missing("setBackbone", () -> DeepLabV3Plus.builder().build()),
                missing("setBase", () -> MultiScale.builder().build()),
                missing("setNetwork", () -> NetworkSegmenter.builder().build()),
                missing("setBackbone", () -> IrnNet.builder().build()),
                missing("setEmbedding", () -> PixelCorrelation.builder().build()),
                missing("setBackbone", () -> PpcModel.builder().build()),
                missing("setTower", () -> MaskClip.builder().build()),
                missing("setData", () -> Carb.builder().build()),
                missing("setNetwork", () -> CarbTraining.builder().build()),
                missing("setBackbone", () -> TextDeepLab.builder().build()),
                missing("setChannels", () -> SeamHead.seam().build()),
                missing("setDepth", () -> ResNet.builder().build()),
                missing("setName", () -> WeightEntry.builder().build()),
                missing("setSource", () -> WeightEntry.builder().setName("mine").build()));
    }

    private static Arguments missing(String setter, ThrowingCallable build) {
        return arguments(setter, build);
    }
}
