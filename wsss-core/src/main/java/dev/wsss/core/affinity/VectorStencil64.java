package dev.wsss.core.affinity;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** A {@link Stencil} in float64 with vector instructions: it reads weights and scores where they lie. */
final class VectorStencil64 implements Stencil<double[]> {
    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private final GridLine line;
    private final double[] weights;
    private final double[] scale;
    private final RowPairs neighbours;

    VectorStencil64(GridLine line, double[] weights, double[] scale) {
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
    public void multiply(double[][] from, double[][] to, int part) {
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

    private void multiply(double[] x0, double[] x1, double[] x2, double[] y0, double[] y1, double[] y2, int i, int w) {
        double[] weights = this.weights;
        int[] shifts = neighbours.shifts();
        int[] upper = neighbours.upper();
        int[] lower = neighbours.lower();
        int j = i + line.stride();
        DoubleVector u0 = at(x0, i);
        DoubleVector u1 = at(x1, i);
        DoubleVector u2 = at(x2, i);
        DoubleVector l0 = at(x0, j);
        DoubleVector l1 = at(x1, j);
        DoubleVector l2 = at(x2, j);
        for (int n = 0; n < shifts.length; n++) {
            DoubleVector s0 = at(x0, i + shifts[n]);
            DoubleVector s1 = at(x1, i + shifts[n]);
            DoubleVector s2 = at(x2, i + shifts[n]);
            DoubleVector weight = at(weights, w + upper[n]);
            u0 = weight.fma(s0, u0);
            u1 = weight.fma(s1, u1);
            u2 = weight.fma(s2, u2);
            weight = at(weights, w + lower[n]);
            l0 = weight.fma(s0, l0);
            l1 = weight.fma(s1, l1);
            l2 = weight.fma(s2, l2);
        }
        DoubleVector factor = at(scale, i);
        u0.mul(factor).intoArray(y0, i);
        u1.mul(factor).intoArray(y1, i);
        u2.mul(factor).intoArray(y2, i);
        factor = at(scale, j);
        l0.mul(factor).intoArray(y0, j);
        l1.mul(factor).intoArray(y1, j);
        l2.mul(factor).intoArray(y2, j);
    }

    private void multiply(double[] x, double[] y, int i, int w) {
        double[] weights = this.weights;
        int[] shifts = neighbours.shifts();
        int[] upper = neighbours.upper();
        int[] lower = neighbours.lower();
        int j = i + line.stride();
        DoubleVector u = at(x, i);
        DoubleVector l = at(x, j);
        for (int n = 0; n < shifts.length; n++) {
            DoubleVector s = at(x, i + shifts[n]);
            u = at(weights, w + upper[n]).fma(s, u);
            l = at(weights, w + lower[n]).fma(s, l);
        }
        u.mul(at(scale, i)).intoArray(y, i);
        l.mul(at(scale, j)).intoArray(y, j);
    }

    private static DoubleVector at(double[] values, int i) {
        return DoubleVector.fromArray(SPECIES, values, i);
    }
}
