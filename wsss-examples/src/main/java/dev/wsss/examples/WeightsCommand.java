package dev.wsss.examples;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.TorchArchive;
import dev.wsss.models.zoo.WeightEntry;
import dev.wsss.models.zoo.WeightHash;
import dev.wsss.models.zoo.WeightZoo;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code wsss weights}: what there is, what is in a file, another form of it, and whether it is what it should be. */
@Command(
        name = "weights",
        mixinStandardHelpOptions = true,
        description = "Lists, downloads, inspects, converts and verifies files of weights.")
final class WeightsCommand implements Runnable {
    private static final String ROOT_HELP =
            "where the tensors are among the file's dicts, such as model or state_dict.teacher";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "the cache folder; default the system property wsss.weights, else the user's cache")
    private @Nullable Path cache;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "name what to do with weights: list, get, info, convert, verify");
    }

    @Command(mixinStandardHelpOptions = true, description = "Lists the public weights that have a name.")
    void list() {
        WeightZoo zoo = zoo(false);
        Table table = new Table("name", "family", "size", "licence", "hash", "cached", "use");
        for (WeightEntry entry : zoo.entries()) {
            table.row(
                    entry.name(),
                    entry.family(),
                    size(entry.size()),
                    entry.licence(),
                    hash(entry),
                    cached(zoo, entry),
                    entry.use());
        }
        table.print(out());
        out().println();
        out().println(zoo.entries().size() + " entries; hash: what the publisher states of the content."
                + " Cache folder: " + zoo.folder());
        out().flush();
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Prints the path of named weights, downloading them first if need be.")
    void get(
            @Parameters(paramLabel = "NAME", description = "as wsss weights list prints it") String name,
            @Option(names = "--offline", description = "look in the cache only") boolean offline) {
        out().println(zoo(offline).get(name, new TerminalProgress(System.err)));
        out().flush();
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Prints a table of a file's tensors without loading them, and what else is in the way of loading.")
    void info(
            @Parameters(paramLabel = "FILE", description = "of any format that can be read") Path file,
            @Option(names = CheckpointOptions.ROOT, paramLabel = "PLACE", description = ROOT_HELP) @Nullable
                    String root) {
        // nothing is loaded, so that nothing hinders listing
        try (Checkpoint checkpoint = open(file, true, root)) {
            Map<String, String[]> rows = new HashMap<>();
            long values = 0;
            long bytes = 0;
            for (Checkpoint.Info tensor : checkpoint.info()) {
                rows.put(tensor.name(), new String[] {
                    tensor.name(), tensor.dtype().toString(), Arrays.toString(tensor.shape()), megabytes(tensor.bytes())
                });
                values += tensor.bytes() / tensor.dtype().bytes();
                bytes += tensor.bytes();
            }
            for (Checkpoint.Unreadable tensor : checkpoint.unreadable()) {
                rows.put(tensor.name(), new String[] {tensor.name(), tensor.type(), Arrays.toString(tensor.shape()), "?"
                });
            }
            NetworkInfo network = NetworkInfo.of(file, checkpoint.format());
            print(checkpoint.names(), rows, network.stored());
            network.lines().forEach(this::note);
            out().println(checkpoint.info().size() + " tensors, " + values + " values, " + megabytes(bytes) + " MB; "
                    + checkpoint.format()
                    + (checkpoint.root().isEmpty() ? "" : ", found under " + Table.printable(checkpoint.root())));
            if (!checkpoint.unreadable().isEmpty()) {
                note(checkpoint.unreadable().size()
                        + " more of types that cannot be read: convert leaves them out with --allow-extra PATTERN");
            }
            if (!checkpoint.passedOver().isEmpty()) {
                note("objects of unknown classes, which convert passes over with --inert: "
                        + String.join(", ", checkpoint.passedOver()));
            }
            out().flush();
        }
    }

    /** With a column of how the tensors are stored, if that is told. */
    private void print(Iterable<String> names, Map<String, String[]> rows, List<String> stored) {
        List<String> head = new ArrayList<>(List.of("tensor", "type", "shape", "MB"));
        if (!stored.isEmpty()) {
            head.add("stored as");
        }
        Table table = new Table(head.toArray(String[]::new));
        Iterator<String> next = stored.iterator();
        for (String name : names) {
            String[] row = Objects.requireNonNull(rows.get(name));
            if (!stored.isEmpty()) {
                row = Arrays.copyOf(row, row.length + 1);
                row[row.length - 1] = next.next();
            }
            table.row(row);
        }
        table.print(out());
        out().println();
    }

    @Command(
            mixinStandardHelpOptions = true,
            description =
                    "Writes a file's tensors as safetensors, or for Python's torch.load if OUT ends in .pth or .pt.")
    void convert(
            @Parameters(paramLabel = "IN") Path in,
            @Parameters(paramLabel = "OUT") Path target,
            @Option(
                            names = "--from",
                            paramLabel = "FAMILY",
                            description = "whose names IN has; default what the names tell")
                    @Nullable
                    String from,
            @Option(
                            names = "--to",
                            paramLabel = "FAMILY",
                            description = "whose names OUT gets; default wsss (ours) with --from, else those of IN")
                    @Nullable
                    String to,
            @Option(names = CheckpointOptions.ROOT, paramLabel = "PLACE", description = ROOT_HELP) @Nullable
                    String root,
            @Mixin CheckpointOptions options) {
        String name = target.toString().toLowerCase(Locale.ROOT);
        boolean torch = name.endsWith(".pth") || name.endsWith(".pt");
        if (!torch && !name.endsWith(".safetensors")) {
            throw new IllegalArgumentException("OUT must end in .safetensors, .pth or .pt, got " + target);
        }
        // the arrays are views of the file that is read: it must not be written over meanwhile
        if (target.toAbsolutePath().normalize().equals(in.toAbsolutePath().normalize())) {
            throw new IllegalArgumentException("OUT must be another file than IN, got " + target + " for both");
        }
        try (Checkpoint checkpoint = open(in, options.inert(), root)) {
            Map<String, HostArray> tensors =
                    Families.rename(read(in, checkpoint, options), from, to, options, this::note);
            requireFinite(in, tensors);
            if (torch) {
                TorchArchive.write(target, tensors);
            } else {
                Safetensors.write(target, tensors, Map.of("format", "pt"));
            }
            out().println(target + ": " + tensors.size() + " tensors");
            out().flush();
        }
    }

    private static Checkpoint open(Path file, boolean inert, @Nullable String root) {
        Checkpoint.Builder builder = Checkpoint.builder().setPath(file).optInertGlobals(inert);
        return (root == null ? builder : builder.optRoot(root)).build();
    }

    /** All tensors but those that cannot be read and may be left out. */
    private Map<String, HostArray> read(Path file, Checkpoint checkpoint, CheckpointOptions options) {
        List<String> out = checkpoint.unreadable().stream()
                .map(Checkpoint.Unreadable::name)
                .filter(options::allowsExtra)
                .toList();
        if (!out.isEmpty()) {
            note("left out, as they cannot be read, " + out);
        }
        Map<String, HostArray> tensors = new LinkedHashMap<>();
        for (String name : checkpoint.names()) {
            if (!out.contains(name)) {
                tensors.put(name, checkpoint.get(name));
            }
        }
        if (tensors.isEmpty()) {
            throw new InvalidDataException(file + ": none of its " + out.size() + " tensors can be read");
        }
        return tensors;
    }

    /** No network would load them. */
    private static void requireFinite(Path file, Map<String, HostArray> tensors) {
        List<String> names = tensors.entrySet().parallelStream()
                .filter(e -> e.getValue().nonFinite() > 0)
                .map(Map.Entry::getKey)
                .toList();
        if (!names.isEmpty()) {
            throw new InvalidDataException(file + ": " + names.size()
                    + (names.size() == 1 ? " tensor has" : " tensors have")
                    + " values that are NaN or infinite, such as '" + names.get(0) + "'; expected finite weights");
        }
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Reads weights and compares their hash; without an argument, all that are in the cache.")
    void verify(
            @Parameters(paramLabel = "NAME|FILE", arity = "0..1", description = "named weights, or a file") @Nullable
                    String what,
            @Option(names = "--sha256", paramLabel = "HEX", description = "what a file must have") @Nullable
                    String sha256) {
        WeightZoo zoo = zoo(true);
        if (what == null) {
            if (sha256 != null) {
                throw new IllegalArgumentException("--sha256 needs a file");
            }
            verifyCache(zoo);
        } else if (sha256 == null
                && zoo.entries().stream().anyMatch(entry -> entry.name().equals(what))) {
            out().println(verdict(zoo, zoo.entry(what)));
        } else {
            verifyFile(Path.of(what), sha256);
        }
        out().flush();
    }

    private void verifyCache(WeightZoo zoo) {
        List<String> wrong = new ArrayList<>();
        for (WeightEntry entry : zoo.entries()) {
            if (zoo.status(entry.name()) != WeightZoo.Status.ABSENT) {
                try {
                    out().println(verdict(zoo, entry));
                } catch (InvalidDataException e) {
                    wrong.add(e.getMessage());
                }
            }
        }
        if (!wrong.isEmpty()) {
            throw new InvalidDataException(String.join("; ", wrong));
        }
    }

    private static String verdict(WeightZoo zoo, WeightEntry entry) {
        WeightHash actual = zoo.verify(entry.name());
        String judgement = entry.hash() == null ? "unverified, its publisher states no hash" : "as published";
        return entry.name() + ": " + judgement + "; " + actual;
    }

    private void verifyFile(Path file, @Nullable String sha256) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException("there is neither an entry nor a file " + file);
        }
        WeightHash actual = WeightHash.of(file, WeightHash.Algorithm.SHA256);
        if (sha256 != null) {
            WeightHash expected = WeightHash.parse("sha256:" + sha256);
            if (!expected.matches(actual)) {
                throw new InvalidDataException(file + " has " + actual + ", expected " + expected);
            }
        }
        out().println(file + ": " + (sha256 == null ? "" : "as expected; ") + actual);
    }

    private WeightZoo zoo(boolean offline) {
        WeightZoo.Builder zoo = WeightZoo.builder();
        if (cache != null) {
            zoo.optCacheFolder(cache);
        }
        if (offline) {
            zoo.optOffline(true);
        }
        return zoo.build();
    }

    private static String cached(WeightZoo zoo, WeightEntry entry) {
        return switch (zoo.status(entry.name())) {
            case ABSENT -> entry.isByHand() ? "by hand" : "no";
            case UNVERIFIED -> "yes";
            case VERIFIED -> "verified";
        };
    }

    private static String hash(WeightEntry entry) {
        WeightHash hash = entry.hash();
        if (hash == null) {
            return "unverified";
        }
        String algorithm = hash.toString().substring(0, hash.toString().indexOf(':'));
        return algorithm + (hash.isFull() ? "" : ", " + hash.hex().length() + " digits");
    }

    private static String size(OptionalLong bytes) {
        return bytes.isPresent() ? megabytes(bytes.getAsLong()) + " MB" : "?";
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f", bytes / 1e6);
    }

    private void note(String text) {
        out().println(Table.printable(text));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
