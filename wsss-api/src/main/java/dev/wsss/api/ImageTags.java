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
     * Tags as a vector of one number for each class, 1 where the image shows it and 0 where it does not. Nothing is
     * read into other numbers: 255 for unsure, a probability or NaN are not tags.
     *
     * @throws InvalidDataException if there is not one number for each class, or one is neither 0 nor 1
     */
    public static ImageTags ofMultiHot(ClassCatalog catalog, float... hot) {
        if (hot.length != catalog.tagCount()) {
            throw new InvalidDataException(
                    "has " + hot.length + " classes; expected " + catalog.tagCount() + ", " + catalog.tagNames());
        }
        int[] tags = new int[hot.length];
        int n = 0;
        for (int tag = 0; tag < hot.length; tag++) {
            float value = hot[tag];
            if (value != 0 && value != 1) {
                int count = 0;
                for (float other : hot) {
                    count += Float.compare(other, value) == 0 ? 1 : 0;
                }
                String shown = value == (int) value ? Integer.toString((int) value) : Float.toString(value);
                throw new InvalidDataException("class '" + catalog.tagNames().get(tag) + "' has value " + shown
                        + (count > 1 ? ", as " + count + " classes have" : "") + "; expected 1 where the image shows"
                        + " the class, else 0");
            }
            if (value == 1) {
                tags[n++] = tag;
            }
        }
        return new ImageTags(catalog, Arrays.copyOf(tags, n));
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
