package dev.wsss.core.checkpoint;

import java.util.List;

/** A set of keys: {@code *} stands for any text, none included. Takes time linear in the key, whatever it is. */
public final class Glob {
    private final String text;
    private final List<String> parts;

    /**
     * The keys of a pattern.
     *
     * @throws IllegalArgumentException if it is empty
     */
    public Glob(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("keys must be named, got an empty pattern");
        }
        this.text = text;
        parts = List.of(text.split("\\*", -1));
    }

    /** Whether a key is of this set. */
    public boolean matches(String key) {
        String first = parts.get(0);
        if (parts.size() == 1) {
            return key.equals(first);
        }
        String last = parts.get(parts.size() - 1);
        int end = key.length() - last.length();
        int at = first.length();
        if (end < at || !key.startsWith(first) || !key.endsWith(last)) {
            return false;
        }
        for (String part : parts.subList(1, parts.size() - 1)) {
            int found = key.indexOf(part, at);
            if (found < 0 || found + part.length() > end) {
                return false;
            }
            at = found + part.length();
        }
        return true;
    }

    @Override
    public String toString() {
        return text;
    }
}
