package dev.wsss.systems.ppc;

import dev.wsss.core.io.HostArray;
import dev.wsss.core.runtime.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Numbers in [0, 1) by a hash, so that another program can make the same ones. */
final class Hashed {
    private Hashed() {}

    /** Float32 {@code a * u + b} of the hash's numbers of a seed. */
    static Tensor uniform(int seed, double a, double b, long... shape) {
        float[] values = new float[Math.toIntExact(HostArray.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (a * hash(i + seed * 1_000_003L) + b);
        }
        return Tensors.of(values, shape);
    }

    static double hash(long k) {
        long mask = 0xffff_ffffL;
        long x = (k + 1) * 2654435761L & mask;
        x ^= x >>> 16;
        x = x * 2246822519L & mask;
        x ^= x >>> 13;
        return x / 4294967296.0;
    }
}
