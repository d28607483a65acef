package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.Conv2d;
import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.Init;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.models.backbone.Backbone;
import dev.wsss.models.backbone.FeaturePyramid;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A chain of layers whose strides become dilations from the output stride on, with a map at the end of each stride. */
abstract class MobileNet extends Backbone {
    /** Stride and dilation of a layer. */
    record Place(int stride, int dilation) {}

    private static final class Level {
        private final int stride;
        private final List<Layer> layers = new ArrayList<>();
        private int channels;

        Level(int stride) {
            this.stride = stride;
        }
    }

    private final List<Level> levels = new ArrayList<>();
    final MobileNetSettings settings;
    private int stride = 1;
    private int dilation = 1;

    MobileNet(MobileNetSettings settings) {
        this.settings = settings;
    }

    /**
     * Where the next layer stands. A layer that would go beyond the output stride keeps the size, at the dilation of those
     * before it, and those after it dilate the more (as TensorFlow's slim, and torchvision).
     */
    final Place place(int nominalStride) {
        if (nominalStride == 1) {
            return new Place(1, dilation);
        }
        Place place;
        if (stride * nominalStride > settings.outputStride()) {
            place = new Place(1, dilation);
            dilation *= nominalStride;
        } else {
            stride *= nominalStride;
            place = new Place(nominalStride, dilation);
        }
        levels.add(new Level(stride));
        return place;
    }

    /** Adds a layer that is registered already to the end. */
    final void append(Layer layer, int channels) {
        Level last = levels.get(levels.size() - 1);
        last.layers.add(layer);
        last.channels = channels;
    }

    @Override
    public final int[] channels() {
        return levels.stream().mapToInt(level -> level.channels).toArray();
    }

    @Override
    public final int[] strides() {
        return levels.stream().mapToInt(level -> level.stride).toArray();
    }

    @Override
    public final FeaturePyramid features(Tensor images) {
        requireImages(images);
        Tensor[] maps = new Tensor[levels.size()];
        Tensor x = images;
        for (int i = 0; i < maps.length; i++) {
            x = chain(levels.get(i).layers, x);
            maps[i] = x;
        }
        return FeaturePyramid.of(strides(), maps);
    }

    @Override
    public final List<String> onnxFeatures(OnnxGraph graph, String images) {
        List<String> maps = new ArrayList<>();
        String x = images;
        for (Level level : levels) {
            x = onnxChain(level.layers, graph, x);
            maps.add(x);
        }
        return maps;
    }

    /** What a convolution is made of. */
    record Kernel(int in, int out, int size, Place place, int groups) {
        static Kernel pointwise(int in, int out) {
            return new Kernel(in, out, 1, new Place(1, 1), 1);
        }

        static Kernel depthwise(int channels, int size, Place place) {
            return new Kernel(channels, channels, size, place, channels);
        }
    }

    /** A convolution without bias and its normalization, as all networks here have them. */
    static ConvNorm unit(
            String convKey, String normKey, Kernel k, ConvNorm.Activation activation, MobileNetSettings settings) {
        Conv2d.Builder conv = Conv2d.builder(k.in, k.out, k.size)
                .optStride(k.place.stride)
                .optDilation(k.place.dilation)
                .optGroups(k.groups)
                .optBias(false);
        Conv2d built = settings.samePadding()
                ? conv.optSamePadding(true).build()
                : conv.optPadding(k.place.dilation * (k.size - 1) / 2).build();
        Init.kaimingNormalFanOut(built);
        return new ConvNorm(
                convKey, built, normKey, new BatchNorm2d(k.out, settings.momentum(), settings.eps()), activation);
    }
}
