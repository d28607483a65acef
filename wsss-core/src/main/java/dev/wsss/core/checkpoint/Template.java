package dev.wsss.core.checkpoint;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A key with holes: {@code {1}} a number, {@code {1+2}} the number plus two, {@code {*}} any text but none. The same hole
 * stands for the same value in every template of a rule.
 */
final class Template {
    private static final Pattern HOLE = Pattern.compile("\\{(?:(\\*)|(\\d)(?:([+-])(\\d{1,4}))?)}");
    private static final String NUMBER = "(0|[1-9]\\d{0,8})";

    private final String text;
    private final Pattern pattern;
    private final List<Hole> holes;
    private final List<String> literals;

    private record Hole(String name, int offset) {}

    private Template(String text, Pattern pattern, List<Hole> holes, List<String> literals) {
        this.text = text;
        this.pattern = pattern;
        this.holes = holes;
        this.literals = literals;
    }

    static Template of(String text) {
        List<Hole> holes = new ArrayList<>();
        List<String> literals = new ArrayList<>();
        StringBuilder regex = new StringBuilder();
        Matcher m = HOLE.matcher(text);
        int end = 0;
        while (m.find()) {
            String literal = text.substring(end, m.start());
            if (end > 0 && literal.isEmpty()) {
                throw new IllegalArgumentException("two holes touch in '" + text + "'; put text between them");
            }
            literals.add(literal);
            regex.append(Pattern.quote(literal));
            if (m.group(1) != null) {
                holes.add(new Hole("*", 0));
                regex.append("(.+)");
            } else {
                int offset = m.group(4) == null ? 0 : Integer.parseInt(m.group(3) + m.group(4));
                holes.add(new Hole(m.group(2), offset));
                regex.append(NUMBER);
            }
            end = m.end();
        }
        String rest = text.substring(end);
        literals.add(rest);
        regex.append(Pattern.quote(rest));
        if (text.isEmpty() || literals.stream().anyMatch(l -> l.indexOf('{') >= 0 || l.indexOf('}') >= 0)) {
            throw new IllegalArgumentException("'" + text + "' is no key: holes are {1}, {1+2}, {*}");
        }
        if (holes.stream().filter(h -> h.name.equals("*")).count() > 1) {
            throw new IllegalArgumentException("'" + text + "' has {*} twice, so that its parts are not told apart");
        }
        return new Template(text, Pattern.compile(regex.toString(), Pattern.DOTALL), holes, literals);
    }

    /** Whether it has no hole and so is one key. */
    boolean isExact() {
        return holes.isEmpty();
    }

    Set<String> holeNames() {
        Set<String> names = new HashSet<>();
        holes.forEach(h -> names.add(h.name));
        return names;
    }

    /** The holes' values if the key is of this form. */
    @Nullable
    Map<String, String> match(String key) {
        Matcher m = pattern.matcher(key);
        if (!m.matches()) {
            return null;
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < holes.size(); i++) {
            Hole hole = holes.get(i);
            String value = m.group(i + 1);
            if (!hole.name.equals("*")) {
                int number = Integer.parseInt(value) - hole.offset;
                if (number < 0) {
                    return null;
                }
                value = Integer.toString(number);
            }
            String before = values.put(hole.name, value);
            if (before != null && !before.equals(value)) {
                return null;
            }
        }
        return values;
    }

    /** The key with these values in its holes; null where an offset leads below zero. */
    @Nullable
    String fill(Map<String, String> values) {
        StringBuilder key = new StringBuilder(literals.get(0));
        for (int i = 0; i < holes.size(); i++) {
            Hole hole = holes.get(i);
            String value = values.get(hole.name);
            if (value == null) {
                throw new IllegalStateException("no value for {" + hole.name + "} of '" + text + "'");
            }
            if (!hole.name.equals("*")) {
                int number = Integer.parseInt(value) + hole.offset;
                if (number < 0) {
                    return null;
                }
                value = Integer.toString(number);
            }
            key.append(value).append(literals.get(i + 1));
        }
        return key.toString();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Template other && text.equals(other.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
