package dev.wsss.models.clip;

import java.util.ArrayList;
import java.util.List;

/** A visible character for each byte, in which vocabularies of byte-pair encoding are written. */
final class ByteSymbols {
    private static final String[] OF_BYTE = new String[256];
    private static final List<String> IN_ORDER = new ArrayList<>();

    static {
        range('!', '~');
        range('\u00a1', '\u00ac');
        range('\u00ae', '\u00ff');
        int next = 256;
        for (int b = 0; b < 256; b++) {
            if (OF_BYTE[b] == null) {
                put(b, (char) next++);
            }
        }
    }

    private ByteSymbols() {}

    /** Bytes that are visible characters of Latin-1 stand for themselves. */
    private static void range(char first, char last) {
        for (char c = first; c <= last; c++) {
            put(c, c);
        }
    }

    private static void put(int b, char symbol) {
        OF_BYTE[b] = String.valueOf(symbol);
        IN_ORDER.add(OF_BYTE[b]);
    }

    static String of(byte b) {
        return OF_BYTE[b & 255];
    }

    /** All 256 in the order of their tokens. */
    static List<String> inOrder() {
        return IN_ORDER;
    }
}
