package dev.wsss.core.affinity;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A {@link Stencil} in float32 with vector instructions: it reads weights and scores where they lie. */
final class VectorStencil32 implements Stencil<float[]> {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private final float[][] weights;
    private final float[] scale;
    private final int[] shifts;

    VectorStencil32(float[][] weights, float[] scale, int[] shifts) {
        this.weights = weights;
        this.scale = scale;
        this.shifts = shifts;
    }

    @Override
    public void multiply(float[][] from, float[][] to, int block, int start) {
        // the sums of four vectors stay in registers over all offsets, and their weights in the nearest cache for all
        // maps
        for (int i = start; i < start + BLOCK; i += 4 * LANES) {
            for (int k = 0; k < from.length; k++) {
                multiply(from[k], to[k], i);
            }
        }
    }

    private void multiply(float[] x, float[] y, int i) {
        FloatVector s0 = FloatVector.fromArray(SPECIES, x, i);
        FloatVector s1 = FloatVector.fromArray(SPECIES, x, i + LANES);
        FloatVector s2 = FloatVector.fromArray(SPECIES, x, i + 2 * LANES);
        FloatVector s3 = FloatVector.fromArray(SPECIES, x, i + 3 * LANES);
        for (int o = 0; o < shifts.length; o++) {
            float[] w = weights[o];
            int after = i + shifts[o];
            int before = i - shifts[o];
            s0 = term(w, i, x, after, term(w, before, x, before, s0));
            s1 = term(w, i + LANES, x, after + LANES, term(w, before + LANES, x, before + LANES, s1));
            s2 = term(w, i + 2 * LANES, x, after + 2 * LANES, term(w, before + 2 * LANES, x, before + 2 * LANES, s2));
            s3 = term(w, i + 3 * LANES, x, after + 3 * LANES, term(w, before + 3 * LANES, x, before + 3 * LANES, s3));
        }
        s0.mul(FloatVector.fromArray(SPECIES, scale, i)).intoArray(y, i);
        s1.mul(FloatVector.fromArray(SPECIES, scale, i + LANES)).intoArray(y, i + LANES);
        s2.mul(FloatVector.fromArray(SPECIES, scale, i + 2 * LANES)).intoArray(y, i + 2 * LANES);
        s3.mul(FloatVector.fromArray(SPECIES, scale, i + 3 * LANES)).intoArray(y, i + 3 * LANES);
    }

    private static FloatVector term(float[] w, int atW, float[] x, int atX, FloatVector sum) {
        return FloatVector.fromArray(SPECIES, w, atW).fma(FloatVector.fromArray(SPECIES, x, atX), sum);
    }
}
