package dev.wsss.core.crf;

import java.util.Arrays;
import java.util.List;

/**
 * Mean-field inference with vector instructions. A pass over the points does a whole update, tile by tile: slice, add the
 * unary, take the softmax, and splat that for the next update while it is in the nearest cache; Q itself is never stored.
 */
final class VectorMeanField implements MeanField {
    /** Points that are worked on at a time. */
    private static final int TILE = 64;

    private final List<Compatibility> compatibilities;
    private final List<VectorFilter> filters;
    private final Spares<Memory> memories;
    /** Whether no term can have an energy above zero, so that those of the likeliest label stay where exp does not vanish. */
    private final boolean attractive;

    VectorMeanField(List<Term> terms) {
        compatibilities = terms.stream().map(Term::compatibility).toList();
        filters = terms.stream().map(term -> new VectorFilter(term.lattice())).toList();
        // arrays of the heap, which the collector frees
        memories = new Spares<>(() -> new Memory(filters), memory -> {});
        attractive = compatibilities.stream().allMatch(Compatibility::isAttractive);
    }

    @Override
    public void prepare(int threads) {
        filters.forEach(filter -> filter.prepare(threads));
    }

    @Override
    public float[] infer(float[] unary, int labels, int iterations, int threads) {
        Memory memory = memories.take();
        float[] q = new Run(memory, unary, labels, threads).infer(iterations);
        memories.giveBack(memory);
        return q;
    }

    @Override
    public void close() {
        memories.close();
    }

    /** What one inference works on. */
    private static final class Memory {
        final List<VectorFilter.Tables> tables;
        /** {@code [point][stride]}, each point's greatest being zero. */
        float[] negativeUnary = {};

        Memory(List<VectorFilter> filters) {
            tables = filters.stream().map(filter -> filter.new Tables()).toList();
        }
    }

    private final class Run {
        final Memory memory;
        final float[] unary;
        final int points;
        final int labels;
        final int stride;
        final int threads;
        /** The compatibilities as {@link Compatibility#rows} has them; empty for Potts. */
        final List<float[]> weights;

        Run(Memory memory, float[] unary, int labels, int threads) {
            this.memory = memory;
            this.unary = unary;
            this.labels = labels;
            this.threads = threads;
            points = unary.length / labels;
            stride = VectorRows.stride(labels);
            weights = compatibilities.stream().map(c -> c.rows(stride)).toList();
            int size = Math.multiplyExact(points, stride);
            if (memory.negativeUnary.length < size) {
                memory.negativeUnary = new float[size];
            }
            memory.tables.forEach(t -> t.fit(stride));
        }

        float[] infer(int iterations) {
            for (int i = 0; i < iterations; i++) {
                boolean first = i == 0;
                forEachTile((part, from, to, tile) -> {
                    update(tile, from, to, first);
                    for (VectorFilter.Tables table : memory.tables) {
                        table.splat(part, from, to - from, tile.q);
                    }
                });
                for (int t = 0; t < weights.size(); t++) {
                    memory.tables.get(t).blur(compatibilities.get(t).factor(), threads);
                }
            }
            float[] result = new float[labels * points];
            forEachTile((part, from, to, tile) -> {
                update(tile, from, to, iterations == 0);
                for (int l = 0; l < labels; l++) {
                    for (int p = from, i = l; p < to; p++, i += stride) {
                        result[l * points + p] = tile.q[i];
                    }
                }
            });
            return result;
        }

        private void forEachTile(TileTask task) {
            new PointParts(points).run(threads, (part, from, to) -> {
                Tile tile = new Tile(TILE * stride);
                for (int p = from; p < to; p += TILE) {
                    task.run(part, p, Math.min(p + TILE, to), tile);
                }
            });
        }

        /** Turns columns of labels into rows. */
        private void takeUp(int from, int to) {
            float[] rows = memory.negativeUnary;
            for (int p = from; p < to; p++) {
                int row = p * stride;
                float least = Float.POSITIVE_INFINITY;
                for (int l = 0, i = p; l < labels; l++, i += points) {
                    rows[row + l] = unary[i];
                    least = Math.min(least, unary[i]);
                }
                for (int l = 0; l < labels; l++) {
                    rows[row + l] = least - rows[row + l];
                }
                Arrays.fill(rows, row + labels, row + stride, Float.NEGATIVE_INFINITY);
            }
        }

        /** Q of a tile, at first from the unary alone. */
        private void update(Tile tile, int from, int to, boolean first) {
            int count = to - from;
            if (first) {
                takeUp(from, to);
            }
            System.arraycopy(memory.negativeUnary, from * stride, tile.q, 0, count * stride);
            if (!first) {
                for (int t = 0; t < weights.size(); t++) {
                    VectorFilter.Tables table = memory.tables.get(t);
                    float[] weight = weights.get(t);
                    if (weight.length == 0) {
                        table.slice(from, count, tile.q);
                    } else {
                        Arrays.fill(tile.filtered, 0);
                        table.slice(from, count, tile.filtered);
                        addProducts(weight, tile, count);
                    }
                }
            }
            VectorRows.softmax(tile.q, labels, stride, count, !attractive);
        }

        /** Adds the filtered values times a weight for each label, or times a symmetric matrix. */
        private void addProducts(float[] weight, Tile tile, int count) {
            for (int p = 0; p < count; p++) {
                int row = p * stride;
                for (int l = 0; l < labels; l++) {
                    float filtered = tile.filtered[row + l];
                    if (weight.length == stride) {
                        tile.q[row + l] += weight[l] * filtered;
                    } else {
                        for (int m = 0; m < labels; m++) {
                            tile.q[row + m] += weight[l * stride + m] * filtered;
                        }
                    }
                }
            }
        }
    }

    /** Works on the points {@code from} to {@code to - 1}, at most {@link #TILE} of them. */
    @FunctionalInterface
    private interface TileTask {
        void run(int part, int from, int to, Tile tile);
    }

    /** Rows of one thread. */
    private static final class Tile {
        final float[] q;
        final float[] filtered;

        Tile(int size) {
            q = new float[size];
            filtered = new float[size];
        }
    }
}
