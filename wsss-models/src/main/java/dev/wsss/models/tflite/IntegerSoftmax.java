package dev.wsss.models.tflite;

import dev.wsss.core.io.TfliteOptions;
import dev.wsss.core.runtime.Tensors;

/**
 * SOFTMAX over the last dimension, as TFLite's kernel has it: float32 exponentials of the 256 distances from the largest
 * integer, and their sum in order.
 */
final class IntegerSoftmax {
    private IntegerSoftmax() {}

    static IntegerKernel of(OperatorSite site) {
        EightBit in = site.data(0);
        EightBit out = site.result();
        site.requireResult(in.shape());
        if (in.signed() != out.signed() || out.zeroPoint() != out.least()) {
            throw site.bad(
                    "takes " + in + " to " + out + ", expected one type, and a zero point that is the least integer");
        }
        float step = -in.scale() * site.options(TfliteOptions.Softmax.class).beta();
        float[] exponentials = new float[256];
        for (int i = 0; i < exponentials.length; i++) {
            exponentials[i] = (float) Math.exp(step * i);
        }
        int channels = (int) in.shape()[in.shape().length - 1];
        return x -> {
            float[] values = Tensors.toFloats(x[0]);
            for (int from = 0; from < values.length; from += channels) {
                row(values, from, channels, exponentials, out);
            }
            return Tensors.of(values, in.shape());
        };
    }

    private static void row(float[] values, int from, int channels, float[] exponentials, EightBit out) {
        float most = values[from];
        for (int c = 1; c < channels; c++) {
            most = Math.max(most, values[from + c]);
        }
        float sum = 0;
        for (int c = 0; c < channels; c++) {
            sum += exponentials[(int) (most - values[from + c])];
        }
        float factor = 1 / (sum * out.scale());
        for (int c = 0; c < channels; c++) {
            float share = exponentials[(int) (most - values[from + c])] * factor;
            // uint8 adds a half in float32, int8 rounds
            double rounded = out.signed() ? Math.floor(share + 0.5) : Math.floor(share + 0.5f);
            values[from + c] = (float) Math.min(rounded, out.most() - out.zeroPoint());
        }
    }
}
