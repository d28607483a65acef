package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * The vertices of a lattice, numbered in the order of their creation. A key is up to five 16-bit coordinates, packed into
 * a long and a short; open addressing, no boxing.
 */
final class VertexTable {
    static final int MAX_COORDINATES = 5;

    private long[] low;
    private short[] high;
    private int size;
    /** Vertex number plus one, 0 where free; a power of two long. */
    private int[] slots;

    VertexTable(int expected) {
        int capacity = Math.max(64, Integer.highestOneBit(Math.max(1, expected)) * 4);
        slots = new int[capacity];
        low = new long[capacity / 2];
        high = new short[capacity / 2];
    }

    int size() {
        return size;
    }

    /** Coordinates 0 to 3 of a vertex, 16 bits each, the first lowest. */
    long low(int vertex) {
        return low[vertex];
    }

    /** Coordinate 4 of a vertex. */
    short high(int vertex) {
        return high[vertex];
    }

    /** The number of the vertex with this key, or -1. */
    int find(long keyLow, short keyHigh) {
        int mask = slots.length - 1;
        for (int s = hash(keyLow, keyHigh) & mask; slots[s] != 0; s = s + 1 & mask) {
            int vertex = slots[s] - 1;
            if (low[vertex] == keyLow && high[vertex] == keyHigh) {
                return vertex;
            }
        }
        return -1;
    }

    /** The number of the vertex with this key, new if there was none. */
    int findOrAdd(long keyLow, short keyHigh) {
        int mask = slots.length - 1;
        int s = hash(keyLow, keyHigh) & mask;
        for (; slots[s] != 0; s = s + 1 & mask) {
            int vertex = slots[s] - 1;
            if (low[vertex] == keyLow && high[vertex] == keyHigh) {
                return vertex;
            }
        }
        if (size == low.length) {
            grow();
            return findOrAdd(keyLow, keyHigh);
        }
        low[size] = keyLow;
        high[size] = keyHigh;
        slots[s] = ++size;
        return size - 1;
    }

    private void grow() {
        low = Arrays.copyOf(low, low.length * 2);
        high = Arrays.copyOf(high, high.length * 2);
        slots = new int[slots.length * 2];
        int mask = slots.length - 1;
        for (int vertex = 0; vertex < size; vertex++) {
            int s = hash(low[vertex], high[vertex]) & mask;
            while (slots[s] != 0) {
                s = s + 1 & mask;
            }
            slots[s] = vertex + 1;
        }
    }

    private static int hash(long keyLow, short keyHigh) {
        long h = (keyLow ^ keyHigh * 0x9E3779B97F4A7C15L) * 0xC2B2AE3D27D4EB4FL;
        return (int) (h >>> 32 ^ h >>> 47);
    }
}
