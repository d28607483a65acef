package dev.wsss.core.report;

import java.util.Locale;

/** HTML under construction. Text goes through {@link #text}; only what this package wrote itself goes in raw. */
final class Html {
    private final StringBuilder out = new StringBuilder(1 << 16);

    /** Appends markup with its {@code %s} places filled by escaped text, and its {@code %d}, {@code %.nf} by numbers. */
    Html add(String markup, Object... values) {
        Object[] escaped = new Object[values.length];
        for (int i = 0; i < values.length; i++) {
            escaped[i] = values[i] instanceof Number ? values[i] : escape(String.valueOf(values[i]));
        }
        out.append(values.length == 0 ? markup : String.format(Locale.ROOT, markup, escaped));
        return this;
    }

    /** Appends text from outside. */
    Html text(String text) {
        out.append(escape(text));
        return this;
    }

    /** Text that is safe between tags and within quoted attributes. */
    static String escape(String text) {
        StringBuilder safe = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> {
                    boolean allowed = c == '\n'
                            || c == '\t'
                            || !Character.isISOControl(c)
                                    && !(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
                    safe.appendCodePoint(allowed ? c : 0xFFFD);
                }
            }
        }
        return safe.toString();
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
