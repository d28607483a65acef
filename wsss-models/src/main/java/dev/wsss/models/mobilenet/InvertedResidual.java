package dev.wsss.models.mobilenet;

import dev.wsss.core.nn.ConvNorm;
import dev.wsss.core.nn.ConvNorm.Activation;
import dev.wsss.core.nn.Layer;
import dev.wsss.core.nn.OnnxGraph;
import dev.wsss.core.runtime.Scope;
import dev.wsss.models.mobilenet.MobileNet.Kernel;
import dev.wsss.models.mobilenet.MobileNet.Place;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A wide inside between narrow ends, of which the outer one is linear (Sandler et al., CVPR 2018). Keys {@code
 * conv.0.0, conv.0.1, ..., conv.2, conv.3} as torchvision's. A part of the networks here; its units are {@link
 * dev.wsss.core.nn.ConvNorm}s, in order.
 */
public final class InvertedResidual extends Layer {
    /** How the inside is made. */
    enum Inside {
        /** A 1x1 convolution, unless the block does not widen, and a depthwise one. */
        DEPTHWISE,
        /** One full convolution in place of both, as EdgeTPU's networks have where maps are large. */
        FUSED,
        /** Nothing but the linear 1x1 convolution. */
        NONE
    }

    /**
     * What it is made of.
     *
     * @param hidden channels inside
     * @param kernel side of the depthwise or fused convolution
     */
    record Config(int in, int hidden, int out, int kernel, Place place, Inside inside, boolean residual) {}

    private final List<ConvNorm> path = new ArrayList<>();
    private final boolean residual;

    InvertedResidual(Config c, Activation activation, MobileNetSettings settings) {
        switch (c.inside) {
            case DEPTHWISE -> {
                if (c.hidden != c.in) {
                    inner(Kernel.pointwise(c.in, c.hidden), activation, settings);
                }
                inner(Kernel.depthwise(c.hidden, c.kernel, c.place), activation, settings);
            }
            case FUSED -> inner(new Kernel(c.in, c.hidden, c.kernel, c.place, 1), activation, settings);
            case NONE -> {}
        }
        int i = path.size();
        path.add(child(MobileNet.unit(
                "conv." + i,
                "conv." + (i + 1),
                Kernel.pointwise(c.inside == Inside.NONE ? c.in : c.hidden, c.out),
                Activation.NONE,
                settings)));
        residual = c.residual;
    }

    private void inner(Kernel kernel, Activation activation, MobileNetSettings settings) {
        String key = "conv." + path.size();
        path.add(child(MobileNet.unit(key + ".0", key + ".1", kernel, activation, settings)));
    }

    /** The convolutions with their normalizations, in the order in which they run; the last is linear. */
    public List<ConvNorm> path() {
        return Collections.unmodifiableList(path);
    }

    /** Whether the block's input is added to its output. */
    public boolean residual() {
        return residual;
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("residual", residual);
    }

    @Override
    public Tensor forward(Tensor x) {
        try (Scope scope = Scope.open()) {
            Tensor y = x;
            for (ConvNorm unit : path) {
                Tensor next = unit.forward(y);
                if (y != x) {
                    y.close();
                }
                y = next;
            }
            if (residual) {
                y.add_(x);
            }
            return scope.keep(y);
        }
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        String y = x;
        for (ConvNorm unit : path) {
            y = unit.onnx(graph, y);
        }
        return residual ? graph.add(y, x) : y;
    }
}
