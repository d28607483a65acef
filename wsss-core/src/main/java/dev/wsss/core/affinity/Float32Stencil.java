package dev.wsss.core.affinity;

import java.util.stream.IntStream;

/** The stencil of a {@link TransitionMatrix} and its walk in float32: half the memory and twice the numbers a vector. */
final class Float32Stencil {
    private final float[][] diagonal;
    private final float[][][] forward;
    private final float[][][] backward;
    private final int[] shifts;
    private final int first;
    private final int block;

    /** Copies weights of the layout that {@link TransitionMatrix} describes. */
    Float32Stencil(double[][] diagonal, double[][][] forward, double[][][] backward, int[] shifts, int first) {
        this.diagonal = toFloats(diagonal);
        this.forward = toFloats(forward);
        this.backward = toFloats(backward);
        this.shifts = shifts;
        this.first = first;
        block = diagonal[0].length;
    }

    private static float[][][] toFloats(double[][][] values) {
        float[][][] floats = new float[values.length][][];
        for (int i = 0; i < values.length; i++) {
            floats[i] = toFloats(values[i]);
        }
        return floats;
    }

    private static float[][] toFloats(double[][] values) {
        float[][] floats = new float[values.length][];
        for (int i = 0; i < values.length; i++) {
            floats[i] = new float[values[i].length];
            for (int j = 0; j < values[i].length; j++) {
                floats[i][j] = (float) values[i][j];
            }
        }
        return floats;
    }

    /** Walks {@code [map][laid-out node]}, which serves as memory. */
    float[][] walk(float[][] maps, int steps, boolean parallel) {
        float[][] from = maps;
        float[][] to = new float[maps.length][maps[0].length];
        float[][][] work = new float[diagonal.length][3][block];
        for (int step = 0; step < steps; step++) {
            float[][] source = from;
            float[][] target = to;
            IntStream range = IntStream.range(0, diagonal.length);
            (parallel ? range.parallel() : range).forEach(b -> step(b, source, target, work[b]));
            from = target;
            to = source;
        }
        return from;
    }

    private void step(int b, float[][] from, float[][] to, float[][] work) {
        float[] sum = work[0];
        float[] after = work[1];
        float[] before = work[2];
        int start = first + b * block;
        for (int k = 0; k < from.length; k++) {
            float[] x = from[k];
            System.arraycopy(x, start, after, 0, block);
            multiply(sum, diagonal[b], after);
            for (int o = 0; o < shifts.length; o++) {
                System.arraycopy(x, start + shifts[o], after, 0, block);
                System.arraycopy(x, start - shifts[o], before, 0, block);
                add(sum, forward[b][o], after, backward[b][o], before);
            }
            System.arraycopy(sum, 0, to[k], start, block);
        }
    }

    private static void multiply(float[] product, float[] a, float[] x) {
        for (int i = 0; i < product.length; i++) {
            product[i] = a[i] * x[i];
        }
    }

    private static void add(float[] sum, float[] a, float[] x, float[] b, float[] y) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += a[i] * x[i] + b[i] * y[i];
        }
    }
}
