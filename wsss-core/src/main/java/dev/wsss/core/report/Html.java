package dev.wsss.core.report;

/** Text from outside in a page. */
final class Html {
    private Html() {}

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
}
