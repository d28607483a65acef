package dev.wsss.systems.look;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Names that no two files of a folder share, on file systems that hold "A" and "a" for one, too. */
final class FileNames {
    private static final Pattern NO_LETTER = Pattern.compile("[^\\p{L}\\p{N}]+");

    /** Most file systems take 255, for two names and what the writing of a file adds. */
    private static final int MAX_BYTES = 90;

    private final Set<String> taken = new HashSet<>();

    /** The name, with a number behind it if it is taken; it is taken then. Too long ones are cut. */
    String free(String wanted, String extension) {
        String name = cut(wanted);
        String free = name + extension;
        for (int i = 2; !taken.add(free.toLowerCase(Locale.ROOT)); i++) {
            free = name + "-" + i + extension;
        }
        return free;
    }

    /** Of letters, digits and "-". */
    static String plain(String text) {
        return cut(NO_LETTER.matcher(text).replaceAll("-"));
    }

    private static String cut(String name) {
        String shorter = name;
        while (shorter.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            shorter = shorter.substring(0, shorter.offsetByCodePoints(shorter.length(), -1));
        }
        return shorter;
    }
}
