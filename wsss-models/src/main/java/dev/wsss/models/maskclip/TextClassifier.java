package dev.wsss.models.maskclip;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.OnnxAttribute;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.core.runtime.Tensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Scores pixels against the text embeddings of classes: {@code [N][E][h][w]} to {@code [N][C][h][w]}. The embeddings are a
 * buffer, key {@code text_embeddings} {@code [C][E]}: they are saved and loaded, and never train nor decay.
 */
public final class TextClassifier extends Layer {
    /** What is computed of a pixel's feature and a class's embedding. */
    public enum Score {
        /** Their product, as the student of CARB and MaskCLIP+ has it. */
        DOT,
        /** The product of the feature, scaled to length 1, and the embedding as it is; 0 for a feature of length 0. */
        COSINE
    }

    /** Below any length that a feature has, unless it is 0. */
    private static final double TINY = 1e-12;

    private final Tensor embeddings;
    private final Score score;

    /**
     * A classifier.
     *
     * @param embeddings floating point {@code [C][E]}, for {@link Score#COSINE} in rows of length 1; used as they are
     * @throws IllegalArgumentException if they are of another shape or type, or not finite
     */
    public TextClassifier(HostArray embeddings, Score score) {
        requireEmbeddings(embeddings);
        this.embeddings = buffer("text_embeddings", Tensors.of(embeddings.toFloats(), embeddings.shape()));
        this.score = score;
    }

    /**
     * Refuses what are no embeddings of classes.
     *
     * @throws IllegalArgumentException saying what they are
     */
    static void requireEmbeddings(HostArray embeddings) {
        if (embeddings.shape().length != 2
                || embeddings.size() == 0
                || !embeddings.dtype().isFloating()) {
            throw new IllegalArgumentException(
                    "text embeddings must be floating point [classes][width], got " + embeddings);
        }
        int odd = embeddings.nonFinite();
        if (odd > 0) {
            throw new IllegalArgumentException("text embeddings must be finite, got " + odd + " of " + embeddings.size()
                    + " elements that are NaN or infinite");
        }
    }

    /** Number of classes. */
    public int classes() {
        return (int) embeddings.size(0);
    }

    /** Channels of the features. */
    public int width() {
        return (int) embeddings.size(1);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("score", score);
    }

    @Override
    public Tensor forward(Tensor features) {
        try (Scope scope = Scope.open()) {
            Tensor x = score == Score.COSINE ? unit(features, 1) : features;
            return scope.keep(torch.conv2d(x, embeddings.view(classes(), width(), 1, 1)));
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String features) {
        String x = score == Score.COSINE ? graph.unit(features, (float) TINY) : features;
        return graph.node(
                "Conv",
                List.of(x, graph.weight(embeddings, classes(), width(), 1, 1)),
                Map.of(
                        "kernel_shape", OnnxAttribute.ofInts(1, 1),
                        "strides", OnnxAttribute.ofInts(1, 1),
                        "dilations", OnnxAttribute.ofInts(1, 1),
                        "pads", OnnxAttribute.ofInts(0, 0, 0, 0),
                        "group", OnnxAttribute.of(1)));
    }

    /** Scaled to length 1 along a dimension; what has length 0 stays. */
    static Tensor unit(Tensor t, long dim) {
        try (Scope scope = Scope.open()) {
            Tensor length = t.norm(new ScalarOptional(new Scalar(2)), new long[] {dim}, true);
            return scope.keep(t.div(length.clamp_min(new Scalar(TINY))));
        }
    }
}
