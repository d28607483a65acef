package dev.wsss.examples;

import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code wsss data}: what is in a dataset, its tags, and its masks in one form. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = "Checks datasets, and writes their tags and masks.",
        subcommands = {DataCheckCommand.class, DataTagsCommand.class, DataMasksCommand.class})
final class DataCommand implements Runnable {
    private static final int SHOWN = 10;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do with data: check, tags, masks");
    }

    /** Prints a heading with the number of entries, and the first of them. */
    static void list(PrintWriter out, String what, Collection<String> entries, String more) {
        if (entries.isEmpty()) {
            return;
        }
        out.println(what + ": " + entries.size());
        entries.stream().limit(SHOWN).forEach(entry -> out.println("  " + Table.printable(entry)));
        if (entries.size() > SHOWN) {
            out.println("  and " + (entries.size() - SHOWN) + " more" + more);
        }
    }

    /** The tags of all parts; an id may be in several, with the same tags. */
    static Map<String, ImageTags> merged(List<Map<String, ImageTags>> parts) {
        Map<String, ImageTags> all = new LinkedHashMap<>();
        for (Map<String, ImageTags> part : parts) {
            part.forEach((id, tags) -> {
                ImageTags before = all.putIfAbsent(id, tags);
                if (before != null && !before.equals(tags)) {
                    throw new InvalidDataException("'" + id + "' is in two parts, once with the tags " + before
                            + " and once with " + tags + "; expected the same, or one --part");
                }
            });
        }
        return all;
    }
}
