package dev.wsss.core.affinity;

/** A {@link Stencil} in float32, in a form that the compiler vectorises. */
final class PlainStencil32 implements Stencil<float[]> {
    private final float[][] weights;
    private final float[] scale;
    private final int[] shifts;
    // Each operand of the inner loop is an array of its own indexed by the loop variable alone: the compiler vectorises
    // no
    // other form of it.
    private final float[][] sum; // [block * maps + map][BLOCK]
    private final float[][][] operands; // [block][operand][BLOCK]

    /** For one walk of {@code maps} maps. */
    PlainStencil32(float[][] weights, float[] scale, int[] shifts, int blocks, int maps) {
        this.weights = weights;
        this.scale = scale;
        this.shifts = shifts;
        sum = new float[blocks * maps][BLOCK];
        operands = new float[blocks][4][BLOCK];
    }

    @Override
    public void multiply(float[][] from, float[][] to, int block, int start) {
        float[] a = operands[block][0];
        float[] b = operands[block][1];
        float[] x = operands[block][2];
        float[] y = operands[block][3];
        int first = block * from.length;
        for (int k = 0; k < from.length; k++) {
            System.arraycopy(from[k], start, sum[first + k], 0, BLOCK);
        }
        for (int o = 0; o < shifts.length; o++) {
            System.arraycopy(weights[o], start, a, 0, BLOCK);
            System.arraycopy(weights[o], start - shifts[o], b, 0, BLOCK);
            for (int k = 0; k < from.length; k++) {
                System.arraycopy(from[k], start + shifts[o], x, 0, BLOCK);
                System.arraycopy(from[k], start - shifts[o], y, 0, BLOCK);
                add(sum[first + k], a, x, b, y);
            }
        }
        System.arraycopy(scale, start, a, 0, BLOCK);
        for (int k = 0; k < from.length; k++) {
            scale(sum[first + k], a);
            System.arraycopy(sum[first + k], 0, to[k], start, BLOCK);
        }
    }

    /** The loop that the walk spends its time in. */
    private static void add(float[] sum, float[] a, float[] x, float[] b, float[] y) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += a[i] * x[i] + b[i] * y[i];
        }
    }

    private static void scale(float[] sum, float[] factor) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] *= factor[i];
        }
    }
}
