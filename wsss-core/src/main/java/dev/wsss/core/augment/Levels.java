package dev.wsss.core.augment;

import java.util.function.IntUnaryOperator;

/** Changes of each level by itself, through a table of all 256. */
final class Levels {
    private Levels() {}

    /** The operation that puts {@code level.of(v)}, kept within 0..255, for {@code v}. */
    static PixelOperation each(IntUnaryOperator level) {
        byte[] table = table(level);
        return (rgb, height, width) -> apply(rgb, table);
    }

    static byte[] table(IntUnaryOperator level) {
        byte[] table = new byte[256];
        for (int v = 0; v < 256; v++) {
            table[v] = clip(level.applyAsInt(v));
        }
        return table;
    }

    static void apply(byte[] rgb, byte[] table) {
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = table[rgb[i] & 255];
        }
    }

    /** Each channel through a table of its own. */
    static void apply(byte[] rgb, byte[][] tables) {
        byte[] red = tables[0];
        byte[] green = tables[1];
        byte[] blue = tables[2];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = red[rgb[i] & 255];
            rgb[i + 1] = green[rgb[i + 1] & 255];
            rgb[i + 2] = blue[rgb[i + 2] & 255];
        }
    }

    static byte clip(int level) {
        return (byte) Math.min(255, Math.max(0, level));
    }
}
