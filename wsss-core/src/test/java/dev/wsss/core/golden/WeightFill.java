package dev.wsss.core.golden;

import dev.wsss.core.io.HostArray;
import java.nio.charset.StandardCharsets;

/** The rule by which both sides of a reference vector fill a network's weights. */
public final class WeightFill {
    private WeightFill() {}

    /** The filled tensor of a checkpoint key: float32, or int64 zero for {@code num_batches_tracked}. */
    public static HostArray fill(String name, long seed, long... shape) {
        int n = Math.toIntExact(HostArray.elements(shape));
        if (name.endsWith("num_batches_tracked")) {
            return HostArray.ofLongs(new long[n], shape);
        }
        long base = fnv1a(name) + seed * 0x9E3779B97F4A7C15L;
        double bound = 0;
        if (shape.length >= 2) {
            double fanIn = 1;
            for (int d = 1; d < shape.length; d++) {
                fanIn *= shape[d];
            }
            bound = Math.sqrt(3 / fanIn);
        }
        boolean scale = name.endsWith("weight") || name.endsWith("gamma");
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            double u = (splitmix64(base + i) >>> 40) * 0x1p-24;
            double v;
            if (name.endsWith("running_var")) {
                v = 0.5 + u;
            } else if (shape.length >= 2) {
                v = (2 * u - 1) * bound;
            } else if (shape.length == 1) {
                v = scale ? 0.5 + u : 0.2 * (u - 0.5);
            } else {
                v = u;
            }
            values[i] = (float) v;
        }
        return HostArray.ofFloats(values, shape);
    }

    private static long fnv1a(String name) {
        long h = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            h = (h ^ (b & 255)) * 0x100000001b3L;
        }
        return h;
    }

    private static long splitmix64(long x) {
        x += 0x9E3779B97F4A7C15L;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
