package dev.wsss.examples;

import java.util.List;
import java.util.Set;

/** A step of {@code wsss cdl} that has a network, and which options it reads beyond those that describe the run. */
enum CdlStep implements OptionUse.Step {
    TRAIN(
            "train",
            Set.of(
                    "--labels",
                    "--steps",
                    "--learning-rate",
                    "--batch",
                    "--accumulate",
                    "--loss",
                    "--noise",
                    "--original",
                    "--remake",
                    "--overwrite",
                    "--bf16",
                    "--tensorboard",
                    "--allow-left-out"),
            StartOptions.NAMES),
    TEST("test", Set.of("--trained", "--logits"));

    private final String word;
    private final List<Set<String>> read;

    @SafeVarargs
    CdlStep(String word, Set<String>... read) {
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
