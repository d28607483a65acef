package dev.wsss.models.clip;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Character references of HTML 5 in texts, resolved as Python's {@code html.unescape} and ftfy do. */
final class HtmlEntities {
    private static final Pattern REFERENCE =
            Pattern.compile("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\\t\\n\\f <&#;]{1,32};?)");
    private static final Pattern CLOSED = Pattern.compile("&#?[0-9A-Za-z]{1,24};");

    /** What windows-1252 has at 0x80 to 0x9f; the same code where it has nothing. */
    private static final String WINDOWS =
            "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152"
                    + "\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

    private static final String REPLACEMENT = "\ufffd";

    /** By name, with the semicolon where it is required. */
    private static final Map<String, String> NAMED = named();

    private HtmlEntities() {}

    private static Map<String, String> named() {
        Map<String, String> all = new HashMap<>();
        for (String line : ClipResources.lines("html5-entities.txt")) {
            String[] parts = line.split(" ");
            StringBuilder text = new StringBuilder();
            for (int i = 1; i < parts.length; i++) {
                text.appendCodePoint(Integer.parseInt(parts[i], 16));
            }
            all.put(parts[0], text.toString());
        }
        return Map.copyOf(all);
    }

    /** The character that windows-1252 has in place of a control character 0x80 to 0x9f. */
    static char windows(int code) {
        return WINDOWS.charAt(code - 0x80);
    }

    /** Every reference that a browser would resolve, those without a semicolon too. */
    static String unescape(String text) {
        return text.indexOf('&') < 0
                ? text
                : REFERENCE.matcher(text).replaceAll(m -> Matcher.quoteReplacement(resolve(m.group(1))));
    }

    /** References that end in a semicolon alone; those of small letters also when written in capitals. */
    static String unescapeClosed(String text) {
        return text.indexOf('&') < 0
                ? text
                : CLOSED.matcher(text).replaceAll(m -> Matcher.quoteReplacement(resolveClosed(m.group())));
    }

    private static String resolveClosed(String reference) {
        String body = reference.substring(1);
        if (body.startsWith("#")) {
            String resolved = unescape(reference);
            return resolved.contains(";") ? reference : resolved;
        }
        String found = NAMED.get(body);
        return found != null ? found : capitals(body, reference);
    }

    private static String capitals(String body, String reference) {
        String small = NAMED.get(body.toLowerCase(Locale.ROOT));
        boolean allCapitals = body.equals(body.toUpperCase(Locale.ROOT));
        // as a browser would not read it otherwise
        return small != null && allCapitals && unescape(reference).equals(reference)
                ? small.toUpperCase(Locale.ROOT)
                : reference;
    }

    private static String resolve(String body) {
        if (body.startsWith("#")) {
            return number(body);
        }
        for (int length = body.length(); length > 1; length--) {
            String found = NAMED.get(body.substring(0, length));
            if (found != null) {
                return found + body.substring(length);
            }
        }
        return "&" + body;
    }

    private static String number(String body) {
        boolean hex = body.length() > 1 && Character.toLowerCase(body.charAt(1)) == 'x';
        String digits = body.substring(hex ? 2 : 1, body.endsWith(";") ? body.length() - 1 : body.length());
        int code = code(digits, hex ? 16 : 10);
        if (code == 0 || code > Character.MAX_CODE_POINT || code >= 0xd800 && code <= 0xdfff) {
            return REPLACEMENT;
        }
        if (code >= 0x80 && code <= 0x9f) {
            return String.valueOf(windows(code));
        }
        return isCharacter(code) ? Character.toString(code) : "";
    }

    /** The number, or one beyond all characters where it is greater. */
    private static int code(String digits, int radix) {
        int code = 0;
        for (int i = 0; i < digits.length() && code <= Character.MAX_CODE_POINT; i++) {
            code = code * radix + Character.digit(digits.charAt(i), radix);
        }
        return code;
    }

    private static boolean isCharacter(int code) {
        boolean control = code < 0x20 && code != '\t' && code != '\n' && code != '\f' && code != '\r' || code == 0x7f;
        boolean none = code >= 0xfdd0 && code <= 0xfdef || (code & 0xfffe) == 0xfffe;
        return !control && !none;
    }
}
