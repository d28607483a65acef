package dev.wsss.api;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The classes that an image is said to show: the whole supervision of a weakly supervised system. Tags are ascending
 * and distinct. Immutable.
 */
public final class ImageTags {
    private final ClassCatalog catalog;
    private final int[] tags;

    private ImageTags(ClassCatalog catalog, int[] tags) {
        this.catalog = catalog;
        this.tags = tags;
    }

    /**
     * Tags by number.
     *
     * @throws InvalidDataException if a tag is not one of the catalog's
     */
    public static ImageTags of(ClassCatalog catalog, int... tags) {
        int[] sorted = Arrays.stream(tags).sorted().distinct().toArray();
        for (int tag : sorted) {
            if (tag < 0 || tag >= catalog.tagCount()) {
                throw new InvalidDataException("tag " + tag + " has no class; expected 0.." + (catalog.tagCount() - 1));
            }
        }
        return new ImageTags(catalog, sorted);
    }

    /**
     * Tags by class name.
     *
     * @throws InvalidDataException if a name is not one of the catalog's
     */
    public static ImageTags ofNames(ClassCatalog catalog, Collection<String> names) {
        return of(catalog, names.stream().mapToInt(catalog::requireTag).toArray());
    }

    /**
     * The tags that a mask implies by the any-pixel rule: a class is present when one pixel carries its label.
     *
     * @throws InvalidDataException if the mask holds a value that is neither a label nor {@link LabelMap#IGNORE}
     */
    public static ImageTags anyPixel(ClassCatalog catalog, LabelMap mask) {
        int[] counts = mask.histogram();
        int first = catalog.hasBackground() ? 1 : 0;
        int[] found = new int[catalog.tagCount()];
        int n = 0;
        for (int label = 0; label < LabelMap.IGNORE; label++) {
            if (counts[label] == 0) {
                continue;
            }
            if (label >= catalog.labelCount()) {
                throw new InvalidDataException("mask value " + label + " has no class; expected 0.."
                        + (catalog.labelCount() - 1) + " or " + LabelMap.IGNORE);
            }
            if (label >= first) {
                found[n++] = catalog.tagOfLabel(label);
            }
        }
        return new ImageTags(catalog, Arrays.copyOf(found, n));
    }

    /** The catalog that numbers these tags. */
    public ClassCatalog catalog() {
        return catalog;
    }

    /** The tags, ascending; a copy. */
    public int[] toArray() {
        return tags.clone();
    }

    /** The mask labels of these tags, ascending; a copy. */
    public int[] labels() {
        return Arrays.stream(tags).map(catalog::labelOfTag).toArray();
    }

    /** The class names of these tags, by ascending tag. */
    public List<String> names() {
        return Arrays.stream(tags).mapToObj(catalog.tagNames()::get).toList();
    }

    /** Number of tags. */
    public int size() {
        return tags.length;
    }

    /** Whether there is no tag. */
    public boolean isEmpty() {
        return tags.length == 0;
    }

    /** Whether this tag is set. */
    public boolean contains(int tag) {
        return Arrays.binarySearch(tags, tag) >= 0;
    }

    /** A 0/1 vector of length {@link ClassCatalog#tagCount()}. */
    public float[] toMultiHot() {
        float[] hot = new float[catalog.tagCount()];
        for (int tag : tags) {
            hot[tag] = 1f;
        }
        return hot;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ImageTags other && catalog.equals(other.catalog) && Arrays.equals(tags, other.tags);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(tags);
    }

    @Override
    public String toString() {
        return names().toString();
    }
}
