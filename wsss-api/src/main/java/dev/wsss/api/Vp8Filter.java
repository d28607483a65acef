package dev.wsss.api;

/** VP8's loop filter (RFC 6386, section 15): smooths the edges of blocks. */
final class Vp8Filter {
    private final boolean simple;

    Vp8Filter(boolean simple) {
        this.simple = simple;
    }

    /**
     * Smooths the edges of a macroblock.
     *
     * @param inner whether also those within it
     */
    void macroblock(Vp8Plane[] planes, int mbX, int mbY, int level, int sharpness, boolean inner) {
        int interior = level;
        if (sharpness > 0) {
            interior = Math.min(interior >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
        }
        interior = Math.max(1, interior);
        int limit = 2 * level + interior;
        int variance = level >= 40 ? 2 : level >= 15 ? 1 : 0;
        for (int direction = 0; direction < 2; direction++) {
            boolean across = direction == 0;
            if (across ? mbX > 0 : mbY > 0) {
                for (int p = 0; p < (simple ? 1 : 3); p++) {
                    edge(planes[p], mbX, mbY, p == 0 ? 16 : 8, 0, across, limit + 4, interior, variance, false);
                }
            }
            if (inner) {
                for (int p = 0; p < (simple ? 1 : 3); p++) {
                    int size = p == 0 ? 16 : 8;
                    for (int k = 4; k < size; k += 4) {
                        edge(planes[p], mbX, mbY, size, k, across, limit, interior, variance, true);
                    }
                }
            }
        }
    }

    private void edge(
            Vp8Plane plane,
            int mbX,
            int mbY,
            int size,
            int offset,
            boolean across,
            int limit,
            int interior,
            int variance,
            boolean inner) {
        int at = across ? plane.at(mbY * size, mbX * size + offset) : plane.at(mbY * size + offset, mbX * size);
        int step = across ? 1 : plane.stride;
        int next = across ? plane.stride : 1;
        byte[] d = plane.data;
        for (int i = 0; i < size; i++, at += next) {
            int p1 = d[at - 2 * step] & 255;
            int p0 = d[at - step] & 255;
            int q0 = d[at] & 255;
            int q1 = d[at + step] & 255;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > 2 * limit + 1) {
                continue;
            }
            if (simple) {
                two(d, at, step, p1, p0, q0, q1);
                continue;
            }
            int p3 = d[at - 4 * step] & 255;
            int p2 = d[at - 3 * step] & 255;
            int q2 = d[at + 2 * step] & 255;
            int q3 = d[at + 3 * step] & 255;
            if (Math.abs(p3 - p2) > interior
                    || Math.abs(p2 - p1) > interior
                    || Math.abs(p1 - p0) > interior
                    || Math.abs(q3 - q2) > interior
                    || Math.abs(q2 - q1) > interior
                    || Math.abs(q1 - q0) > interior) {
                continue;
            }
            if (Math.abs(p1 - p0) > variance || Math.abs(q1 - q0) > variance) {
                two(d, at, step, p1, p0, q0, q1);
            } else if (inner) {
                int a = 3 * (q0 - p0);
                int a1 = short5(a + 4 >> 3);
                int a2 = short5(a + 3 >> 3);
                int a3 = a1 + 1 >> 1;
                d[at - 2 * step] = (byte) Vp8Plane.clamp(p1 + a3);
                d[at - step] = (byte) Vp8Plane.clamp(p0 + a2);
                d[at] = (byte) Vp8Plane.clamp(q0 - a1);
                d[at + step] = (byte) Vp8Plane.clamp(q1 - a3);
            } else {
                int a = signed(3 * (q0 - p0) + signed(p1 - q1));
                int a1 = 27 * a + 63 >> 7;
                int a2 = 18 * a + 63 >> 7;
                int a3 = 9 * a + 63 >> 7;
                d[at - 3 * step] = (byte) Vp8Plane.clamp(p2 + a3);
                d[at - 2 * step] = (byte) Vp8Plane.clamp(p1 + a2);
                d[at - step] = (byte) Vp8Plane.clamp(p0 + a1);
                d[at] = (byte) Vp8Plane.clamp(q0 - a1);
                d[at + step] = (byte) Vp8Plane.clamp(q1 - a2);
                d[at + 2 * step] = (byte) Vp8Plane.clamp(q2 - a3);
            }
        }
    }

    private static void two(byte[] d, int at, int step, int p1, int p0, int q0, int q1) {
        int a = 3 * (q0 - p0) + signed(p1 - q1);
        d[at - step] = (byte) Vp8Plane.clamp(p0 + short5(a + 3 >> 3));
        d[at] = (byte) Vp8Plane.clamp(q0 - short5(a + 4 >> 3));
    }

    private static int signed(int value) {
        return Math.max(-128, Math.min(127, value));
    }

    private static int short5(int value) {
        return Math.max(-16, Math.min(15, value));
    }
}
