package dev.wsss.models.backbone;

import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A network that turns images {@code [N][3][H][W]} into the feature maps that heads build on. */
public abstract class Backbone extends Layer {
    /** Computes all maps of images {@code [N][3][H][W]}; they belong to the current scope. */
    public abstract FeaturePyramid features(Tensor images);

    /** The channels of each map, in the order of {@link FeaturePyramid#maps()}; a copy. */
    public abstract int[] channels();

    /** The stride of each map, ascending; a copy. */
    public abstract int[] strides();

    /** The channels of the last map. */
    public final int outChannels() {
        int[] channels = channels();
        return channels[channels.length - 1];
    }

    /**
     * The channels of {@link FeaturePyramid#at}.
     *
     * @throws IllegalArgumentException if there is no map of that stride; the message names the strides that there are
     */
    public final int channelsAt(int stride) {
        return channels()[levelOf(stride)];
    }

    /**
     * The place of {@link FeaturePyramid#at} among the maps.
     *
     * @throws IllegalArgumentException if there is no map of that stride; the message names the strides that there are
     */
    public final int levelOf(int stride) {
        return FeaturePyramid.level(strides(), stride);
    }

    /**
     * For heads that build on stages, of which several may have one stride.
     *
     * @throws IllegalArgumentException if there are not {@code count} maps
     */
    public final void requireMaps(int count) {
        if (channels().length != count) {
            throw new IllegalArgumentException("expected a backbone of " + count + " maps, got "
                    + getClass().getSimpleName() + " with maps of strides " + Arrays.toString(strides()));
        }
    }

    /** The last map alone. */
    @Override
    public final Tensor forward(Tensor images) {
        return features(images).last();
    }

    /** One after the other; without gradients, each result is freed as soon as the next is there. */
    protected static Tensor chain(List<? extends Layer> layers, Tensor x) {
        Tensor y = x;
        for (Layer layer : layers) {
            Tensor next = layer.forward(y);
            if (y != x) {
                y.close();
            }
            y = next;
        }
        return y;
    }

    /**
     * Adds the maps of images to an ONNX graph, as {@link #features} computes them in evaluation mode.
     *
     * @return names of the maps, in the order of {@link FeaturePyramid#maps()}
     * @throws UnsupportedOperationException naming the network, if it has no such form
     */
    public List<String> onnxFeatures(OnnxGraph graph, String images) {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " has no ONNX form");
    }

    @Override
    public final String onnx(OnnxGraph graph, String images) {
        List<String> maps = onnxFeatures(graph, images);
        return maps.get(maps.size() - 1);
    }

    /** One after the other, in an ONNX graph. */
    protected static String onnxChain(List<? extends Layer> layers, OnnxGraph graph, String x) {
        String y = x;
        for (Layer layer : layers) {
            y = layer.onnx(graph, y);
        }
        return y;
    }

    /**
     * Refuses what is no batch of colour images.
     *
     * @throws IllegalArgumentException naming the shape
     */
    protected static void requireImages(Tensor images) {
        if (images.dim() != 4 || images.size(1) != 3) {
            throw new IllegalArgumentException("expected images of shape [N, 3, H, W], got "
                    + Arrays.toString(images.sizes().vec().get()));
        }
    }
}
