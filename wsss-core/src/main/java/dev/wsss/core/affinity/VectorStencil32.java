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

    private void multiply(float[] x0, float[] x1, float[] x2, float[] y0, float[] y1, float[] y2, int i) {
        int j = i + LANES;
        FloatVector s00 = at(x0, i);
        FloatVector s01 = at(x0, j);
        FloatVector s10 = at(x1, i);
        FloatVector s11 = at(x1, j);
        FloatVector s20 = at(x2, i);
        FloatVector s21 = at(x2, j);
        for (int o = 0; o < shifts.length; o++) {
            float[] w = weights[o];
            int shift = shifts[o];
            FloatVector after = at(w, i);
            s00 = after.fma(at(x0, i + shift), s00);
            s10 = after.fma(at(x1, i + shift), s10);
            s20 = after.fma(at(x2, i + shift), s20);
            after = at(w, j);
            s01 = after.fma(at(x0, j + shift), s01);
            s11 = after.fma(at(x1, j + shift), s11);
            s21 = after.fma(at(x2, j + shift), s21);
            FloatVector before = at(w, i - shift);
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

    private void multiply(float[] x, float[] y, int i) {
        int j = i + LANES;
        FloatVector s0 = at(x, i);
        FloatVector s1 = at(x, j);
        for (int o = 0; o < shifts.length; o++) {
            float[] w = weights[o];
            int shift = shifts[o];
            s0 = at(w, i).fma(at(x, i + shift), s0);
            s1 = at(w, j).fma(at(x, j + shift), s1);
            s0 = at(w, i - shift).fma(at(x, i - shift), s0);
            s1 = at(w, j - shift).fma(at(x, j - shift), s1);
        }
        s0.mul(at(scale, i)).intoArray(y, i);
        s1.mul(at(scale, j)).intoArray(y, j);
    }

    private static FloatVector at(float[] values, int i) {
        return FloatVector.fromArray(SPECIES, values, i);
    }
}
