package dev.wsss.systems.ppc;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.deeplab.DeepLabV1;
import dev.wsss.models.deeplab.DeepLabV3;
import dev.wsss.models.deeplab.DeepLabV3Plus;
import dev.wsss.models.resnet.ResNet;
import dev.wsss.models.resnet.ResNet38;
import java.util.function.Supplier;

/** The networks of PPC's steps. */
final class PpcNetworks {
    private PpcNetworks() {}

    /**
     * A backbone of stride 8 for CAMs and affinities: ResNet-38 with its first stages and its normalization frozen, as
     * published.
     */
    static Backbone backbone(PpcBackbone kind) {
        return build(kind, () -> ResNet38.fineTuning().build());
    }

    /**
     * A backbone for IRN's boundaries: its ResNet-50 ends at stride 16, as published, so that its checkpoints see what they
     * saw in training; the others are as for CAMs.
     */
    static Backbone boundaryBackbone(PpcBackbone kind) {
        if (kind != PpcBackbone.RESNET50) {
            return backbone(kind);
        }
        return ResNet.builder().setDepth(50).optLayerStrides(1, 2, 2, 1).build();
    }

    /** A backbone of a segmenter, all of which trains. */
    static Backbone segmenterBackbone(PpcBackbone kind) {
        return build(kind, () -> ResNet38.builder()
                .optBatchNormMomentum(DeepLabV1.MOMENTUM)
                .build());
    }

    private static Backbone build(PpcBackbone kind, Supplier<Backbone> resNet38) {
        return switch (kind) {
            case RESNET38 -> resNet38.get();
            case RESNET50 -> ResNet.builder().setDepth(50).optOutputStride(8).build();
            case RESNET101 ->
                ResNet.builder()
                        .setDepth(101)
                        .optStem(ResNet.Stem.DEEP_128)
                        .optOutputStride(8)
                        .build();
            case SMALL ->
                ResNet.builder().setDepth(18).optWidth(16).optOutputStride(8).build();
        };
    }

    /**
     * A segmenter of wseg's forms; its v2 has batch-normalized branches and image pooling.
     *
     * @param small whether for images a fifth as large and hundreds of steps in place of thousands: in v1 and v2, running
     *     statistics that follow sooner, and dilations that are not as wide as the map
     */
    static Layer segmenter(PpcRecipe.Head head, Backbone backbone, int classes, boolean small) {
        double momentum = small ? BatchNorm2d.MOMENTUM : DeepLabV1.MOMENTUM;
        return switch (head) {
            case V1 ->
                DeepLabV1.builder()
                        .setBackbone(backbone)
                        .setClasses(classes)
                        .optDilation(small ? 3 : 12)
                        .optBatchNormMomentum(momentum)
                        .build();
            case V2 ->
                DeepLabV3.builder()
                        .setBackbone(backbone)
                        .setClasses(classes)
                        .optAsppRates(small ? new int[] {1, 2, 3, 5} : new int[] {6, 12, 18, 24})
                        .optImagePooling(true)
                        .optBatchNormMomentum(momentum)
                        .build();
            case V3PLUS ->
                DeepLabV3Plus.builder()
                        .setBackbone(backbone)
                        .setClasses(classes)
                        .build();
        };
    }
}
