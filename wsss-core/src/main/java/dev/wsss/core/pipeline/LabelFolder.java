package dev.wsss.core.pipeline;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Label maps that another program left in a folder, {@code <id>.png}. Safe for use from several threads.
 *
 * @param folder where the files are
 * @param classes whose labels they hold, beside {@link LabelMap#IGNORE}
 */
public record LabelFolder(Path folder, ClassCatalog classes) implements Source<LabelMap> {
    /**
     * Reads the map of a sample.
     *
     * @throws InvalidDataException if there is no such file, it is damaged, it is of another size than the image, or it holds
     *     a value that is no label; the message names the file, and the value with its count
     */
    @Override
    public LabelMap get(Sample sample) {
        LabelMap map = values(sample.id());
        int height = sample.image().height();
        int width = sample.image().width();
        if (map.height() != height || map.width() != width) {
            throw new InvalidDataException(file(sample.id()) + ": labels are " + map.height() + "x" + map.width()
                    + "; expected " + height + "x" + width + " as the image");
        }
        map.requireLabels(file(sample.id()).toString(), classes);
        return map;
    }

    /**
     * Reads the map of an id, of whatever size and values: for who has no image to compare it with, or takes some value for
     * another.
     *
     * @throws InvalidDataException if there is no such file, or it is damaged
     */
    public LabelMap values(String id) {
        missing(id).ifPresent(reason -> {
            throw new InvalidDataException(reason);
        });
        return LabelPng.read(file(id));
    }

    /**
     * Ids of the files there are, in the folder and below it, ascending; of those below it with slashes.
     *
     * @throws InvalidDataException if there is no such folder
     */
    public List<String> ids() {
        if (!Files.isDirectory(folder)) {
            throw new InvalidDataException(folder + ": no such folder; expected label PNGs");
        }
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> name.endsWith(".png")
                            && !name.substring(name.lastIndexOf('/') + 1).startsWith("."))
                    .map(name -> name.substring(0, name.length() - 4))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed (" + e + ")", e);
        }
    }

    @Override
    public Optional<String> missing(String id) {
        Path file = file(id);
        return Files.isRegularFile(file)
                ? Optional.empty()
                : Optional.of(file + ": no such file; expected the labels of '" + id + "'");
    }

    /** Where the map of an id is, if it is. */
    public Path file(String id) {
        return folder.resolve(id + ".png");
    }

    /** What is in the files. */
    @Override
    public Description description() {
        return Description.of("LabelFolder")
                .put("content", FileFingerprint.ofFolder(folder, "png"))
                .build();
    }
}
