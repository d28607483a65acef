package dev.wsss.api;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The classes of a dataset: their names, their numbering as tags and as labels, and their colours.
 *
 * <p>Tags are numbered {@code 0 .. tagCount()-1}. Labels, the values of mask pixels, are numbered {@code 0 ..
 * labelCount()-1}; with a background, label 0 is the background and the label of tag {@code k} is {@code k + 1}. The
 * value {@link LabelMap#IGNORE} is never a label.
 *
 * <p>Immutable.
 */
public final class ClassCatalog implements Described {
    /** Most labels a catalog can hold: 255 is {@link LabelMap#IGNORE}. */
    public static final int MAX_LABELS = 255;

    private final List<String> labelNames;
    private final boolean background;
    private final int[] palette;
    private final Map<String, Integer> tagByName = new HashMap<>();

    /** Tags by {@link #fold folded} name; several where names differ in case only. */
    private final Map<String, List<Integer>> tagsByFoldedName = new HashMap<>();

    private ClassCatalog(List<String> labelNames, boolean background, int[] palette) {
        if (labelNames.isEmpty() || labelNames.size() > MAX_LABELS) {
            throw new IllegalArgumentException(
                    "a catalog has 1 to " + MAX_LABELS + " labels, background included, but got " + labelNames.size());
        }
        this.labelNames = List.copyOf(labelNames);
        this.background = background;
        this.palette = palette;
        for (int label = background ? 1 : 0; label < labelNames.size(); label++) {
            String name = labelNames.get(label);
            if (name.isBlank()) {
                throw new IllegalArgumentException("class name of label " + label + " is blank");
            }
            if (tagByName.put(name, label - (background ? 1 : 0)) != null) {
                throw new IllegalArgumentException("class name '" + name + "' stands twice");
            }
            tagsByFoldedName
                    .computeIfAbsent(fold(name), folded -> new ArrayList<>())
                    .add(label - (background ? 1 : 0));
        }
    }

    /** A catalog with label 0 = "background" and one label for each of {@code tagNames}, in VOC's colours. */
    public static ClassCatalog withBackground(List<String> tagNames) {
        List<String> names = new ArrayList<>(tagNames.size() + 1);
        names.add("background");
        names.addAll(tagNames);
        return new ClassCatalog(names, true, vocPalette());
    }

    /** A catalog in which every label can be a tag, in VOC's colours. */
    public static ClassCatalog withoutBackground(List<String> tagNames) {
        return new ClassCatalog(tagNames, false, vocPalette());
    }

    /**
     * The same classes in other colours.
     *
     * @param rgb one 0xRRGGBB for each label, in order
     * @throws IllegalArgumentException if there are not {@link #labelCount()} of them
     */
    public ClassCatalog withColours(int... rgb) {
        if (rgb.length != labelCount()) {
            throw new IllegalArgumentException("expected " + labelCount() + " colours, got " + rgb.length);
        }
        int[] colours = palette.clone();
        System.arraycopy(rgb, 0, colours, 0, rgb.length);
        return new ClassCatalog(labelNames, background, colours);
    }

    /** Whether label 0 is a background that no image is tagged with. */
    public boolean hasBackground() {
        return background;
    }

    /** Number of classes that an image can be tagged with. */
    public int tagCount() {
        return labelNames.size() - (background ? 1 : 0);
    }

    /** Number of labels, the background included where there is one. */
    public int labelCount() {
        return labelNames.size();
    }

    /** Names by label, unmodifiable. */
    public List<String> labelNames() {
        return labelNames;
    }

    /** Names by tag, unmodifiable. */
    public List<String> tagNames() {
        return Collections.unmodifiableList(labelNames.subList(background ? 1 : 0, labelNames.size()));
    }

    /** The label of a tag. */
    public int labelOfTag(int tag) {
        if (tag < 0 || tag >= tagCount()) {
            throw new IllegalArgumentException("tag " + tag + " is not in 0.." + (tagCount() - 1));
        }
        return background ? tag + 1 : tag;
    }

    /** The tag of a label. */
    public int tagOfLabel(int label) {
        int tag = background ? label - 1 : label;
        if (tag < 0 || tag >= tagCount()) {
            throw new IllegalArgumentException("label " + label + " has no tag; labels with one are "
                    + (background ? 1 : 0) + ".." + (labelCount() - 1));
        }
        return tag;
    }

    /**
     * The tag of a class name: the one that is written alike, else the one that differs in case or in surrounding white
     * space only, as {@code "Aeroplane "} does from {@code "aeroplane"}.
     *
     * @return nothing if no class has that name
     * @throws InvalidDataException if several classes have it, but for case
     */
    public OptionalInt findTag(String name) {
        Integer tag = tagByName.get(name);
        if (tag != null) {
            return OptionalInt.of(tag);
        }
        List<Integer> tags = tagsByFoldedName.getOrDefault(fold(name), List.of());
        if (tags.size() > 1) {
            throw new InvalidDataException("class name '" + name + "' may be any of "
                    + tags.stream().map(tagNames()::get).toList() + "; expected one of them as it is written");
        }
        return tags.isEmpty() ? OptionalInt.empty() : OptionalInt.of(tags.get(0));
    }

    /**
     * The tag of a class name, as {@link #findTag}.
     *
     * @throws InvalidDataException if no class has that name, or several but for case; the message lists the names
     *     there are
     */
    public int requireTag(String name) {
        return findTag(name)
                .orElseThrow(() ->
                        new InvalidDataException("unknown class name '" + name + "'; expected one of " + tagNames()));
    }

    private static String fold(String name) {
        return Normalizer.normalize(name.strip(), Normalizer.Form.NFC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
    }

    /** The colour of a label, or of {@link LabelMap#IGNORE}, as 0xRRGGBB. */
    public int colour(int label) {
        if (label < 0 || label > 255) {
            throw new IllegalArgumentException("label " + label + " is not in 0..255");
        }
        return palette[label];
    }

    /** All 256 colours as 0xRRGGBB, a copy. */
    public int[] palette() {
        return palette.clone();
    }

    /** The PASCAL VOC colour of each of 256 indices, as 0xRRGGBB: bit-interleaved, with 255 = (224, 224, 192). */
    public static int[] vocPalette() {
        int[] rgb = new int[256];
        for (int i = 0; i < 256; i++) {
            int r = 0;
            int g = 0;
            int b = 0;
            int c = i;
            for (int j = 0; j < 8; j++) {
                r |= (c & 1) << (7 - j);
                g |= ((c >> 1) & 1) << (7 - j);
                b |= ((c >> 2) & 1) << (7 - j);
                c >>= 3;
            }
            rgb[i] = r << 16 | g << 8 | b;
        }
        rgb[LabelMap.IGNORE] = 0xE0E0C0;
        return rgb;
    }

    /** Names and background; colours play no part. */
    @Override
    public Description description() {
        return Description.of("ClassCatalog")
                .put("background", background)
                .put("labels", labelNames)
                .build();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ClassCatalog other && background == other.background && labelNames.equals(other.labelNames);
    }

    @Override
    public int hashCode() {
        return 31 * labelNames.hashCode() + Boolean.hashCode(background);
    }

    @Override
    public String toString() {
        return "ClassCatalog" + labelNames;
    }
}
