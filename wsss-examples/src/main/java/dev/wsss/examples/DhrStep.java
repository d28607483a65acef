package dev.wsss.examples;

import java.util.List;
import java.util.Set;

/** A step of {@code wsss dhr}, and which options it reads beyond those that describe the run. */
enum DhrStep implements OptionUse.Step {
    FEATURES("features", Set.of("--dino", "--cause", "--stego", "--scales", "--no-flip", "--cache", "--offline")),
    TRAIN(
            "train",
            Set.of(
                    "--labels",
                    "--features",
                    "--patch",
                    "--steps",
                    "--epochs",
                    "--learning-rate",
                    "--batch",
                    "--accumulate",
                    "--remake",
                    "--overwrite",
                    "--bf16",
                    "--tensorboard",
                    "--allow-left-out"),
            StartOptions.NAMES),
    LABELS(
            "labels",
            Set.of("--labels", "--features", "--patch", "--trained", "--remake", "--overwrite", "--allow-left-out")),
    MASKS("masks", Set.of("--of", "--trained", "--threshold", "--remake", "--overwrite", "--allow-left-out")),
    EVAL("eval", Set.of("--trained", "--threshold"));

    private final String word;
    private final List<Set<String>> read;

    @SafeVarargs
    DhrStep(String word, Set<String>... read) {
        this.word = word;
        this.read = List.of(read);
    }

    @Override
    public String word() {
        return word;
    }

    @Override
    public boolean reads(String option) {
        return OptionUse.reads(read, option);
    }
}
