package dev.wsss.api;

import java.util.Arrays;

/** Score maps on the heap. */
final class HostScoreMaps implements ScoreMaps {
    private final int[] labels;
    private final int height;
    private final int width;
    private final float[] values;

    HostScoreMaps(int[] labels, int height, int width, float[] values) {
        if (height < 1 || width < 1) {
            throw new InvalidDataException("score maps must be at least 1x1, got " + height + "x" + width);
        }
        for (int k = 0; k < labels.length; k++) {
            if (labels[k] < 0 || labels[k] >= LabelMap.IGNORE || k > 0 && labels[k] <= labels[k - 1]) {
                throw new IllegalArgumentException("labels must ascend within 0..254, got " + Arrays.toString(labels));
            }
        }
        if (values.length != (long) labels.length * height * width) {
            throw new IllegalArgumentException(labels.length + " maps of " + height + "x" + width + " have "
                    + (long) labels.length * height * width + " scores, got " + values.length);
        }
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                int pixel = i % (height * width);
                throw new InvalidDataException(
                        "score of label " + labels[i / (height * width)] + " at row " + pixel / width + ", column "
                                + pixel % width + " is " + values[i] + "; expected a finite number");
            }
        }
        this.labels = labels.clone();
        this.height = height;
        this.width = width;
        this.values = values;
    }

    @Override
    public int[] labels() {
        return labels.clone();
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public float[] toArray() {
        return values;
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "ScoreMaps" + Arrays.toString(labels) + "[" + height + "x" + width + "]";
    }
}
