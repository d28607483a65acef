package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Compares what tags say with what masks show. Where all masks differ by one rule, such as another order of the classes,
 * the data are refused; a few differences are told.
 */
final class TagAgreement {
    /**
     * What is known of an image.
     *
     * @param file its mask
     * @param shown the classes of the mask
     */
    record Pair(Path file, ImageTags tags, ImageTags shown) {}

    private final ClassCatalog classes;
    private final List<Pair> pairs;
    /** The first image of which the two differ. */
    private final String example;

    private final int differing;

    private TagAgreement(ClassCatalog classes, List<Pair> pairs) {
        this.classes = classes;
        this.pairs = pairs;
        List<Pair> unequal = pairs.stream().filter(p -> !p.tags.equals(p.shown)).toList();
        differing = unequal.size();
        example = unequal.isEmpty()
                ? ""
                : unequal.get(0).file + " shows " + unequal.get(0).shown + ", the tags are " + unequal.get(0).tags;
    }

    /**
     * Compares.
     *
     * @return how some images differ, if they do
     * @throws InvalidDataException if all do
     */
    static Optional<String> check(ClassCatalog classes, List<Pair> pairs) {
        TagAgreement all = new TagAgreement(classes, pairs);
        if (all.differing == 0) {
            return Optional.empty();
        }
        // images without tags tell nothing of what tags mean
        List<Pair> tagged = pairs.stream().filter(p -> !p.tags.isEmpty()).toList();
        if (tagged.size() > 1) {
            new TagAgreement(classes, tagged).requireOneMeaning();
        }
        return Optional.of(all.differences());
    }

    private String differences() {
        int withoutPixel = 0;
        int withoutTag = 0;
        for (Pair p : pairs) {
            int common = common(p, 0);
            withoutPixel += p.tags.size() - common;
            withoutTag += p.shown.size() - common;
        }
        return "tags and masks differ in " + differing + " of the " + Counts.of(pairs.size(), "mask") + " looked at: "
                + Counts.of(withoutPixel, "tag") + " without a pixel, " + Counts.of(withoutTag, "class")
                + " with pixels but no tag; " + example;
    }

    private void requireOneMeaning() {
        String expected = "; expected masks of these images whose values are the places in the list of classes "
                + classes.labelNames();
        double straight = agreement(0);
        for (int shift : new int[] {1, -1}) {
            if (straight < 0.5 && agreement(shift) > 0.9) {
                throw new InvalidDataException(example + "; the values of all masks are "
                        + (shift > 0 ? "higher" : "lower") + " by one than the places of the tags" + expected);
            }
        }
        if (pairs.stream().allMatch(p -> common(p, 0) == 0)) {
            throw new InvalidDataException(example + "; no mask of the " + pairs.size()
                    + " looked at shows a class of its image's tags" + expected);
        }
        if (differing * 2 >= pairs.size() && differing > 1 && isReordered()) {
            throw new InvalidDataException(example
                    + "; masks and tags are the same but for the order of the classes, in all of the " + pairs.size()
                    + " masks looked at" + expected);
        }
        if (differing == pairs.size() && pairs.size() >= 4 && straight < 0.5 && differBothWays()) {
            throw new InvalidDataException(
                    example + "; so it is with all of the " + pairs.size() + " masks looked at" + expected);
        }
    }

    /** Whether each class is on the images of one class of the masks, so that another order would explain all. */
    private boolean isReordered() {
        Map<BitSet, Integer> surplus = new HashMap<>();
        for (int tag = 0; tag < classes.tagCount(); tag++) {
            BitSet tagged = new BitSet();
            BitSet shown = new BitSet();
            for (int i = 0; i < pairs.size(); i++) {
                tagged.set(i, pairs.get(i).tags.contains(tag));
                shown.set(i, pairs.get(i).shown.contains(tag));
            }
            surplus.merge(tagged, 1, Integer::sum);
            surplus.merge(shown, -1, Integer::sum);
        }
        surplus.remove(new BitSet());
        return surplus.values().stream().allMatch(n -> n == 0);
    }

    /** Whether tags lack pixels, and pixels tags: tags that are only incomplete do not. */
    private boolean differBothWays() {
        int tags = 0;
        int shown = 0;
        int both = 0;
        for (Pair p : pairs) {
            tags += p.tags.size();
            shown += p.shown.size();
            both += common(p, 0);
        }
        return (tags - both) * 4 >= tags && (shown - both) * 4 >= tags;
    }

    /** Of all tags and all classes with pixels, the share that is both, once mask values are taken as so much higher. */
    private double agreement(int shift) {
        int both = 0;
        int either = 0;
        for (Pair p : pairs) {
            int common = common(p, shift);
            // where values are higher, the background is a class more than there are tags; where they are lower, the
            // first class has become the background
            boolean background =
                    (shift > 0 && p.shown.contains(0)) || (shift < 0 && classes.hasBackground() && p.tags.contains(0));
            both += common;
            either += p.tags.size() + p.shown.size() - common - (background ? 1 : 0);
        }
        return either == 0 ? 0 : (double) both / either;
    }

    private static int common(Pair pair, int shift) {
        int n = 0;
        for (int tag : pair.tags.toArray()) {
            n += pair.shown.contains(tag + shift) ? 1 : 0;
        }
        return n;
    }
}
