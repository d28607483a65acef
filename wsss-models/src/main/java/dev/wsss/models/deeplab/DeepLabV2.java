package dev.wsss.models.deeplab;

import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.segment.PixelClassifier;
import org.bytedeco.pytorch.Tensor;

/**
 * DeepLab v2 (Chen et al., TPAMI 2018): {@link AtrousClassifiers} on the backbone's last map, as converted from Caffe to
 * PyTorch.
 *
 * <pre>{@code
 * Layer network = MultiScale.builder()
 *         .setBase(new DeepLabV2(CaffeResNet.builder().build(), 21, 6, 12, 18, 24))
 *         .build();
 * network.freezeBatchNorm(false); // as the reference trains it
 * }</pre>
 *
 * <p>With a {@link dev.wsss.models.resnet.CaffeResNet} the keys are {@code layer1.conv1.conv.weight} to {@code
 * aspp.c3.bias}, and under {@link MultiScale} each has {@code base.} before it, as in the published checkpoints.
 */
public final class DeepLabV2 extends Layer implements PixelClassifier {
    private final Backbone backbone;
    private final AtrousClassifiers head;

    /**
     * A network.
     *
     * @param backbone taken over by this network, which closes it
     * @param classes number of pixel classes, background included
     * @param rates dilation of each classifier; the original: 6, 12, 18, 24
     */
    public DeepLabV2(Backbone backbone, int classes, int... rates) {
        this.backbone = child(backbone);
        head = child("aspp", new AtrousClassifiers(backbone.outChannels(), classes, rates));
    }

    /** The backbone's maps of images {@code [N][3][H][W]}. */
    public FeaturePyramid features(Tensor images) {
        return backbone.features(images);
    }

    /** Pixel logits {@code [N][classes][h][w]} of the size of {@code c5}. */
    public Tensor logits(FeaturePyramid features) {
        return head.forward(features.last());
    }

    /** Pixel logits {@code [N][classes][h][w]} of the size of the backbone's last map, an eighth of the images'. */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(logits(features(images)));
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String images) {
        return head.onnx(graph, backbone.onnx(graph, images));
    }
}
