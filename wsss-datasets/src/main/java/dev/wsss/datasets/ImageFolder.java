package dev.wsss.datasets;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The images of a folder, by file name and by id, the name without its extension; listed once. */
final class ImageFolder {
    /** What image files are called, in any case. */
    private final Path folder;
    /** Images by name, in order. */
    private final Map<String, Path> images = new TreeMap<>();
    /** Images by {@linkplain #fold folded} name: several where names differ in case only. */
    private final Map<String, List<Path>> imagesByFoldedName = new HashMap<>();

    private final Map<String, List<Path>> imagesById = new HashMap<>();
    /** Names of all other files. */
    private final Map<String, String> othersById = new HashMap<>();

    private ImageFolder(Path folder) {
        this.folder = folder;
    }

    /** Lists a folder; one that is not there has no images. */
    static ImageFolder list(Path folder) {
        ImageFolder listed = new ImageFolder(folder);
        for (Path file : files(folder)) {
            String name = file.getFileName().toString();
            String id = TextLines.stem(name);
            if (isImage(name)) {
                listed.images.put(name, file);
                listed.imagesByFoldedName
                        .computeIfAbsent(fold(name), key -> new ArrayList<>())
                        .add(file);
                listed.imagesById
                        .computeIfAbsent(composed(id), key -> new ArrayList<>())
                        .add(file);
            } else {
                listed.othersById.put(id, name);
            }
        }
        return listed;
    }

    /** The files of a folder by name; none if there is no such folder. */
    static List<Path> files(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new InvalidDataException(folder + ": cannot be listed (" + e + ")", e);
        }
    }

    /** Whether a file is called like an image. */
    static boolean isImage(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0
                && ImageFiles.extensions().contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /** Whether a file has exactly this name. */
    boolean isNamed(String name) {
        return images.containsKey(name);
    }

    /** All images, by name. */
    List<Path> all() {
        return List.copyOf(images.values());
    }

    /**
     * The image of an id.
     *
     * @return null if there is none
     * @throws InvalidDataException if there are several
     */
    @Nullable
    Path byId(String id, String origin) {
        List<Path> files = imagesById.getOrDefault(composed(id), List.of());
        if (files.size() > 1) {
            throw new InvalidDataException(origin + ": '" + id + "' may be "
                    + files.get(0).getFileName() + " or " + files.get(1).getFileName() + " in " + folder
                    + ", which have the same id; expected one of them");
        }
        return files.isEmpty() ? null : files.get(0);
    }

    /**
     * The image that a table names: by its file's name, in any case and of another extension if need be, by its id, or by
     * a path to it.
     *
     * @return null if there is none
     * @throws InvalidDataException if there are several
     */
    @Nullable
    Path find(String name, String origin) {
        Path exact = images.get(name);
        if (exact != null) {
            return exact;
        }
        Path byId = byId(name, origin);
        if (byId != null) {
            return byId;
        }
        List<Path> alike = imagesByFoldedName.getOrDefault(fold(name), List.of());
        if (alike.size() > 1) {
            throw new InvalidDataException(
                    origin + ": '" + name + "' may be " + alike.get(0).getFileName() + " or "
                            + alike.get(1).getFileName() + " in " + folder + "; expected one of them as it is written");
        }
        if (!alike.isEmpty()) {
            return alike.get(0);
        }
        if (name.contains("/")) {
            return ofPath(name, origin);
        }
        return isImage(name) ? byId(TextLines.stem(name), origin) : null;
    }

    /** The image that a path names, from the dataset's folder or from the root of the file system. */
    private @Nullable Path ofPath(String name, String origin) {
        Path root = folder.toAbsolutePath().normalize().getParent();
        if (root == null) {
            return null;
        }
        Path file = TextLines.inside(root, name, origin);
        return folder.toAbsolutePath().normalize().equals(file.getParent())
                ? images.get(file.getFileName().toString())
                : null;
    }

    /** Says that an image is not there, and what may have been meant. */
    InvalidDataException missing(String name, String origin) {
        String id = isImage(name) ? TextLines.stem(name) : name;
        List<Path> others = imagesById.getOrDefault(composed(id), List.of());
        String other = othersById.get(id);
        if (other == null) {
            other = othersById.get(TextLines.stem(name));
        }
        String why = "";
        if (!TextLines.canName(name)) {
            why = ": the name " + TextLines.noFileName(name);
        } else if (!others.isEmpty()) {
            why = "; there is " + others.get(0).getFileName();
        } else if (other != null) {
            why = "; there is " + other + ", which is not called like an image ("
                    + String.join(
                            ", ", ImageFiles.extensions().stream().sorted().toList()) + ")";
        }
        return new InvalidDataException(origin + ": there is no image '" + name + "' in " + folder + why);
    }

    /** One text for the ways in which Unicode writes an accent. */
    private static String composed(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
    }

    private static String fold(String name) {
        return composed(name).toLowerCase(Locale.ROOT);
    }
}
