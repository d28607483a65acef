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
        // the sums of four vectors stay in registers over all offsets, and their weights in the nearest cache for all
        // maps
        for (int i = start; i < start + BLOCK; i += 4 * LANES) {
            for (int k = 0; k < from.length; k++) {
                multiply(from[k], to[k], i);
            }
        }
    }

    private void multiply(double[] x, double[] y, int i) {
        DoubleVector s0 = DoubleVector.fromArray(SPECIES, x, i);
        DoubleVector s1 = DoubleVector.fromArray(SPECIES, x, i + LANES);
        DoubleVector s2 = DoubleVector.fromArray(SPECIES, x, i + 2 * LANES);
        DoubleVector s3 = DoubleVector.fromArray(SPECIES, x, i + 3 * LANES);
        for (int o = 0; o < shifts.length; o++) {
            double[] w = weights[o];
            int after = i + shifts[o];
            int before = i - shifts[o];
            s0 = term(w, i, x, after, term(w, before, x, before, s0));
            s1 = term(w, i + LANES, x, after + LANES, term(w, before + LANES, x, before + LANES, s1));
            s2 = term(w, i + 2 * LANES, x, after + 2 * LANES, term(w, before + 2 * LANES, x, before + 2 * LANES, s2));
            s3 = term(w, i + 3 * LANES, x, after + 3 * LANES, term(w, before + 3 * LANES, x, before + 3 * LANES, s3));
        }
        s0.mul(DoubleVector.fromArray(SPECIES, scale, i)).intoArray(y, i);
        s1.mul(DoubleVector.fromArray(SPECIES, scale, i + LANES)).intoArray(y, i + LANES);
        s2.mul(DoubleVector.fromArray(SPECIES, scale, i + 2 * LANES)).intoArray(y, i + 2 * LANES);
        s3.mul(DoubleVector.fromArray(SPECIES, scale, i + 3 * LANES)).intoArray(y, i + 3 * LANES);
    }

    private static DoubleVector term(double[] w, int atW, double[] x, int atX, DoubleVector sum) {
        return DoubleVector.fromArray(SPECIES, w, atW).fma(DoubleVector.fromArray(SPECIES, x, atX), sum);
    }
}
