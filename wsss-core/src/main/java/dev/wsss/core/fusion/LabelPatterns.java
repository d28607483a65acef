package dev.wsss.core.fusion;

import dev.wsss.api.LabelMap;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How often the sources give which labels to a pixel. All that a pixel tells of its sources is the tuple of its labels, and
 * there are few different ones, so that the counts stand for the whole data set. Not safe for use from several threads.
 */
public final class LabelPatterns {
    /** The most sources there may be: a tuple is a long. */
    public static final int MAX_SOURCES = 8;

    private final int sources;
    private final Map<Long, long[]> counts = new HashMap<>();

    /**
     * No counts.
     *
     * @param sources 1 to {@link #MAX_SOURCES}
     */
    public LabelPatterns(int sources) {
        if (sources < 1 || sources > MAX_SOURCES) {
            throw new IllegalArgumentException("sources must be in 1.." + MAX_SOURCES + ", got " + sources);
        }
        this.sources = sources;
    }

    /** Number of sources. */
    public int sources() {
        return sources;
    }

    /**
     * Counts the pixels of an image.
     *
     * @param maps the map of each source, of one size; null for a source without one, which counts as {@link LabelMap#IGNORE}
     * @throws IllegalArgumentException if there is not one for each source, or sizes differ
     */
    public void add(List<? extends @Nullable LabelMap> maps) {
        long[] tuples = tuples(maps);
        for (int i = 0, start = 0; start < tuples.length; start = i) {
            while (i < tuples.length && tuples[i] == tuples[start]) {
                i++;
            }
            count(tuples[start], i - start);
        }
    }

    private void count(long tuple, long pixels) {
        counts.computeIfAbsent(tuple, t -> new long[1])[0] += pixels;
    }

    /** Adds the counts of others of as many sources. */
    public void merge(LabelPatterns other) {
        if (other.sources != sources) {
            throw new IllegalArgumentException("expected patterns of " + sources + " sources, got " + other.sources);
        }
        other.counts.forEach((tuple, n) -> count(tuple, n[0]));
    }

    /** Number of pixels that were counted. */
    public long pixels() {
        return counts.values().stream().mapToLong(n -> n[0]).sum();
    }

    /** Number of pixels to which at least one source gives a label, and all that give one give the same. */
    public long unanimous() {
        return counts.entrySet().stream()
                .filter(e -> {
                    int[] labels = labels(e.getKey());
                    return Arrays.stream(labels)
                                    .filter(l -> l != LabelMap.IGNORE)
                                    .distinct()
                                    .count()
                            == 1;
                })
                .mapToLong(e -> e.getValue()[0])
                .sum();
    }

    /**
     * How far sources agree: {@code [a][b]} is the share of the pixels labelled by both that have the same label of both, NaN
     * if there are none.
     */
    public double[][] agreement() {
        long[][] both = new long[sources][sources];
        long[][] same = new long[sources][sources];
        counts.forEach((tuple, n) -> {
            int[] labels = labels(tuple);
            for (int a = 0; a < sources; a++) {
                for (int b = 0; b < sources; b++) {
                    if (labels[a] != LabelMap.IGNORE && labels[b] != LabelMap.IGNORE) {
                        both[a][b] += n[0];
                        same[a][b] += labels[a] == labels[b] ? n[0] : 0;
                    }
                }
            }
        });
        double[][] share = new double[sources][sources];
        for (int a = 0; a < sources; a++) {
            for (int b = 0; b < sources; b++) {
                share[a][b] = (double) same[a][b] / both[a][b];
            }
        }
        return share;
    }

    /** Number of pixels of each tuple, in one order always. */
    SortedMap<Long, Long> counts() {
        SortedMap<Long, Long> sorted = new TreeMap<>();
        counts.forEach((tuple, n) -> sorted.put(tuple, n[0]));
        return sorted;
    }

    /** The labels in a tuple, by source. */
    int[] labels(long tuple) {
        int[] labels = new int[sources];
        for (int s = 0; s < sources; s++) {
            labels[s] = (int) (tuple >>> (8 * s)) & 255;
        }
        return labels;
    }

    /** The tuple of each pixel, row by row. */
    long[] tuples(List<? extends @Nullable LabelMap> maps) {
        if (maps.size() != sources) {
            throw new IllegalArgumentException("expected a map of each of " + sources + " sources, got " + maps.size());
        }
        LabelMap size = first(maps);
        long[] tuples = new long[size.height() * size.width()];
        for (int s = 0; s < sources; s++) {
            LabelMap map = maps.get(s);
            if (map != null && (map.height() != size.height() || map.width() != size.width())) {
                throw new IllegalArgumentException("label maps are of " + size.height() + "x" + size.width() + " and "
                        + map.height() + "x" + map.width() + " pixels; expected one size");
            }
            byte[] labels = map == null ? new byte[0] : map.toArray();
            for (int i = 0; i < tuples.length; i++) {
                tuples[i] |= (map == null ? (long) LabelMap.IGNORE : labels[i] & 255L) << (8 * s);
            }
        }
        return tuples;
    }

    /** The first map there is. */
    static LabelMap first(List<? extends @Nullable LabelMap> maps) {
        for (LabelMap map : maps) {
            if (map != null) {
                return map;
            }
        }
        throw new IllegalArgumentException("expected a map of at least one source");
    }

    @Override
    public String toString() {
        return "LabelPatterns[" + sources + " sources, " + counts.size() + " patterns]";
    }
}
