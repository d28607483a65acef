package dev.wsss.examples;

import dev.wsss.datasets.CocoNames;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is made of COCO's instances file, and for which images. */
final class CocoOptions {
    @Option(names = "--coco", paramLabel = "FILE", description = "COCO's instances JSON, in place of --data")
    @Nullable
    Path file;

    @Option(
            names = "--images",
            paramLabel = "LIST",
            description = "with --coco: the images that are meant, an id or file name a line; default all")
    @Nullable
    Path images;

    @Option(
            names = "--names",
            paramLabel = "FORM",
            description =
                    "with --coco: how images are called, ${COMPLETION-CANDIDATES} (as file_name without extension, the"
                            + " id in 12 digits, the id); default ${DEFAULT-VALUE}")
    CocoNames names = CocoNames.STEM;
}
