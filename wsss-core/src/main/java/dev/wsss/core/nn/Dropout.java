package dev.wsss.core.nn;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Dropout in training mode, of single elements or of whole channels; nothing in evaluation mode. */
public final class Dropout extends Layer {
    private final double p;
    private final boolean channels;

    private Dropout(double p, boolean channels) {
        if (!(p >= 0 && p < 1)) {
            throw new IllegalArgumentException("dropout probability must be in [0, 1), got " + p);
        }
        this.p = p;
        this.channels = channels;
    }

    /** Drops single elements with probability {@code p}. */
    public static Dropout elements(double p) {
        return new Dropout(p, false);
    }

    /** Drops whole channels with probability {@code p}, as Dropout2d. */
    public static Dropout channels(double p) {
        return new Dropout(p, true);
    }

    @Override
    protected Map<String, Object> settings() {
        return Map.of("p", p, "channels", channels);
    }

    @Override
    public Tensor forward(Tensor x) {
        return channels ? torch.feature_dropout(x, p, isTraining()) : torch.dropout(x, p, isTraining());
    }

    @Override
    public String onnx(OnnxGraph graph, String x) {
        return x;
    }
}
