package dev.wsss.datasets;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Counts in the words of notes and errors. */
final class Counts {
    /** Most names that are listed; of more, the rest is counted. */
    private static final int LISTED = 8;

    private Counts() {}

    /** {@code 1 image}, {@code 2 images}. */
    static String of(long n, String noun) {
        return n + " " + (n == 1 ? noun : noun.endsWith("x") || noun.endsWith("ss") ? noun + "es" : noun + "s");
    }

    /** Names in quotes, the first of them and how many more there are. */
    static String names(Collection<String> names) {
        return listed(names.stream().map(name -> "'" + name + "'").toList());
    }

    /** {@code 12 of 'truck', 3 of 'van'}, the most first. */
    static String byName(Map<String, ? extends Number> counts) {
        return listed(counts.entrySet().stream()
                .sorted(Comparator.<Map.Entry<String, ? extends Number>>comparingLong(
                                e -> -e.getValue().longValue())
                        .thenComparing(Map.Entry::getKey))
                .map(e -> e.getValue() + " of '" + e.getKey() + "'")
                .toList());
    }

    private static String listed(List<String> parts) {
        String all = parts.stream().limit(LISTED).collect(Collectors.joining(", "));
        return parts.size() <= LISTED ? all : all + " and " + (parts.size() - LISTED) + " more";
    }
}
