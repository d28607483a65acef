package dev.wsss.core.report;

import dev.wsss.api.ImageFiles;
import dev.wsss.api.InvalidDataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Files of a folder by their names without extension. */
final class NamedFiles {
    private NamedFiles() {}

    /**
     * The files of one extension in a folder and below it.
     *
     * @param what the folder should hold, for messages
     * @return by the path below the folder, with slashes and without extension
     * @throws InvalidDataException if there is no such folder or no such file, or a name stands twice
     */
    static SortedMap<String, Path> in(Path folder, String extension, String what) {
        String end = "." + extension;
        if (!Files.isDirectory(folder)) {
            throw new InvalidDataException(folder + ": no such folder; expected " + what + ", *" + end + " files");
        }
        SortedMap<String, Path> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            walk.filter(Files::isRegularFile).forEach(file -> {
                String name = folder.relativize(file).toString().replace('\\', '/');
                boolean hidden = file.getFileName().toString().startsWith(".");
                if (hidden || !name.toLowerCase(Locale.ROOT).endsWith(end)) {
                    return;
                }
                Path before = files.put(name.substring(0, name.length() - end.length()), file);
                if (before != null) {
                    throw new InvalidDataException(
                            file + ": " + before + " has the same name; expected one file for an image");
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed (" + e + ")", e);
        }
        if (files.isEmpty()) {
            throw new InvalidDataException(folder + ": has no *" + end + " file; expected " + what);
        }
        return files;
    }

    /** The file of a name that has one. */
    static Path of(Map<String, Path> files, String name) {
        return Objects.requireNonNull(files.get(name), name);
    }

    /**
     * The names that entries of a list mean: those that have a file as they stand, and else the last part of a path, without
     * the extension of an image.
     */
    static List<String> resolve(List<String> entries, Map<String, Path> masks, Map<String, Path> made) {
        List<String> names = new ArrayList<>();
        for (String entry : entries) {
            String name = entry;
            if (!masks.containsKey(name) && !made.containsKey(name)) {
                name = withoutExtension(name);
            }
            if (!masks.containsKey(name) && !made.containsKey(name)) {
                name = name.substring(name.lastIndexOf('/') + 1);
            }
            names.add(name);
        }
        return names;
    }

    /** An id may have dots: only what images end in is an extension. */
    private static String withoutExtension(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0
                        && ImageFiles.extensions()
                                .contains(name.substring(dot + 1).toLowerCase(Locale.ROOT))
                ? name.substring(0, dot)
                : name;
    }
}
