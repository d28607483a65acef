package dev.wsss.core.affinity;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** A {@link Stencil} in float64 with vector instructions: it reads weights and scores where they lie. */
final class VectorStencil64 implements Stencil<double[]> {
    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private final double[][] weights;
    private final double[] scale;
    private final int[] shifts;

    VectorStencil64(double[][] weights, double[] scale, int[] shifts) {
        this.weights = weights;
        this.scale = scale;
        this.shifts = shifts;
    }

    @Override
    public void multiply(double[][] from, double[][] to, int block, int start) {
        // the weights of two vectors of nodes stay in the nearest cache for all maps, and in registers for three of
        // them
        for (int i = start; i < start + BLOCK; i += 2 * LANES) {
            int k = 0;
            for (; k + 2 < from.length; k += 3) {
                multiply(from[k], from[k + 1], from[k + 2], to[k], to[k + 1], to[k + 2], i);
            }
            for (; k < from.length; k++) {
                multiply(from[k], to[k], i);
            }
        }
    }

    private void multiply(double[] x0, double[] x1, double[] x2, double[] y0, double[] y1, double[] y2, int i) {
        int j = i + LANES;
        DoubleVector s00 = at(x0, i);
        DoubleVector s01 = at(x0, j);
        DoubleVector s10 = at(x1, i);
        DoubleVector s11 = at(x1, j);
        DoubleVector s20 = at(x2, i);
        DoubleVector s21 = at(x2, j);
        for (int o = 0; o < shifts.length; o++) {
            double[] w = weights[o];
            int shift = shifts[o];
            DoubleVector after = at(w, i);
            s00 = after.fma(at(x0, i + shift), s00);
            s10 = after.fma(at(x1, i + shift), s10);
            s20 = after.fma(at(x2, i + shift), s20);
            after = at(w, j);
            s01 = after.fma(at(x0, j + shift), s01);
            s11 = after.fma(at(x1, j + shift), s11);
            s21 = after.fma(at(x2, j + shift), s21);
            DoubleVector before = at(w, i - shift);
            s00 = before.fma(at(x0, i - shift), s00);
            s10 = before.fma(at(x1, i - shift), s10);
            s20 = before.fma(at(x2, i - shift), s20);
            before = at(w, j - shift);
            s01 = before.fma(at(x0, j - shift), s01);
            s11 = before.fma(at(x1, j - shift), s11);
            s21 = before.fma(at(x2, j - shift), s21);
        }
        s00.mul(at(scale, i)).intoArray(y0, i);
        s01.mul(at(scale, j)).intoArray(y0, j);
        s10.mul(at(scale, i)).intoArray(y1, i);
        s11.mul(at(scale, j)).intoArray(y1, j);
        s20.mul(at(scale, i)).intoArray(y2, i);
        s21.mul(at(scale, j)).intoArray(y2, j);
    }

    private void multiply(double[] x, double[] y, int i) {
        int j = i + LANES;
        DoubleVector s0 = at(x, i);
        DoubleVector s1 = at(x, j);
        for (int o = 0; o < shifts.length; o++) {
            double[] w = weights[o];
            int shift = shifts[o];
            s0 = at(w, i).fma(at(x, i + shift), s0);
            s1 = at(w, j).fma(at(x, j + shift), s1);
            s0 = at(w, i - shift).fma(at(x, i - shift), s0);
            s1 = at(w, j - shift).fma(at(x, j - shift), s1);
        }
        s0.mul(at(scale, i)).intoArray(y, i);
        s1.mul(at(scale, j)).intoArray(y, j);
    }

    private static DoubleVector at(double[] values, int i) {
        return DoubleVector.fromArray(SPECIES, values, i);
    }
}
