package dev.wsss.datasets;

import java.util.Arrays;

/** Gathers the coordinates of one annotation's polygons, as hundredths for as long as all are. */
final class Coordinates {
    /** Beyond so many digits, hundredths might not be an int. */
    private static final int MAX_DIGITS = 9;

    private static final int DECIMALS = 2;
    private static final int NO_HUNDREDTHS = Integer.MIN_VALUE;

    private int[] hundredths = new int[256];

    /** Used from the first number on that is no hundredths. */
    private double[] values = new double[0];

    private boolean exact = true;
    private int count;
    private int[] lengths = new int[8];
    private int polygons;
    private int start;

    void clear() {
        exact = true;
        count = 0;
        polygons = 0;
        start = 0;
    }

    int polygons() {
        return polygons;
    }

    void add(String number) {
        if (exact) {
            int value = hundredths(number);
            if (value != NO_HUNDREDTHS) {
                if (count == hundredths.length) {
                    hundredths = Arrays.copyOf(hundredths, 2 * count);
                }
                hundredths[count++] = value;
                return;
            }
            exact = false;
            values = new double[2 * count + 16];
            for (int i = 0; i < count; i++) {
                values[i] = CocoShape.Hundredths.value(hundredths[i]);
            }
        }
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = Double.parseDouble(number);
    }

    /** The number in hundredths, or {@link #NO_HUNDREDTHS} where it has more decimals, many digits or an exponent. */
    static int hundredths(String number) {
        int length = number.length();
        int at = length > 0 && number.charAt(0) == '-' ? 1 : 0;
        boolean negative = at == 1;
        int value = 0;
        int digits = 0;
        int point = -1;
        for (; at < length; at++) {
            char c = number.charAt(at);
            if (c == '.' && point < 0) {
                point = digits;
            } else if (c >= '0' && c <= '9' && digits < MAX_DIGITS) {
                value = 10 * value + c - '0';
                digits++;
            } else {
                return NO_HUNDREDTHS;
            }
        }
        int decimals = point < 0 ? 0 : digits - point;
        if (digits == 0 || decimals > DECIMALS || digits + DECIMALS - decimals > MAX_DIGITS) {
            return NO_HUNDREDTHS;
        }
        for (int i = decimals; i < DECIMALS; i++) {
            value *= 10;
        }
        return negative ? -value : value;
    }

    void endPolygon() {
        if (polygons == lengths.length) {
            lengths = Arrays.copyOf(lengths, 2 * polygons);
        }
        lengths[polygons++] = count - start;
        start = count;
    }

    /** What was gathered, a copy. */
    CocoShape shape() {
        int[] each = Arrays.copyOf(lengths, polygons);
        return exact
                ? new CocoShape.Hundredths(each, Arrays.copyOf(hundredths, count))
                : new CocoShape.Polygons(each, Arrays.copyOf(values, count));
    }
}
