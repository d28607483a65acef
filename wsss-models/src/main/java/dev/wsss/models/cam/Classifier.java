package dev.wsss.models.cam;

import dev.wsss.core.cam.CamNetwork;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.nn.Ops;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import dev.wsss.models.resnet.ResNet;
import org.bytedeco.pytorch.Tensor;

/**
 * The usual network behind class activation maps: a backbone, the mean over the image, and a linear classifier of tags,
 * as a rule without bias, so that the classifier's weights at each position score the tags there (Zhou et al., CVPR 2016; IRN and
 * AffinityNet train it so).
 *
 * <pre>{@code
 * Classifier network = new Classifier(ResNet.builder().setDepth(50).optOutputStride(16).build(), 20);
 * Tensor logits = network.forward(images);      // [N][20], for a multi-label loss
 * Tensor maps = network.activations(images);    // [N][20][h][w]
 * }</pre>
 *
 * <p>Keys {@code backbone.*} and {@code classifier.weight} [tags][C][1][1]. The network owns its backbone and closes it.
 */
public final class Classifier extends Layer implements CamNetwork {
    private final Backbone backbone;
    private final Conv2d classifier;

    /**
     * A network.
     *
     * @param backbone taken over by this network, which closes it
     * @param tags number of tags
     * @throws IllegalArgumentException if {@code tags < 1}
     */
    public Classifier(Backbone backbone, int tags) {
        this(backbone, tags, false);
    }

    /**
     * A network whose classifier may have a bias, as those that were trained on ImageNet have; keys {@code
     * classifier.bias} then too. The bias is in the activations as well, so that their mean is the logits.
     *
     * @param backbone taken over by this network, which closes it
     * @param tags number of tags
     * @throws IllegalArgumentException if {@code tags < 1}
     */
    public Classifier(Backbone backbone, int tags, boolean bias) {
        if (tags < 1) {
            throw new IllegalArgumentException("tags must be at least 1, got " + tags);
        }
        this.backbone = child("backbone", backbone);
        classifier = child(
                "classifier",
                Conv2d.builder(backbone.outChannels(), tags, 1).optBias(bias).build());
    }

    /**
     * IRN's classifier, which trains the last two groups of blocks only: the stem and the groups before are frozen, and so
     * are the running statistics of all batch normalizations, but not their scales and shifts.
     *
     * <pre>{@code
     * ResNet backbone = ResNet.builder().setDepth(50).optLayerStrides(1, 2, 2, 1).build();   // the paper's
     * Classifier network = Classifier.irn(backbone, 20);
     * }</pre>
     *
     * @param backbone taken over by this network, which closes it
     * @param tags number of tags
     */
    public static Classifier irn(ResNet backbone, int tags) {
        Classifier network = new Classifier(backbone, tags);
        backbone.freezeBatchNorm(false);
        backbone.parameters()
                .forEach((name, p) -> p.set_requires_grad(name.startsWith("layer3.") || name.startsWith("layer4.")));
        return network;
    }

    /** The backbone, which stays this network's. */
    public Backbone backbone() {
        return backbone;
    }

    /** The backbone's maps of images {@code [N][3][H][W]}, such as an affinity head builds on. */
    public FeaturePyramid features(Tensor images) {
        return backbone.features(images);
    }

    /** Tag logits {@code [N][tags]} from the backbone's maps. */
    public Tensor logits(FeaturePyramid features) {
        try (Scope scope = Scope.open()) {
            Tensor mean = Ops.globalAverage(features.last());
            Tensor weight = classifier.weight();
            Tensor logits =
                    mean.matmul(weight.view(weight.size(0), weight.size(1)).t());
            Tensor bias = classifier.bias();
            return scope.keep(bias == null ? logits : logits.add(bias));
        }
    }

    /**
     * Class activation maps {@code [N][tags][h][w]} from the backbone's maps: the classifier at each position, before any
     * rectifier. Their mean over the positions is {@link #logits}.
     */
    public Tensor activations(FeaturePyramid features) {
        return classifier.forward(features.last());
    }

    /** Class activation maps {@code [N][tags][h][w]} of images {@code [N][3][H][W]}, before any rectifier. */
    @Override
    public Tensor activations(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(activations(features(images)));
        }
    }

    /** Tag logits {@code [N][tags]} of images {@code [N][3][H][W]}. */
    @Override
    public Tensor forward(Tensor images) {
        try (Scope scope = Scope.open()) {
            return scope.keep(logits(features(images)));
        }
    }

    /** Tag logits {@code [N][tags]}. */
    @Override
    public String onnx(OnnxGraph graph, String images) {
        return graph.flatten(classifier.onnx(graph, graph.globalAverage(backbone.onnx(graph, images))));
    }
}
