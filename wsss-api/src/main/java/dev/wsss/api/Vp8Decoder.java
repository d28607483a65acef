package dev.wsss.api;

import java.util.Arrays;

/**
 * Decodes a VP8 key frame (RFC 6386), the pixels of a lossy WebP, with the bytes of libwebp: chroma is interpolated, which
 * the readers for ImageIO leave out, and colours are computed in its whole numbers.
 */
final class Vp8Decoder {
    private static final int SEGMENTS = 4;
    private static final int[] ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};
    private static final int[] BANDS = {0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7};
    private static final int[][] LARGE = {
        {173, 148, 140},
        {176, 155, 140, 135},
        {180, 157, 141, 134, 130},
        {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}
    };
    /** How a block of 4 x 4 is predicted: positive numbers lead on, others are the ways, negated. */
    private static final int[] WAY_TREE = {0, 2, -1, 4, -2, 6, 8, 12, -3, 10, -5, -6, -4, 14, -7, 16, -8, -9};

    private static final int SMALL_BLOCKS = -1;

    private final String name;
    private final byte[] file;
    private final int width;
    private final int height;
    private final int columns;
    private final int rows;
    private final Vp8Bits header;
    private final Vp8Bits[] parts;
    private final Vp8Plane[] planes;

    private boolean segmented;
    private boolean segmentMap;
    private boolean absolute;
    private final int[] segmentStep = new int[SEGMENTS];
    private final int[] segmentLevel = new int[SEGMENTS];
    private final int[] segmentTree = {255, 255, 255};
    private final boolean simple;
    private final int level;
    private final int sharpness;
    /** What key frames, and those of their blocks that are predicted by 4 x 4, add to the level. */
    private int levelOfKeyFrames;

    private int levelOfSmallBlocks;
    /** Of each segment: luma, its means and chroma, for the mean and the other coefficients. */
    private final int[][] steps = new int[SEGMENTS][6];

    private final int[] tokens = Vp8Tables.TOKENS.clone();
    private final boolean skips;
    private final int skipChance;

    /** Which blocks above and to the left have coefficients: four of luma, two each of chroma, and the means. */
    private final boolean[][] above;

    private final boolean[] left = new boolean[9];
    private final int[] waysAbove;
    private final int[] waysLeft = new int[4];
    private final int[] coefficients = new int[25 * 16];
    private final int[] edge = new int[13];

    /**
     * Reads the frame's header.
     *
     * @param start position of the frame
     * @param end position behind it
     */
    Vp8Decoder(String name, byte[] file, int start, int end) {
        this.name = name;
        this.file = file;
        int tag = file[start] & 255 | (file[start + 1] & 255) << 8 | (file[start + 2] & 255) << 16;
        width = (file[start + 6] & 255 | (file[start + 7] & 255) << 8) & 0x3FFF;
        height = (file[start + 8] & 255 | (file[start + 9] & 255) << 8) & 0x3FFF;
        columns = width + 15 >> 4;
        rows = height + 15 >> 4;
        int first = start + 10;
        int second = first + (tag >> 5);
        header = new Vp8Bits(file, first, second);
        header.number(2); // colour space, and whether levels need clamping
        readSegments();
        simple = header.flag();
        level = header.number(6);
        sharpness = header.number(3);
        boolean levelsDiffer = header.flag();
        if (levelsDiffer && header.flag()) {
            int[] change = new int[8];
            for (int i = 0; i < change.length; i++) {
                change[i] = header.optional(6);
            }
            levelOfKeyFrames = change[0];
            levelOfSmallBlocks = change[4];
        }
        parts = parts(second, end, 1 << header.number(2));
        readSteps();
        header.flag(); // whether the next frame keeps the probabilities
        for (int i = 0; i < tokens.length; i++) {
            if (header.bit(Vp8Tables.CHANGES[i]) != 0) {
                tokens[i] = header.number(8);
            }
        }
        skips = header.flag();
        skipChance = skips ? header.number(8) : 0;
        if (header.isOver()) {
            throw bad("truncated within the frame's header");
        }
        above = new boolean[columns][9];
        waysAbove = new int[4 * columns];
        planes = new Vp8Plane[] {
            new Vp8Plane(16 * rows, 16 * columns),
            new Vp8Plane(8 * rows, 8 * columns),
            new Vp8Plane(8 * rows, 8 * columns)
        };
    }

    private void readSegments() {
        segmented = header.flag();
        if (!segmented) {
            return;
        }
        segmentMap = header.flag();
        if (header.flag()) {
            absolute = header.flag();
            for (int i = 0; i < SEGMENTS; i++) {
                segmentStep[i] = header.optional(7);
            }
            for (int i = 0; i < SEGMENTS; i++) {
                segmentLevel[i] = header.optional(6);
            }
        }
        for (int i = 0; segmentMap && i < 3; i++) {
            segmentTree[i] = header.flag() ? header.number(8) : 255;
        }
    }

    private Vp8Bits[] parts(int start, int end, int count) {
        Vp8Bits[] all = new Vp8Bits[count];
        int at = start + 3 * (count - 1);
        for (int i = 0; i < count; i++) {
            if (at >= end) {
                throw bad("truncated: part " + i + " of " + count + " begins at byte " + at + " of " + end);
            }
            int to = end;
            if (i < count - 1) {
                int p = start + 3 * i;
                to = at + (file[p] & 255 | (file[p + 1] & 255) << 8 | (file[p + 2] & 255) << 16);
                if (to > end) {
                    throw bad("truncated: part " + i + " of " + count + " ends at byte " + to + " of " + end);
                }
            }
            all[i] = new Vp8Bits(file, at, to);
            at = to;
        }
        return all;
    }

    private void readSteps() {
        int base = header.number(7);
        int[] change = new int[5];
        for (int i = 0; i < 5; i++) {
            change[i] = header.optional(4);
        }
        for (int s = 0; s < SEGMENTS; s++) {
            int q = segmented ? segmentStep[s] + (absolute ? 0 : base) : base;
            steps[s][0] = Vp8Tables.DC[index(q + change[0], 127)];
            steps[s][1] = Vp8Tables.AC[index(q, 127)];
            steps[s][2] = 2 * Vp8Tables.DC[index(q + change[1], 127)];
            steps[s][3] = Math.max(8, Vp8Tables.AC[index(q + change[2], 127)] * 101581 >> 16);
            steps[s][4] = Vp8Tables.DC[index(q + change[3], 117)];
            steps[s][5] = Vp8Tables.AC[index(q + change[4], 127)];
        }
    }

    private static int index(int q, int most) {
        return Math.max(0, Math.min(most, q));
    }

    RgbImage read() {
        int[] levels = new int[columns * rows];
        boolean[] inner = new boolean[columns * rows];
        for (int y = 0; y < rows; y++) {
            Vp8Bits bits = parts[y & parts.length - 1];
            Arrays.fill(left, false);
            Arrays.fill(waysLeft, 0);
            for (int x = 0; x < columns; x++) {
                macroblock(bits, y, x, levels, inner);
            }
        }
        // pixels are predicted from others before these are filtered
        if (level > 0) {
            Vp8Filter filter = new Vp8Filter(simple);
            for (int i = 0; i < levels.length; i++) {
                if (levels[i] > 0) {
                    filter.macroblock(planes, i % columns, i / columns, levels[i], sharpness, inner[i]);
                }
            }
        }
        return Vp8Colours.of(height, width, planes);
    }

    private void macroblock(Vp8Bits bits, int y, int x, int[] levels, boolean[] inner) {
        int segment = 0;
        if (segmentMap) {
            segment = header.bit(segmentTree[0]) == 0 ? header.bit(segmentTree[1]) : 2 + header.bit(segmentTree[2]);
        }
        boolean skip = skips && header.bit(skipChance) != 0;
        int[] ways = new int[16];
        int way = readWay(x, ways);
        int chromaWay = header.bit(142) == 0
                ? Vp8Predictor.MEAN
                : header.bit(114) == 0
                        ? Vp8Predictor.DOWN
                        : header.bit(183) != 0 ? Vp8Predictor.TRUE_MOTION : Vp8Predictor.RIGHT;
        if (header.isOver()) {
            throw bad("truncated: ways of prediction end in row " + 16 * y);
        }
        boolean any = false;
        Arrays.fill(coefficients, 0);
        if (skip) {
            boolean means = above[x][8];
            boolean meansLeft = left[8];
            Arrays.fill(above[x], false);
            Arrays.fill(left, false);
            // a block without means of its own leaves what is known of them
            above[x][8] = way == SMALL_BLOCKS && means;
            left[8] = way == SMALL_BLOCKS && meansLeft;
        } else {
            any = readCoefficients(bits, x, way != SMALL_BLOCKS, steps[segment]);
            if (bits.isOver()) {
                throw bad("truncated: pixels end in row " + 16 * y);
            }
        }
        predict(y, x, way, ways, chromaWay);
        int own = segmented ? segmentLevel[segment] + (absolute ? 0 : level) : level;
        own += levelOfKeyFrames + (way == SMALL_BLOCKS ? levelOfSmallBlocks : 0);
        levels[y * columns + x] = Math.max(0, Math.min(63, own));
        inner[y * columns + x] = way == SMALL_BLOCKS || any;
    }

    /** How luma is predicted, as a whole or in {@link #SMALL_BLOCKS}. */
    private int readWay(int x, int[] ways) {
        if (header.bit(145) != 0) {
            int way = header.bit(156) != 0
                    ? header.bit(128) != 0 ? Vp8Predictor.TRUE_MOTION : Vp8Predictor.RIGHT
                    : header.bit(163) != 0 ? Vp8Predictor.DOWN : Vp8Predictor.MEAN;
            Arrays.fill(waysAbove, 4 * x, 4 * x + 4, way);
            Arrays.fill(waysLeft, way);
            return way;
        }
        for (int i = 0; i < 16; i++) {
            int chances = (waysAbove[4 * x + i % 4] * 10 + waysLeft[i / 4]) * 9;
            int at = 0;
            do {
                at = WAY_TREE[at + header.bit(Vp8Tables.WAYS[chances + at / 2])];
            } while (at > 0);
            ways[i] = -at;
            waysAbove[4 * x + i % 4] = -at;
            waysLeft[i / 4] = -at;
        }
        return SMALL_BLOCKS;
    }

    /** Reads what is added to the prediction; tells whether that is anything. */
    private boolean readCoefficients(Vp8Bits bits, int x, boolean means, int[] step) {
        boolean[] up = above[x];
        boolean any = false;
        int first = 0;
        int kind = 3;
        if (means) {
            int n = block(bits, 1, (up[8] ? 1 : 0) + (left[8] ? 1 : 0), 0, 24 * 16, step[2], step[3]);
            up[8] = n > 0;
            left[8] = n > 0;
            spreadMeans();
            first = 1;
            kind = 0;
        }
        for (int i = 0; i < 24; i++) {
            boolean luma = i < 16;
            int across = luma ? i % 4 : 4 + (i - 16) / 4 * 2 + i % 2;
            int down = luma ? i / 4 : 4 + (i - 16) / 4 * 2 + i % 4 / 2;
            int n = block(
                    bits,
                    luma ? kind : 2,
                    (up[across] ? 1 : 0) + (left[down] ? 1 : 0),
                    luma ? first : 0,
                    16 * i,
                    step[luma ? 0 : 4],
                    step[luma ? 1 : 5]);
            boolean has = n > (luma ? first : 0);
            up[across] = has;
            left[down] = has;
            any |= n > 1 || coefficients[16 * i] != 0;
        }
        return any;
    }

    /** The coefficients of a block; returns the position behind the last. */
    private int block(Vp8Bits bits, int kind, int context, int first, int to, int dc, int ac) {
        int n = first;
        int p = chances(kind, n, context);
        while (n < 16) {
            if (bits.bit(tokens[p]) == 0) {
                return n;
            }
            while (bits.bit(tokens[p + 1]) == 0) {
                if (++n == 16) {
                    return 16;
                }
                p = chances(kind, n, 0);
            }
            int value = 1;
            if (bits.bit(tokens[p + 2]) != 0) {
                value = large(bits, p);
            }
            int signed = bits.flag() ? -value : value;
            coefficients[to + ZIGZAG[n]] = signed * (n > 0 ? ac : dc);
            n++;
            if (n < 16) {
                p = chances(kind, n, value > 1 ? 2 : 1);
            }
        }
        return 16;
    }

    private static int chances(int kind, int n, int context) {
        return ((kind * 8 + BANDS[n]) * 3 + context) * 11;
    }

    private int large(Vp8Bits bits, int p) {
        if (bits.bit(tokens[p + 3]) == 0) {
            return bits.bit(tokens[p + 4]) == 0 ? 2 : 3 + bits.bit(tokens[p + 5]);
        }
        if (bits.bit(tokens[p + 6]) == 0) {
            if (bits.bit(tokens[p + 7]) == 0) {
                return 5 + bits.bit(159);
            }
            int high = bits.bit(165);
            return 7 + 2 * high + bits.bit(145);
        }
        int high = bits.bit(tokens[p + 8]);
        int category = 2 * high + bits.bit(tokens[p + 9 + high]);
        int value = 0;
        for (int chance : LARGE[category]) {
            value = 2 * value + bits.bit(chance);
        }
        return value + 3 + (8 << category);
    }

    /** The means of the 16 blocks of luma are coded as a block of their own (14.3). */
    private void spreadMeans() {
        int[] t = new int[16];
        int from = 24 * 16;
        for (int i = 0; i < 4; i++) {
            int a = coefficients[from + i] + coefficients[from + 12 + i];
            int b = coefficients[from + 4 + i] + coefficients[from + 8 + i];
            int c = coefficients[from + 4 + i] - coefficients[from + 8 + i];
            int d = coefficients[from + i] - coefficients[from + 12 + i];
            t[i] = a + b;
            t[8 + i] = a - b;
            t[4 + i] = d + c;
            t[12 + i] = d - c;
        }
        for (int i = 0; i < 4; i++) {
            int a = t[4 * i] + 3 + t[4 * i + 3];
            int b = t[4 * i + 1] + t[4 * i + 2];
            int c = t[4 * i + 1] - t[4 * i + 2];
            int d = t[4 * i] + 3 - t[4 * i + 3];
            coefficients[64 * i] = a + b >> 3;
            coefficients[64 * i + 16] = d + c >> 3;
            coefficients[64 * i + 32] = a - b >> 3;
            coefficients[64 * i + 48] = d - c >> 3;
        }
    }

    private void predict(int y, int x, int way, int[] ways, int chromaWay) {
        Vp8Plane luma = planes[0];
        if (way != SMALL_BLOCKS) {
            Vp8Predictor.block(luma, 16 * x, 16 * y, 16, way);
        }
        for (int i = 0; i < 16; i++) {
            int row = 16 * y + i / 4 * 4;
            int column = 16 * x + i % 4 * 4;
            if (way == SMALL_BLOCKS) {
                readEdge(luma, y, x, row, column);
                Vp8Predictor.small(luma.data, luma.at(row, column), luma.stride, ways[i], edge);
            }
            luma.add(row, column, coefficients, 16 * i);
        }
        for (int p = 1; p < 3; p++) {
            Vp8Predictor.block(planes[p], 8 * x, 8 * y, 8, chromaWay);
            for (int i = 0; i < 4; i++) {
                planes[p].add(8 * y + i / 2 * 4, 8 * x + i % 2 * 4, coefficients, 16 * (12 + 4 * p + i));
            }
        }
    }

    private void readEdge(Vp8Plane luma, int y, int x, int row, int column) {
        for (int i = 0; i < 4; i++) {
            edge[i] = luma.data[luma.at(row + 3 - i, column - 1)] & 255;
        }
        for (int i = 0; i < 5; i++) {
            edge[4 + i] = luma.data[luma.at(row - 1, column - 1 + i)] & 255;
        }
        // beyond the macroblock the row above it goes on; beyond the image its last pixel does
        boolean last = column % 16 == 12;
        int from = last ? 16 * y - 1 : row - 1;
        for (int i = 0; i < 4; i++) {
            int beyond = column + 4 + i;
            if (beyond >= luma.width) {
                edge[9 + i] = y == 0 ? 127 : luma.data[luma.at(from, luma.width - 1)] & 255;
            } else {
                edge[9 + i] = luma.data[luma.at(from, beyond)] & 255;
            }
        }
    }

    private InvalidDataException bad(String found) {
        return new InvalidDataException(name + ": " + found + "; expected an intact WebP");
    }
}
