package dev.wsss.core.affinity;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A {@link Stencil} in float32 with vector instructions: it reads weights and scores where they lie. */
final class VectorStencil32 implements Stencil<float[]> {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private final GridLine line;
    private final float[] weights;
    private final float[] scale;
    private final RowPairs neighbours;

    VectorStencil32(GridLine line, float[] weights, float[] scale) {
        this.line = line;
        this.weights = weights;
        this.scale = scale;
        neighbours = RowPairs.of(line);
    }

    @Override
    public int rows() {
        return 2;
    }

    @Override
    public void multiply(float[][] from, float[][] to, int part) {
        int start = line.row(2 * part);
        int weight = line.weightRow(2 * part);
        for (int x = 0; x < line.width(); x += LANES) {
            int i = start + x;
            int w = weight + x;
            int k = 0;
            for (; k + 2 < from.length; k += 3) {
                multiply(from[k], from[k + 1], from[k + 2], to[k], to[k + 1], to[k + 2], i, w);
            }
            for (; k < from.length; k++) {
                multiply(from[k], to[k], i, w);
            }
        }
    }

    private void multiply(float[] x0, float[] x1, float[] x2, float[] y0, float[] y1, float[] y2, int i, int w) {
        float[] weights = this.weights;
        int[] shifts = neighbours.shifts();
        int[] upper = neighbours.upper();
        int[] lower = neighbours.lower();
        int j = i + line.stride();
        FloatVector u0 = at(x0, i);
        FloatVector u1 = at(x1, i);
        FloatVector u2 = at(x2, i);
        FloatVector l0 = at(x0, j);
        FloatVector l1 = at(x1, j);
        FloatVector l2 = at(x2, j);
        for (int n = 0; n < shifts.length; n++) {
            FloatVector s0 = at(x0, i + shifts[n]);
            FloatVector s1 = at(x1, i + shifts[n]);
            FloatVector s2 = at(x2, i + shifts[n]);
            FloatVector weight = at(weights, w + upper[n]);
            u0 = weight.fma(s0, u0);
            u1 = weight.fma(s1, u1);
            u2 = weight.fma(s2, u2);
            weight = at(weights, w + lower[n]);
            l0 = weight.fma(s0, l0);
            l1 = weight.fma(s1, l1);
            l2 = weight.fma(s2, l2);
        }
        FloatVector factor = at(scale, i);
        u0.mul(factor).intoArray(y0, i);
        u1.mul(factor).intoArray(y1, i);
        u2.mul(factor).intoArray(y2, i);
        factor = at(scale, j);
        l0.mul(factor).intoArray(y0, j);
        l1.mul(factor).intoArray(y1, j);
        l2.mul(factor).intoArray(y2, j);
    }

    private void multiply(float[] x, float[] y, int i, int w) {
        float[] weights = this.weights;
        int[] shifts = neighbours.shifts();
        int[] upper = neighbours.upper();
        int[] lower = neighbours.lower();
        int j = i + line.stride();
        FloatVector u = at(x, i);
        FloatVector l = at(x, j);
        for (int n = 0; n < shifts.length; n++) {
            FloatVector s = at(x, i + shifts[n]);
            u = at(weights, w + upper[n]).fma(s, u);
            l = at(weights, w + lower[n]).fma(s, l);
        }
        u.mul(at(scale, i)).intoArray(y, i);
        l.mul(at(scale, j)).intoArray(y, j);
    }

    private static FloatVector at(float[] values, int i) {
        return FloatVector.fromArray(SPECIES, values, i);
    }
}
