package dev.wsss.core.report;

import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.core.io.ObjectNpy;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Folders that are wrong as a whole, which a look at a few files tells: the score of their numbers would mean nothing. */
final class FolderCheck {
    private static final int LOOKED_AT = 16;

    private final MaskData data;
    private final int[] indices;

    FolderCheck(MaskData data) {
        this.data = data;
        int n = Math.min(LOOKED_AT, data.size());
        indices = IntStream.range(0, n)
                .map(k -> (int) ((long) k * data.size() / n))
                .toArray();
    }

    /**
     * Refuses masks of 0 and 255 alone, as drawing programs leave them: 255 does not count, so that only the background
     * would be measured.
     *
     * @param name what they are
     * @param labels of an image by its index
     * @throws InvalidDataException with the count of both values
     */
    void requireClasses(String name, IntFunction<LabelMap> labels) {
        int looked = 0;
        long zero = 0;
        long ignored = 0;
        for (int i : indices) {
            LabelMap map;
            try {
                map = labels.apply(i);
            } catch (InvalidDataException e) {
                continue; // it is skipped and listed later
            }
            int[] counts = map.histogram();
            if (counts[0] + counts[LabelMap.IGNORE] < map.height() * map.width()) {
                return;
            }
            looked++;
            zero += counts[0];
            ignored += counts[LabelMap.IGNORE];
        }
        if (zero > 0 && ignored > 0) {
            throw new InvalidDataException(name + ": all " + looked + " masks looked at hold only 0 (" + zero
                    + " pixels) and " + LabelMap.IGNORE + " (" + ignored
                    + " pixels), which does not count; expected labels 0.."
                    + (data.classes().labelCount() - 1) + ", the first class as "
                    + data.classes().labelOfTag(0));
        }
    }

    /**
     * Refuses CAM dicts whose keys are labels: each map would be measured as the class after its own.
     *
     * @param file of an image by its index
     * @throws InvalidDataException naming a file, its keys and the classes of its mask
     */
    void requireKeysOfTags(IntFunction<Path> file) {
        int looked = 0;
        int shifted = 0;
        String example = "";
        for (int i : indices) {
            try {
                ImageTags truth = ImageTags.anyPixel(data.classes(), data.truth(i));
                Set<Integer> keys = ObjectNpy.readCamDict(file.apply(i)).keySet();
                Set<Integer> tags =
                        IntStream.of(truth.toArray()).boxed().collect(Collectors.toCollection(TreeSet::new));
                Set<Integer> above = tags.stream().map(tag -> tag + 1).collect(Collectors.toCollection(TreeSet::new));
                looked++;
                TreeSet<Integer> classes = new TreeSet<>(keys);
                classes.remove(0); // where keys are labels, the background
                if (!keys.equals(tags) && !tags.isEmpty() && classes.equals(above)) {
                    shifted++;
                    example = example.isEmpty()
                            ? file.apply(i) + " has the keys " + List.copyOf(keys) + ", its mask shows " + truth
                            : example;
                }
            } catch (InvalidDataException e) {
                continue; // it is skipped and listed later
            }
        }
        if (2 * shifted > looked) {
            throw new InvalidDataException("the keys of " + shifted + " of " + looked
                    + " score files looked at are labels, which begin with the background, and not tags: " + example
                    + "; expected the first class under key 0");
        }
    }
}
