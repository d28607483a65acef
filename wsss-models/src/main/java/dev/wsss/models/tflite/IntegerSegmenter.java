package dev.wsss.models.tflite;

import ai.djl.modality.cv.Image;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.api.Segmenter;
import dev.wsss.core.image.Resize;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.TfliteTensor;

/** Labels by a model's integers. */
final class IntegerSegmenter implements Segmenter {
    private final TfliteInterpreter interpreter;
    private final Description description;
    private final boolean scores;

    IntegerSegmenter(TfliteInterpreter interpreter, Description description) {
        this.interpreter = interpreter;
        this.description = description;
        TfliteTensor output = interpreter.outputs().get(0);
        long[] shape = output.shape();
        boolean labels = shape.length == 3 && (output.dtype() == DType.I64 || output.dtype() == DType.I32);
        scores = shape.length == 4 && shape[3] <= LabelMap.IGNORE;
        if (!(labels || scores) || shape[0] != 1) {
            throw new IllegalStateException(interpreter + " gives " + output
                    + ", expected whole numbers [1, height, width] or scores [1, height, width, 255 at most]");
        }
    }

    @Override
    public LabelMap segment(Image image) {
        return segment(RgbImage.of(image));
    }

    @Override
    public LabelMap segment(RgbImage image) {
        HostArray output = interpreter.run(image).values();
        int h = (int) output.shape()[1];
        int w = (int) output.shape()[2];
        byte[] labels = new byte[h * w];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (scores ? largest(output, i) : label(output, i));
        }
        return Resize.PIL_NEAREST.apply(LabelMap.wrap(h, w, labels), image.height(), image.width());
    }

    private long label(HostArray output, int pixel) {
        long label = output.getLong(pixel);
        if (label < 0 || label >= LabelMap.IGNORE) {
            throw new InvalidDataException(
                    interpreter + " gives the label " + label + ", expected 0 to " + (LabelMap.IGNORE - 1));
        }
        return label;
    }

    private static int largest(HostArray output, int pixel) {
        int labels = (int) output.shape()[3];
        int best = 0;
        for (int l = 1; l < labels; l++) {
            best = output.getDouble(pixel * labels + l) > output.getDouble(pixel * labels + best) ? l : best;
        }
        return best;
    }

    @Override
    public Description description() {
        return description;
    }
}
