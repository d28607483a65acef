package dev.wsss.examples;

import java.util.List;
import java.util.Set;

/** A step of {@code wsss dhr}, and which options it reads beyond those that describe the run. */
enum DhrStep implements OptionUse.Step {
    FEATURES("features", Set.of("--dino", "--cause", "--stego", "--scales", "--no-flip", "--cache", "--offline"));

    private final String word;
    private final Set<String> read;

    DhrStep(String word, Set<String> read) {
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
