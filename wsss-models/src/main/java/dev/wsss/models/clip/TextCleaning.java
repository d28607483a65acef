package dev.wsss.models.clip;

import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What CLIP does to a text before it is split: the repairs of ftfy 6, but for wrong encodings; entities; white space. */
final class TextCleaning {
    private static final Pattern TERMINAL_ESCAPE = Pattern.compile("\u001b\\[(?:\\d|;)*[a-zA-Z]");
    private static final Pattern LINE_BREAK = Pattern.compile("\r\n|[\r\u2028\u2029]");
    private static final Pattern CONTROL =
            Pattern.compile("[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufeff\ufff9-\ufffc]");
    private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final int CAPITAL_SIGMA = 0x3a3;
    private static final int CAPITAL_I_WITH_DOT = 0x130;

    /** What may stand in the midst of a word: Unicode's Word_Break of MidLetter, MidNumLet and Single_Quote. */
    private static final String IGNORABLE_SIGNS =
            "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";

    private static final Map<Integer, String> LIGATURES = Map.ofEntries(
            Map.entry(0x132, "IJ"),
            Map.entry(0x133, "ij"),
            Map.entry(0x149, "\u02bcn"),
            Map.entry(0x1c4, "D\u017d"),
            Map.entry(0x1c5, "D\u017e"),
            Map.entry(0x1c6, "d\u017e"),
            Map.entry(0x1c7, "LJ"),
            Map.entry(0x1c8, "Lj"),
            Map.entry(0x1c9, "lj"),
            Map.entry(0x1ca, "NJ"),
            Map.entry(0x1cb, "Nj"),
            Map.entry(0x1cc, "nj"),
            Map.entry(0x1f1, "DZ"),
            Map.entry(0x1f2, "Dz"),
            Map.entry(0x1f3, "dz"),
            Map.entry(0xfb00, "ff"),
            Map.entry(0xfb01, "fi"),
            Map.entry(0xfb02, "fl"),
            Map.entry(0xfb03, "ffi"),
            Map.entry(0xfb04, "ffl"),
            Map.entry(0xfb05, "\u017ft"),
            Map.entry(0xfb06, "st"));

    private TextCleaning() {}

    static String clean(String text) {
        String repaired = repair(text);
        return SPACE.matcher(
                        HtmlEntities.unescape(HtmlEntities.unescape(repaired)).strip())
                .replaceAll(" ");
    }

    /**
     * In lower case as Python's {@code str.lower} sets it, by Unicode's rules. They differ from Java's in the final sigma: it is
     * one if a letter with case is before it and none after it, with nothing between but what Unicode calls ignorable for
     * this, such as accents, apostrophes and full stops. Java looks for word boundaries.
     */
    static String lower(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            int next = at + Character.charCount(c);
            switch (c) {
                case CAPITAL_SIGMA ->
                    lower.append(isCasedBefore(text, at) && !isCasedFrom(text, next) ? '\u03c2' : '\u03c3');
                case CAPITAL_I_WITH_DOT -> lower.append("i\u0307");
                default -> lower.appendCodePoint(Character.toLowerCase(c));
            }
            at = next;
        }
        return lower.toString();
    }

    private static boolean isCasedBefore(String text, int end) {
        for (int at = end; at > 0; ) {
            int c = text.codePointBefore(at);
            if (!isCaseIgnorable(c)) {
                return isCased(c);
            }
            at -= Character.charCount(c);
        }
        return false;
    }

    private static boolean isCasedFrom(String text, int start) {
        for (int at = start; at < text.length(); ) {
            int c = text.codePointAt(at);
            if (!isCaseIgnorable(c)) {
                return isCased(c);
            }
            at += Character.charCount(c);
        }
        return false;
    }

    private static boolean isCased(int c) {
        return Character.isLowerCase(c) || Character.isUpperCase(c) || Character.isTitleCase(c);
    }

    /** Unicode's property Case_Ignorable. */
    private static boolean isCaseIgnorable(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.FORMAT,
                    Character.MODIFIER_LETTER,
                    Character.MODIFIER_SYMBOL -> true;
            default -> IGNORABLE_SIGNS.indexOf(c) >= 0;
        };
    }

    /** Line by line, as ftfy; from the first line on that holds a tag, entities are left alone. */
    private static String repair(String text) {
        StringBuilder all = new StringBuilder();
        boolean entities = true;
        for (int at = 0; at < text.length(); ) {
            int newline = text.indexOf('\n', at);
            int end = newline < 0 ? text.length() : newline + 1;
            String line = text.substring(at, end);
            entities &= line.indexOf('<') < 0;
            all.append(repairLine(line, entities));
            at = end;
        }
        return all.toString();
    }

    /** Again and again until nothing changes: what one repair leaves may be another's. */
    private static String repairLine(String line, boolean entities) {
        String before;
        String text = line;
        do {
            before = text;
            String unescaped = entities ? HtmlEntities.unescapeClosed(text) : text;
            String plain = plain(unescaped);
            String broken = LINE_BREAK.matcher(plain).replaceAll("\n");
            String visible = TERMINAL_ESCAPE.matcher(broken).replaceAll("");
            text = Normalizer.normalize(CONTROL.matcher(visible).replaceAll(""), Normalizer.Form.NFC);
        } while (!text.equals(before));
        return text;
    }

    /** Characters that stand for plainer ones. */
    private static String plain(String text) {
        boolean ascii = text.chars().allMatch(c -> c < 0x80);
        return ascii ? text : text.codePoints().mapToObj(TextCleaning::plain).collect(Collectors.joining());
    }

    private static String plain(int c) {
        if (c < 0x80) {
            return Character.toString(c);
        }
        if (c <= 0x9f) {
            return String.valueOf(HtmlEntities.windows(c));
        }
        if (c == 0x2bc || c >= 0x2018 && c <= 0x201b) {
            return "'";
        }
        if (c >= 0x201c && c <= 0x201f) {
            return "\"";
        }
        if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            return "\ufffd";
        }
        if (c == 0x3000) {
            return " ";
        }
        if (c >= 0xff01 && c < 0xfff0) {
            return Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC);
        }
        String ligature = LIGATURES.get(c);
        return ligature == null ? Character.toString(c) : ligature;
    }
}
