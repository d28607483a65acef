package dev.wsss.datasets;

import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The masks of a folder: {@code <id>.png}, or all with one ending such as {@code <id>_mask.png}. */
final class MaskFolder {
    /** Endings that programs give to the names of masks. */
    private static final List<String> ENDINGS = List.of(
            "_mask",
            "_masks",
            "-mask",
            ".mask",
            "_gt",
            "_label",
            "_labels",
            "_lbl",
            "_seg",
            "_segmentation",
            "_L",
            "_annotation",
            "_groundtruth",
            "_gt_labelIds",
            "_labelIds",
            "_labelTrainIds",
            "_trainIds");

    private final Path folder;
    private final Map<String, Path> masks;
    private final String ending;

    private MaskFolder(Path folder, Map<String, Path> masks, String ending) {
        this.folder = folder;
        this.masks = masks;
        this.ending = ending;
    }

    /**
     * Lists a folder, and finds how the masks of these images are called there.
     *
     * @param ids of the images
     * @throws InvalidDataException if one ending fits some images, and another fits others
     */
    static MaskFolder list(Path folder, Collection<String> ids) {
        Map<String, Path> masks = new HashMap<>();
        for (Path file : ImageFolder.files(folder)) {
            String name = file.getFileName().toString();
            if (name.toLowerCase(Locale.ROOT).endsWith(".png")) {
                masks.put(name.substring(0, name.length() - 4), file);
            }
        }
        String chosen = "";
        String first = "";
        for (String ending : ENDINGS) {
            for (String id : ids) {
                if (masks.containsKey(id) || !masks.containsKey(id + ending)) {
                    continue;
                }
                if (chosen.isEmpty()) {
                    chosen = ending;
                    first = id;
                } else if (!chosen.equals(ending)) {
                    throw new InvalidDataException(folder + ": has " + first + chosen + ".png and " + id + ending
                            + ".png; expected one ending for all masks");
                }
            }
        }
        return new MaskFolder(folder, masks, chosen);
    }

    /** The mask of an image; the exact name goes before the one with an ending. Null if there is none. */
    @Nullable
    Path find(String id) {
        Path exact = masks.get(id);
        return exact != null || ending.isEmpty() ? exact : masks.get(id + ending);
    }

    /** What to know of the names: an ending. */
    List<String> notes() {
        return ending.isEmpty() ? List.of() : List.of("masks are named <id>" + ending + ".png in " + folder);
    }

    /** The same, and which files fit none of these images. */
    List<String> notes(Collection<String> ids) {
        List<String> notes = new ArrayList<>(notes());
        Set<Path> used = new HashSet<>();
        for (String id : ids) {
            Path mask = find(id);
            if (mask != null) {
                used.add(mask);
            }
        }
        List<String> unused = ImageFolder.files(folder).stream()
                .filter(file -> ImageFolder.isImage(file.getFileName().toString()) && !used.contains(file))
                .map(file -> file.getFileName().toString())
                .toList();
        if (!unused.isEmpty()) {
            notes.add(Counts.of(unused.size(), "file") + " in " + folder + " not used, as <id>.png of no image: "
                    + Counts.names(unused));
        }
        return notes;
    }
}
