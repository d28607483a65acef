package dev.wsss.core.affinity;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * What nodes of two rows, one below the other, have for neighbours: a vector of scores is read once for both. The
 * neighbour at {@code shifts[n]} from the upper node has its weights at {@code upper[n]} and {@code lower[n]} from the
 * upper node's place in the row's weights; the node that it is no neighbour of finds zeros there.
 */
record RowPairs(int[] shifts, int[] upper, int[] lower) {
    private record Offset(int down, int right) {}

    static RowPairs of(GridLine line) {
        Map<Offset, Integer> weights = new HashMap<>();
        for (int o = 0; o < line.offsets().length; o++) {
            int down = line.offsets()[o][0];
            int right = line.offsets()[o][1];
            weights.put(new Offset(down, right), line.after(o));
            weights.put(new Offset(-down, -right), line.before(o));
        }
        // column by column, so that neighbours in a row share what the nearest cache holds
        TreeSet<Offset> all =
                new TreeSet<>(Comparator.comparingInt(Offset::right).thenComparingInt(Offset::down));
        for (Offset offset : weights.keySet()) {
            all.add(offset);
            all.add(new Offset(offset.down + 1, offset.right));
        }
        int[] shifts = new int[all.size()];
        int[] upper = new int[all.size()];
        int[] lower = new int[all.size()];
        int n = 0;
        for (Offset offset : all) {
            shifts[n] = offset.down * line.stride() + offset.right;
            upper[n] = weights.getOrDefault(offset, line.zeros());
            lower[n] =
                    line.weightStride() + weights.getOrDefault(new Offset(offset.down - 1, offset.right), line.zeros());
            n++;
        }
        return new RowPairs(shifts, upper, lower);
    }
}
