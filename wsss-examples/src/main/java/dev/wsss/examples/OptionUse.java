package dev.wsss.examples;

import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Which options a step of a command reads beyond those that describe the run: what is given and not read was meant. */
final class OptionUse {
    private OptionUse() {}

    /** A step of a command. */
    interface Step {
        /** What users type. */
        String word();

        /** Whether it reads this option, of those that not all steps read. */
        boolean reads(String option);
    }

    /** What a step reads, in sets. */
    static boolean reads(List<Set<String>> read, String option) {
        return read.stream().anyMatch(set -> set.contains(option));
    }

    /**
     * Refuses what was given and is not read.
     *
     * @throws IllegalArgumentException naming the option, and what reads it
     */
    static void requireRead(Step step, Step[] all, ParseResult given) {
        for (OptionSpec option : given.matchedOptions()) {
            for (String name : option.names()) {
                List<String> others = List.of(all).stream()
                        .filter(other -> other.reads(name))
                        .map(Step::word)
                        .toList();
                if (!step.reads(name) && !others.isEmpty()) {
                    throw new IllegalArgumentException(name + " is not read by the step '" + step.word()
                            + "'; it is for " + String.join(", ", others));
                }
            }
        }
    }
}
