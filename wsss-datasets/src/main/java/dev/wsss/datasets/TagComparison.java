package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How two sources of tags differ.
 *
 * @param images that both have
 * @param differing of them, those whose tags differ, in the order of the first
 * @param onlyFirst ids that only the first has
 * @param onlySecond ids that only the second has
 * @param classes by tag
 */
public record TagComparison(
        int images, List<String> differing, List<String> onlyFirst, List<String> onlySecond, List<ClassCount> classes) {
    /**
     * A class on the images that both sources have.
     *
     * @param first images that the first tags with it
     * @param second images that the second tags with it
     * @param added images that only the second tags with it
     * @param missing images that only the first tags with it
     */
    public record ClassCount(String name, int first, int second, int added, int missing) {}

    /** Copies the lists. */
    public TagComparison {
        differing = List.copyOf(differing);
        onlyFirst = List.copyOf(onlyFirst);
        onlySecond = List.copyOf(onlySecond);
        classes = List.copyOf(classes);
    }

    /**
     * Compares. Where the second calls an image by a path or a file's name, as in {@code aachen/aachen_000000_000019} or
     * {@code 2007_000032.jpg}, and the first has the id within it, that id is meant.
     *
     * @param catalog of both
     * @param first tags by id
     * @param other tags by id
     * @throws InvalidDataException if the second has one image under two names
     */
    public static TagComparison of(ClassCatalog catalog, Map<String, ImageTags> first, Map<String, ImageTags> other) {
        Map<String, ImageTags> second = new LinkedHashMap<>();
        other.forEach((name, tags) -> {
            if (second.put(id(name, first), tags) != null) {
                throw new InvalidDataException("'" + id(name, first) + "' has tags under two names, one of them '"
                        + name + "'; expected each image once");
            }
        });
        return compare(catalog, first, second);
    }

    /** The id that a name means, itself if it means none. */
    private static String id(String name, Map<String, ImageTags> known) {
        String last = name.substring(name.lastIndexOf('/') + 1);
        String stem = ImageFolder.isImage(last) ? TextLines.stem(last) : last;
        return Stream.of(name, last, stem)
                .filter(known::containsKey)
                .findFirst()
                .orElse(name);
    }

    private static TagComparison compare(
            ClassCatalog catalog, Map<String, ImageTags> first, Map<String, ImageTags> second) {
        List<String> differing = new ArrayList<>();
        int[][] counts = new int[catalog.tagCount()][4];
        int images = 0;
        for (Map.Entry<String, ImageTags> e : first.entrySet()) {
            ImageTags other = second.get(e.getKey());
            if (other == null) {
                continue;
            }
            images++;
            if (!other.equals(e.getValue())) {
                differing.add(e.getKey());
            }
            for (int tag = 0; tag < counts.length; tag++) {
                boolean here = e.getValue().contains(tag);
                boolean there = other.contains(tag);
                counts[tag][0] += here ? 1 : 0;
                counts[tag][1] += there ? 1 : 0;
                counts[tag][2] += there && !here ? 1 : 0;
                counts[tag][3] += here && !there ? 1 : 0;
            }
        }
        List<ClassCount> classes = new ArrayList<>();
        for (int tag = 0; tag < counts.length; tag++) {
            int[] c = counts[tag];
            classes.add(new ClassCount(catalog.tagNames().get(tag), c[0], c[1], c[2], c[3]));
        }
        return new TagComparison(images, differing, without(first, second), without(second, first), classes);
    }

    private static List<String> without(Map<String, ImageTags> these, Map<String, ImageTags> those) {
        return these.keySet().stream().filter(id -> !those.containsKey(id)).toList();
    }

    /** Whether both sources have the same images with the same tags. */
    public boolean isSame() {
        return differing.isEmpty() && onlyFirst.isEmpty() && onlySecond.isEmpty();
    }
}
