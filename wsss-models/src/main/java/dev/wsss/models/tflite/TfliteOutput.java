package dev.wsss.models.tflite;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteTensor;

/**
 * What a model answered.
 *
 * @param tensor the model's output, with its scale and zero point where it has any
 * @param values of the tensor's type and shape: 8-bit integers, indices of classes, or floats
 */
public record TfliteOutput(TfliteTensor tensor, HostArray values) {
    /** The numbers that the integers stand for, {@code scale * (q - zeroPoint)}; of others the values themselves. */
    public float[] toFloats() {
        float[] floats = values.toFloats();
        TfliteTensor.Quantization quantization = tensor.quantization();
        if (quantization != null && EightBit.is(tensor)) {
            for (int i = 0; i < floats.length; i++) {
                floats[i] = quantization.scale() * (floats[i] - quantization.zeroPoint());
            }
        }
        return floats;
    }
}
