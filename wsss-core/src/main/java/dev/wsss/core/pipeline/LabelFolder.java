package dev.wsss.core.pipeline;

import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.Sample;
import dev.wsss.api.Source;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Label maps that another program left in a folder, {@code <id>.png}. Safe for use from several threads.
 *
 * @param folder where the files are
 */
public record LabelFolder(Path folder) implements Source<LabelMap> {
    /**
     * Reads the map of a sample.
     *
     * @throws InvalidDataException if there is no such file or it is damaged; the message names the file
     */
    @Override
    public LabelMap get(Sample sample) {
        Path file = folder.resolve(sample.id() + ".png");
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException(file + ": no such file; expected the labels of '" + sample.id() + "'");
        }
        return LabelPng.read(file);
    }

    /** What is in the files. */
    @Override
    public Description description() {
        return Description.of("LabelFolder")
                .put("content", FileFingerprint.ofFolder(folder, "png"))
                .build();
    }
}
