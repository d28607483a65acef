package dev.wsss.models.onnx;

import dev.wsss.core.io.OnnxWriter;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.models.cam.Classifier;
import dev.wsss.models.checkpoint.Exportable;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a network as an ONNX model of opset 17, in its inference form: normalizations by their running statistics, no
 * dropout. Classifiers, the DeepLab family but for several scales, and all backbones beneath them can be written.
 *
 * <pre>{@code
 * OnnxExport.of(segmenter).optLogitsAtInputSize(false).write(Path.of("segmenter.onnx"));
 * OnnxExport.of(classifier).optFixedSize(1, 224, 224).write(Path.of("classifier.onnx"));
 * }</pre>
 *
 * <p>The input is {@code images} {@code [n][3][h][w]}, normalized as for the network itself; the output {@code logits},
 * {@code [n][tags]} of a {@link Classifier} and {@code [n][classes][h'][w']} of others. Batch and size are open unless
 * fixed. Weights have the names that they have in our checkpoints.
 */
public final class OnnxExport {
    private static final int OPEN = -1;

    private final Layer network;
    private int batch = OPEN;
    private int height = OPEN;
    private int width = OPEN;
    private boolean resized;
    private boolean alignCorners;

    private OnnxExport(Layer network) {
        this.network = network;
    }

    /** An export of a network of float32, which it does not change. */
    public static OnnxExport of(Layer network) {
        return new OnnxExport(network);
    }

    /** Fixes batch and image size, which some runtimes need and all can use; open by default. */
    public OnnxExport optFixedSize(int batch, int height, int width) {
        if (batch < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "batch, height and width must be at least 1, got " + batch + ", " + height + " and " + width);
        }
        this.batch = batch;
        this.height = height;
        this.width = width;
        return this;
    }

    /**
     * Resizes pixel logits bilinearly to the images' size; by default they stay at the size that the network gives.
     *
     * @param alignCorners as the network's code base does it
     */
    public OnnxExport optLogitsAtInputSize(boolean alignCorners) {
        resized = true;
        this.alignCorners = alignCorners;
        return this;
    }

    /**
     * Writes or replaces the file.
     *
     * @throws UnsupportedOperationException naming the layer, if a part of the network has no ONNX form
     * @throws IllegalArgumentException if the network is not of float32, or a classifier of images is to be resized
     * @throws IllegalStateException if the network is {@link Exportable} and not ready
     * @throws dev.wsss.api.InvalidDataException if a weight is NaN or infinite
     * @throws java.io.UncheckedIOException if writing fails
     */
    public void write(Path file) {
        boolean tags = network instanceof Classifier;
        if (tags && resized) {
            throw new IllegalArgumentException(
                    "a Classifier gives one logit for each image and tag, which no size is of");
        }
        if (network instanceof Exportable exportable) {
            exportable.requireExportable();
        }
        network.requireFinite();
        OnnxWriter.Builder writer = OnnxWriter.builder()
                .setGraphName(network.getClass().getSimpleName())
                .optProducer("wsss", "")
                .optMetadata(Map.of("weights", network.fingerprint()));
        OnnxGraph graph = new OnnxGraph(network, writer);
        String images = graph.input("images", batch, height, width);
        String logits = network.onnx(graph, images);
        if (resized) {
            logits = graph.bilinearLike(logits, images, alignCorners);
        }
        graph.output("logits", logits, tags ? 2 : 4);
        writer.build().write(file);
    }
}
