package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The annotations of a list of images, read on all processors. */
final class VocAnnotations {
    private final ClassCatalog classes;
    private final Path folder;
    private final Map<String, Read> byId = new HashMap<>();
    private final Map<String, Integer> others = new TreeMap<>();
    private int tagged;

    /** What an annotation says, or why it cannot be read. */
    private record Read(VocAnnotation.@Nullable Objects objects, @Nullable InvalidDataException failure) {}

    private VocAnnotations(Path folder, ClassCatalog classes) {
        this.folder = folder;
        this.classes = classes;
    }

    /**
     * Reads {@code <id>.xml} of each image. One that is damaged keeps its image from being used, and no other.
     *
     * @param origins where the ids stand, for errors
     * @throws InvalidDataException if a file is missing, unless gaps are kept
     */
    static VocAnnotations read(Path folder, ClassCatalog classes, List<String> ids, List<String> origins, Gaps gaps) {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            String name = ids.get(i) + ".xml";
            files.add(
                    gaps.kept()
                            ? TextLines.inside(folder, name, origins.get(i))
                            : TextLines.resolve(folder, name, origins.get(i)));
        }
        Read[] reads = IntStream.range(0, ids.size())
                .parallel()
                .mapToObj(i -> read(files.get(i), classes))
                .toArray(Read[]::new);
        VocAnnotations all = new VocAnnotations(folder, classes);
        for (int i = 0; i < reads.length; i++) {
            all.byId.put(ids.get(i), reads[i]);
            VocAnnotation.Objects found = reads[i].objects;
            if (found != null) {
                all.tagged += found.tags().size();
                found.others().forEach(name -> all.others.merge(name, 1, Integer::sum));
            }
        }
        return all;
    }

    private static Read read(Path file, ClassCatalog classes) {
        try {
            return new Read(VocAnnotation.read(file, classes), null);
        } catch (InvalidDataException e) {
            return new Read(null, e);
        }
    }

    /**
     * The objects that are not used.
     *
     * @param named where the classes are named, for errors
     * @param untagged whether it is right that no object is of a class
     * @throws InvalidDataException if there are objects, and none is of a class
     */
    List<String> notes(String named, boolean untagged) {
        if (others.isEmpty()) {
            return List.of();
        }
        if (tagged == 0 && !untagged) {
            throw new InvalidDataException(folder + ": none of the objects is of a class; there are "
                    + Counts.byName(others) + "; expected names of " + named + ": " + Counts.names(classes.tagNames())
                    + ". Name the classes of this dataset, one a line in the order of its mask values, in a file "
                    + folder.resolveSibling("classes.txt"));
        }
        return List.of(
                Counts.of(others.values().stream().mapToInt(Integer::intValue).sum(), "object")
                        + " of no class not used: " + Counts.byName(others));
    }

    /** The tags of an image, or what throws since its annotation cannot be read. */
    Supplier<ImageTags> tags(String id) {
        Read read = byId.get(id);
        if (read == null) {
            throw new IllegalArgumentException("'" + id + "' was not read");
        }
        return () -> {
            if (read.objects == null) {
                // with the trace of who asks
                throw new InvalidDataException(
                        read.failure == null ? id : String.valueOf(read.failure.getMessage()), read.failure);
            }
            return read.objects.tags();
        };
    }
}
