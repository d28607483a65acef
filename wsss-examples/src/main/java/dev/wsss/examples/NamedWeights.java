package dev.wsss.examples;

import dev.wsss.api.InvalidDataException;
import dev.wsss.models.zoo.WeightEntry;
import dev.wsss.models.zoo.WeightZoo;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Weights that an option names: a file, or an entry of the zoo, which is downloaded if need be. */
final class NamedWeights {
    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "the cache folder of named weights; default the system property wsss.weights, else the user's"
                    + " cache")
    private @Nullable Path cache;

    @Option(names = "--offline", description = "download nothing")
    private boolean offline;

    /**
     * The file.
     *
     * @param option its name, for messages
     * @param out told what is downloaded and how much it is
     */
    Path find(String option, String fileOrName, PrintWriter out) {
        WeightZoo.Builder builder = WeightZoo.builder();
        if (cache != null) {
            builder.optCacheFolder(cache);
        }
        if (offline) {
            builder.optOffline(true);
        }
        WeightZoo zoo = builder.build();
        if (zoo.entries().stream().anyMatch(entry -> entry.name().equals(fileOrName))) {
            if (!offline && zoo.status(fileOrName) == WeightZoo.Status.ABSENT) {
                out.println(announcement(zoo, zoo.entry(fileOrName)));
                out.flush();
            }
            return zoo.get(fileOrName, new TerminalProgress(System.err));
        }
        Path file = Path.of(fileOrName);
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException(
                    option + " is '" + fileOrName + "'; expected a file, or a name that wsss weights list prints");
        }
        return file;
    }

    private static String announcement(WeightZoo zoo, WeightEntry entry) {
        String size = entry.size().isPresent()
                ? String.format(Locale.ROOT, "%.2f MB", entry.size().getAsLong() / 1e6)
                : "a size that its publisher does not state";
        return entry.name() + " is not in " + zoo.folder() + ": downloading " + size + " from " + entry.source();
    }
}
