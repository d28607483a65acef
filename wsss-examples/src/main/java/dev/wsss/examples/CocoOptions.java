package dev.wsss.examples;

import dev.wsss.datasets.CocoNames;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

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

    static final List<String> OF_COCO =
            List.of("--images", "--names", "--crowds", "--rule", "--raw-ids", "--skip-unannotated", "--skip-broken");
    static final List<String> OF_DATA = List.of(
            "--data",
            "--classes",
            "--split",
            "--hold-out",
            "--cls-labels",
            "--masks",
            "--part",
            "--from-masks",
            "--min-pixels");

    /** Refuses options of a dataset beside {@code --coco}, and options of {@code --coco} without it. */
    void requireOneSource(CommandLine command) {
        List<String> others = file == null ? OF_COCO : OF_DATA;
        for (String option : others) {
            if (command.getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        command,
                        file == null ? option + " is for --coco" : option + " is of a dataset; --coco was given");
            }
        }
    }
}
