package dev.wsss.models.mobilenet;

import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.Layout;
import dev.wsss.models.checkpoint.CheckpointFamilies;
import dev.wsss.models.checkpoint.CheckpointFamily;
import java.util.List;

/** The checkpoints of MobileNets; TFLite's are {@link dev.wsss.models.tflite.TfliteNetworks#TFLITE}. */
public final class MobileNetCheckpoints implements CheckpointFamilies {
    /** torchvision's MobileNet v2, for {@link MobileNetV2}. The classifier is dropped. */
    public static final CheckpointFamily TORCHVISION_MOBILENET_V2 = CheckpointFamily.of(
            "torchvision-mobilenet-v2",
            "torchvision's MobileNet v2",
            () -> CheckpointFamily.withoutClassifier("classifier.1."),
            "features.0.0.weight",
            "features.1.conv.0.0.weight",
            "features.18.0.weight");

    /**
     * The same with its classifier, for a {@link dev.wsss.models.cam.Classifier} with a bias on {@link MobileNetV2}. Not
     * guessed from a file, which looks like the one before.
     */
    public static final CheckpointFamily TORCHVISION_MOBILENET_V2_CLASSIFIER = CheckpointFamily.of(
            "torchvision-mobilenet-v2-classifier",
            "torchvision's MobileNet v2 with its classifier",
            () -> CheckpointFamily.batches(KeyMap.builder())
                    .rename("classifier.1.weight", "classifier.weight", Layout.of("o i -> o i 1 1"))
                    .rename("classifier.1.bias", "classifier.bias")
                    .prefix("features.", "backbone.features.")
                    .build());

    /** timm's MobileNet v1, for {@link MobileNetV1}. The classifier is dropped. */
    public static final CheckpointFamily TIMM_MOBILENET_V1 = CheckpointFamily.of(
            "timm-mobilenet-v1",
            "timm's MobileNet v1",
            () -> CheckpointFamily.withoutClassifier("classifier."),
            "conv_stem.weight",
            "blocks.0.0.conv_dw.weight",
            "blocks.4.1.conv_pw.weight");

    @Override
    public List<CheckpointFamily> families() {
        return List.of(TORCHVISION_MOBILENET_V2, TORCHVISION_MOBILENET_V2_CLASSIFIER, TIMM_MOBILENET_V1);
    }
}
