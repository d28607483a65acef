package dev.wsss.examples;

import java.util.List;
import java.util.Set;

/** A step of {@code wsss carb}, and which options it reads beyond those that describe the run. */
enum CarbStep implements OptionUse.Step {
    PROMPTS("prompts", Inputs.CLIP),
    MASKS("masks", Inputs.CLIP, Inputs.TEXT, Inputs.MAKING),
    TRAIN("train", Inputs.CLIP, Inputs.TEXT, Inputs.MAKING, Inputs.TRAINING, StartOptions.NAMES),
    TEST("test", Inputs.CLIP, Inputs.TEXT, Inputs.STUDENT);

    private final String word;
    private final List<Set<String>> read;

    @SafeVarargs
    CarbStep(String word, Set<String>... read) {
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

    /** Options by the step that reads them first. */
    private static final class Inputs {
        static final Set<String> CLIP = Set.of("--clip");
        static final Set<String> TEXT = Set.of("--text");
        static final Set<String> MAKING = Set.of("--remake", "--overwrite", "--allow-failures");
        static final Set<String> TRAINING = Set.of(
                "--labels",
                "--steps",
                "--warm-up",
                "--min-lambda",
                "--queue-size",
                "--learning-rate",
                "--batch",
                "--bf16",
                "--tensorboard",
                "--allow-left-out");
        static final Set<String> STUDENT =
                Set.of("--student-weights", "--small", "--window", "--own-size", "--scales", "--flip");
    }
}
