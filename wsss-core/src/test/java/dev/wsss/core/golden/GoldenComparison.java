package dev.wsss.core.golden;

import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came out of comparing our tensors with a file's.
 *
 * @param worst the largest error over tolerance; at most 1 passes, infinite where there is nothing to compare
 * @param where tensor and index of the worst element
 * @param failures one line for each tensor that fails; empty if all pass
 */
record GoldenComparison(double worst, String where, List<String> failures) {

    static GoldenComparison of(GoldenCase golden, Map<String, HostArray> got) {
        double worst = -1;
        String where = "";
        List<String> failures = new ArrayList<>();
        for (Map.Entry<String, HostArray> e : golden.tensors().entrySet()) {
            if (!e.getKey().startsWith("out.")) {
                continue;
            }
            HostArray want = e.getValue();
            HostArray have = got.get(e.getKey().substring("out.".length()));
            String misfit = misfit(e.getKey(), have, want, got);
            double ratio;
            String place = e.getKey();
            if (have == null || misfit != null) {
                ratio = Double.POSITIVE_INFINITY;
                failures.add(String.valueOf(misfit));
            } else {
                int at = worstElement(golden, have, want);
                ratio = at < 0 ? 0 : ratio(golden, have, want, at);
                place += at < 0 ? "" : index(want.shape(), at);
                if (ratio > 1) {
                    failures.add(describe(golden, place, have, want, at, ratio));
                }
            }
            if (ratio > worst) {
                worst = ratio;
                where = place;
            }
        }
        if (worst < 0) {
            return new GoldenComparison(
                    Double.POSITIVE_INFINITY, "", List.of(golden.file() + " has no out.* tensor to compare with"));
        }
        return new GoldenComparison(worst, where, failures);
    }

    private static @Nullable String misfit(
            String name, @Nullable HostArray have, HostArray want, Map<String, HostArray> got) {
        if (have == null) {
            return name + ": the handler computed no such tensor, only " + got.keySet();
        }
        if (!Arrays.equals(have.shape(), want.shape())) {
            return name + ": got " + have + ", want " + want;
        }
        if (have.dtype().isFloating() && !want.dtype().isFloating()) {
            return name + ": got " + have.dtype() + ", want exact integers of type " + want.dtype();
        }
        return null;
    }

    /** Flat index of the element with the largest error over tolerance; -1 in an empty tensor. */
    private static int worstElement(GoldenCase golden, HostArray have, HostArray want) {
        int at = -1;
        double worst = -1;
        for (int i = 0; i < want.size(); i++) {
            double ratio = ratio(golden, have, want, i);
            if (ratio > worst) {
                worst = ratio;
                at = i;
            }
        }
        return at;
    }

    private static double ratio(GoldenCase golden, HostArray have, HostArray want, int i) {
        if (!want.dtype().isFloating()) {
            // Exact: as if by a tolerance of one half.
            long g = have.getLong(i);
            long w = want.getLong(i);
            return g == w ? 0 : 2 * Math.abs((double) g - w);
        }
        double g = have.getDouble(i);
        double w = want.getDouble(i);
        if (g == w || Double.isNaN(g) && Double.isNaN(w)) {
            return 0;
        }
        double error = Math.abs(g - w);
        double tolerance = golden.atol() + golden.rtol() * Math.abs(w);
        if (!Double.isFinite(error)) {
            return Double.POSITIVE_INFINITY;
        }
        // The quotient of a failing element may round to 1.
        return error <= tolerance ? error / tolerance : Math.max(error / tolerance, Math.nextUp(1.0));
    }

    private static String describe(
            GoldenCase golden, String place, HostArray have, HostArray want, int at, double ratio) {
        boolean exact = !want.dtype().isFloating();
        int failing = 0;
        for (int i = 0; i < want.size(); i++) {
            failing += ratio(golden, have, want, i) > 1 ? 1 : 0;
        }
        return place + ": got " + element(have, at) + ", want " + element(want, at) + ", error over tolerance " + ratio
                + (exact ? " (exact)" : " (atol " + golden.atol() + ", rtol " + golden.rtol() + ")") + ", " + failing
                + " of " + want.size() + " elements of " + want + " fail";
    }

    private static String element(HostArray array, int i) {
        DType dtype = array.dtype();
        return dtype.isFloating() ? Double.toString(array.getDouble(i)) : Long.toString(array.getLong(i));
    }

    private static String index(long[] shape, int flat) {
        long[] index = new long[shape.length];
        long rest = flat;
        for (int d = shape.length - 1; d >= 0; d--) {
            index[d] = rest % shape[d];
            rest /= shape[d];
        }
        return Arrays.toString(index);
    }
}
