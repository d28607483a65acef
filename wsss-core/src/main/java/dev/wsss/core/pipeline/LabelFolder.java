package dev.wsss.core.pipeline;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

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
        missing(sample.id()).ifPresent(reason -> {
            throw new InvalidDataException(reason);
        });
        Path file = file(sample.id());
        LabelMap map = LabelPng.read(file);
        int height = sample.image().height();
        int width = sample.image().width();
        if (map.height() != height || map.width() != width) {
            throw new InvalidDataException(file + ": labels are " + map.height() + "x" + map.width() + "; expected "
                    + height + "x" + width + " as the image");
        }
        map.requireLabels(file.toString(), classes);
        return map;
    }

    @Override
    public Optional<String> missing(String id) {
        Path file = file(id);
        return Files.isRegularFile(file)
                ? Optional.empty()
                : Optional.of(file + ": no such file; expected the labels of '" + id + "'");
    }

    private Path file(String id) {
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
