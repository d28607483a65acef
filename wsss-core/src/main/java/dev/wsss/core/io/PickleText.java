package dev.wsss.core.io;

/** The escapes of the text protocol, which Python 2 wrote by default. */
final class PickleText {
    private PickleText() {}

    /** A quoted byte string as Python 2's {@code repr} writes it. */
    static String unquote(Unpickler machine, String line) {
        int n = line.length();
        char quote = n < 2 ? 0 : line.charAt(0);
        if (quote != '\'' && quote != '"' || line.charAt(n - 1) != quote) {
            throw machine.bad("a string that is not quoted");
        }
        return unescape(machine, line.substring(1, n - 1), true);
    }

    /**
     * Undoes escapes.
     *
     * @param all all of Python's string escapes, else only those of the raw-unicode-escape encoding
     */
    static String unescape(Unpickler machine, String text, boolean all) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
            int digits = 0;
            if (c == '\\') {
                digits = all ? (next == 'x' ? 2 : 0) : next == 'u' ? 4 : next == 'U' ? 8 : 0;
            }
            if (digits > 0) {
                out.appendCodePoint(codePoint(machine, text, i + 2, digits));
                i += 1 + digits;
            } else if (c == '\\' && all) {
                int which = "\\'\"nrt".indexOf(next);
                if (next == 0 || which < 0) {
                    throw machine.bad("a string with the escape " + Inputs.quote("\\" + next));
                }
                out.append("\\'\"\n\r\t".charAt(which));
                i++;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static int codePoint(Unpickler machine, String text, int start, int digits) {
        int value = start + digits <= text.length() ? 0 : -1;
        for (int i = start; value >= 0 && i < start + digits; i++) {
            int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
            value = digit < 0 || value > Character.MAX_CODE_POINT ? -1 : value * 16 + digit;
        }
        if (!Character.isValidCodePoint(value)) {
            throw machine.bad("a string with a broken escape");
        }
        return value;
    }
}
