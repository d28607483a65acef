package dev.wsss.core.crf;

import java.util.Arrays;

/**
 * Numbers keys in the order of their first appearance. A key is a long and an int; open addressing, no boxing. Once
 * {@link #clear}ed it serves again.
 */
final class VertexTable {
    private long[] low;
    private int[] high;
    private int size;
    /** Number plus one, 0 where free; a power of two long. */
    private int[] slots;

    VertexTable() {
        slots = new int[1 << 14];
        low = new long[slots.length / 2];
        high = new int[slots.length / 2];
    }

    void clear() {
        Arrays.fill(slots, 0);
        size = 0;
    }

    int size() {
        return size;
    }

    long low(int number) {
        return low[number];
    }

    int high(int number) {
        return high[number];
    }

    /** The number of a key, or -1. */
    int find(long keyLow, int keyHigh) {
        int mask = slots.length - 1;
        for (int s = hash(keyLow, keyHigh) & mask; slots[s] != 0; s = s + 1 & mask) {
            int number = slots[s] - 1;
            if (low[number] == keyLow && high[number] == keyHigh) {
                return number;
            }
        }
        return -1;
    }

    /** The number of a key, {@link #size} before the call if it is new. */
    int findOrAdd(long keyLow, int keyHigh) {
        int mask = slots.length - 1;
        int s = hash(keyLow, keyHigh) & mask;
        for (; slots[s] != 0; s = s + 1 & mask) {
            int number = slots[s] - 1;
            if (low[number] == keyLow && high[number] == keyHigh) {
                return number;
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
        for (int number = 0; number < size; number++) {
            int s = hash(low[number], high[number]) & mask;
            while (slots[s] != 0) {
                s = s + 1 & mask;
            }
            slots[s] = number + 1;
        }
    }

    private static int hash(long keyLow, int keyHigh) {
        long h = (keyLow ^ keyHigh * 0x9E3779B97F4A7C15L) * 0xC2B2AE3D27D4EB4FL;
        return (int) (h >>> 32 ^ h >>> 47);
    }
}
