package dev.wsss.examples;

import dev.wsss.core.checkpoint.Glob;
import dev.wsss.core.io.CheckpointException;
import dev.wsss.core.nn.LoadPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What a file of weights from elsewhere may hold beside what is wanted of it, the same for all commands. */
final class CheckpointOptions {
    private static final String INERT = "--inert";
    private static final String ALLOW_EXTRA = "--allow-extra";
    static final String ROOT = "--root";

    /** What an option does about a refusal; said only where the command has it. */
    private static final Map<CheckpointException.Remedy, String[]> ADVICE = Map.of(
            CheckpointException.Remedy.INERT_GLOBALS,
            new String[] {INERT, "passes over such objects"},
            CheckpointException.Remedy.LEAVE_OUT,
            new String[] {ALLOW_EXTRA, "PATTERN leaves tensors out"},
            CheckpointException.Remedy.ROOT,
            new String[] {ROOT, "PLACE chooses one"});

    @Option(
            names = INERT,
            description =
                    "pass over objects of unknown classes beside the weights, such as a training program's; none is"
                            + " ever made, nor is any code run")
    private boolean inert;

    @Option(
            names = ALLOW_EXTRA,
            paramLabel = "PATTERN",
            description = "leave out tensors of these names that are of no use or cannot be read; * is any text, so '*'"
                    + " allows whatever is left over. Can be repeated")
    private List<String> extra = new ArrayList<>();

    boolean inert() {
        return inert;
    }

    /** The patterns as they were given. */
    List<String> extra() {
        return List.copyOf(extra);
    }

    /** Whether a tensor may be left out. */
    boolean allowsExtra(String name) {
        return extra.stream().anyMatch(pattern -> new Glob(pattern).matches(name));
    }

    /** For a network that loads a file. */
    LoadPolicy policy() {
        return LoadPolicy.builder()
                .optInertGlobals(inert)
                .optAllowExtra(extra.toArray(String[]::new))
                .build();
    }

    /**
     * What the command line offers about a failure, to follow its message.
     *
     * @param command the command that failed, whose options alone are named
     * @return empty if there is nothing
     */
    static String advice(Throwable failure, CommandSpec command) {
        for (@Nullable Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof CheckpointException refusal) {
                String[] advice = ADVICE.get(refusal.remedy());
                return advice != null && command.optionsMap().containsKey(advice[0])
                        ? "; " + advice[0] + " " + advice[1]
                        : "";
            }
        }
        return "";
    }
}
