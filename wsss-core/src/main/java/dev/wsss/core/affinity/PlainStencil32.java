package dev.wsss.core.affinity;

/** A {@link Stencil} in float32, in a form that the compiler vectorises. */
final class PlainStencil32 implements Stencil<float[]> {
    /** Numbers that are worked on at a time: with as many of each operand, the nearest cache holds them. */
    private static final int BLOCK = 512;

    private final GridLine line;
    private final int rows;
    private final float[] weights;
    private final float[] scale;
    // Each operand of the inner loop is an array of its own indexed by the loop variable alone: the compiler vectorises
    // no other form of it.
    private final float[][] sum; // [part * maps + map][rows * stride]
    private final float[][][] operands; // [part][operand][rows * stride]

    /** For one walk of {@code maps} maps. */
    PlainStencil32(GridLine line, float[] weights, float[] scale, int maps) {
        this.line = line;
        this.weights = weights;
        this.scale = scale;
        rows = Math.max(1, BLOCK / line.stride());
        int parts = line.parts(rows);
        sum = new float[parts * maps][rows * line.stride()];
        operands = new float[parts][4][rows * line.stride()];
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public void multiply(float[][] from, float[][] to, int part) {
        float[] a = operands[part][0];
        float[] b = operands[part][1];
        float[] x = operands[part][2];
        float[] y = operands[part][3];
        int first = part * from.length;
        int row = part * rows;
        int start = line.row(row);
        int count = Math.min(rows, line.height() - row);
        int nodes = count * line.stride();
        for (int k = 0; k < from.length; k++) {
            System.arraycopy(from[k], start, sum[first + k], 0, nodes);
        }
        for (int o = 0; o < line.offsets().length; o++) {
            for (int r = 0; r < count; r++) {
                int weight = line.weightRow(row + r);
                System.arraycopy(weights, weight + line.after(o), a, r * line.stride(), line.stride());
                System.arraycopy(weights, weight + line.before(o), b, r * line.stride(), line.stride());
            }
            int shift = line.shift(o);
            for (int k = 0; k < from.length; k++) {
                System.arraycopy(from[k], start + shift, x, 0, nodes);
                System.arraycopy(from[k], start - shift, y, 0, nodes);
                add(sum[first + k], a, x, b, y);
            }
        }
        System.arraycopy(scale, start, a, 0, nodes);
        for (int k = 0; k < from.length; k++) {
            scale(sum[first + k], a);
            System.arraycopy(sum[first + k], 0, to[k], start, nodes);
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
