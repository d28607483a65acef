package dev.wsss.api;

/** Predicts blocks of a plane from the pixels above and to the left (RFC 6386, section 12). */
final class Vp8Predictor {
    static final int MEAN = 0;
    static final int TRUE_MOTION = 1;
    static final int DOWN = 2;
    static final int RIGHT = 3;

    private Vp8Predictor() {}

    /** A whole block, of 16 x 16 luma or 8 x 8 chroma. */
    static void block(Vp8Plane plane, int x, int y, int size, int way) {
        byte[] data = plane.data;
        int stride = plane.stride;
        int at = plane.at(y, x);
        int mean = way == MEAN ? mean(plane, x, y, size) : 0;
        for (int j = 0; j < size; j++) {
            int row = at + j * stride;
            for (int i = 0; i < size; i++) {
                int value =
                        switch (way) {
                            case MEAN -> mean;
                            case DOWN -> data[at - stride + i];
                            case RIGHT -> data[row - 1];
                            default ->
                                Vp8Plane.clamp((data[row - 1] & 255)
                                        + (data[at - stride + i] & 255)
                                        - (data[at - stride - 1] & 255));
                        };
                data[row + i] = (byte) value;
            }
        }
    }

    /** The mean of what there is of the image above and to the left. */
    private static int mean(Vp8Plane plane, int x, int y, int size) {
        int sum = 0;
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (y > 0) {
                sum += plane.data[plane.at(y - 1, x + i)] & 255;
                count++;
            }
            if (x > 0) {
                sum += plane.data[plane.at(y + i, x - 1)] & 255;
                count++;
            }
        }
        return count == 0 ? 128 : (sum + count / 2) / count;
    }

    /**
     * A block of 4 x 4.
     *
     * @param e the edge: four pixels to the left from the bottom up, the corner, eight above and beyond to the right
     */
    static void small(byte[] data, int at, int stride, int way, int[] e) {
        int sum = 4;
        for (int i = 0; i < 4; i++) {
            sum += e[i] + e[5 + i];
        }
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                int value =
                        switch (way) {
                            case MEAN -> sum >> 3;
                            case TRUE_MOTION -> Vp8Plane.clamp(e[3 - y] + e[5 + x] - e[4]);
                            case DOWN -> three(e, 5 + x);
                            case RIGHT -> y == 3 ? e[1] + 3 * e[0] + 2 >> 2 : three(e, 3 - y);
                            case 4 -> x + y == 6 ? e[11] + 3 * e[12] + 2 >> 2 : three(e, 6 + x + y);
                            case 5 -> three(e, 4 + x - y);
                            case 6 -> steep(e, x, y);
                            case 7 -> steepLeft(e, x, y);
                            case 8 -> flat(e, x, y);
                            default -> flatUp(e, x, y);
                        };
                data[at + y * stride + x] = (byte) value;
            }
        }
    }

    private static int three(int[] e, int i) {
        return e[i - 1] + 2 * e[i] + e[i + 1] + 2 >> 2;
    }

    private static int two(int[] e, int i) {
        return e[i] + e[i + 1] + 1 >> 1;
    }

    /** Down and a little to the right. */
    private static int steep(int[] e, int x, int y) {
        int k = x - (y >> 1);
        if (k < 0) {
            return three(e, y == 3 ? 2 : 3);
        }
        return (y & 1) == 0 ? two(e, 4 + k) : three(e, 4 + k);
    }

    /** Down and a little to the left. */
    private static int steepLeft(int[] e, int x, int y) {
        if (x == 3 && y >= 2) {
            return three(e, y == 2 ? 10 : 11);
        }
        int k = x + (y >> 1);
        return (y & 1) == 0 ? two(e, 5 + k) : three(e, 6 + k);
    }

    /** To the right and a little down. */
    private static int flat(int[] e, int x, int y) {
        int k = 2 * y - x;
        if (k < 0) {
            return three(e, 4 - k - 1);
        }
        return (k & 1) == 0 ? two(e, 3 - k / 2) : three(e, 4 - (k + 1) / 2);
    }

    /** To the right and a little up. */
    private static int flatUp(int[] e, int x, int y) {
        int k = x + 2 * y;
        if (k > 5) {
            return e[0];
        }
        if (k == 5) {
            return e[1] + 3 * e[0] + 2 >> 2;
        }
        return (k & 1) == 0 ? two(e, 2 - k / 2) : three(e, 2 - k / 2);
    }
}
