package dev.wsss.examples;

import java.util.List;
import java.util.Set;

/** A step of {@code wsss cdl} that has a network, and which options it reads beyond those that describe the run. */
enum CdlStep implements OptionUse.Step {
    TRAIN(
            "train",
            Set.of(
                    "--labels",
                    "--weights",
                    "--steps",
                    "--learning-rate",
                    "--batch",
                    "--accumulate",
                    "--plain",
                    "--original",
                    "--remake",
                    "--overwrite",
                    "--bf16",
                    "--tensorboard",
                    "--allow-left-out")),
    TEST("test", Set.of("--trained", "--logits"));

    private final String word;
    private final Set<String> read;

    CdlStep(String word, Set<String> read) {
        this.word = word;
        this.read = read;
    }

    @Override
    public String word() {
        return word;
    }

    @Override
    public boolean reads(String option) {
        return OptionUse.reads(List.of(read), option);
    }
}
