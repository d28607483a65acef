package dev.wsss.models.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.TorchArchive;
import dev.wsss.core.nn.BatchNorm2d;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.LoadReport;
import dev.wsss.core.nn.Network;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Weights into a network and out of it.
 *
 * <pre>{@code
 * Weights.load(network, file);                                              // finds out what the file is
 * Weights.load(network, file, ResNetCheckpoints.TORCHVISION_RESNET);         // or is told
 * LoadReport report = Weights.load(network, entries, family.keyMap(), LoadPolicy.builder().optMayMiss("head.").build());
 * Weights.export(network, file, ResNetCheckpoints.TORCHVISION_RESNET);
 * }</pre>
 *
 * <p>Loading is strict unless a {@link LoadPolicy} says otherwise, and changes nothing if the file does not fit. Keys that all begin
 * with {@code module.}, as PyTorch's data parallel training writes them, or {@code _orig_mod.}, as {@code torch.compile}
 * does, are read without it. Batch normalizations of files that have them folded into their convolutions, as TFLite's have,
 * are {@linkplain BatchNorm2d#freeze frozen} as they load. Weights that are NaN or infinite are neither loaded, unless the policy says so, nor written.
 */
public final class Weights {
    private static final Logger log = LoggerFactory.getLogger(Weights.class);

    /** What wrappers of a network put before all of its keys. */
    private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

    private Weights() {}

    /**
     * Loads a file whose keys are the network's own or tell their family.
     *
     * @throws InvalidDataException naming the file, if it cannot be read, tells no family, does not fit, or holds weights
     *     that are not finite
     */
    public static LoadReport load(Network network, Path file) {
        return load(network, file, LoadPolicy.STRICT);
    }

    /**
     * As {@link #load(Network, Path)}, as far as a policy allows.
     *
     * @throws InvalidDataException as {@link #load(Network, Path)}, unless the policy allows it
     */
    public static LoadReport load(Network network, Path file, LoadPolicy policy) {
        try (Checkpoint checkpoint = open(file, policy)) {
            Optional<CheckpointFamily> interpreting = CheckpointFamily.interpreting(checkpoint.format());
            if (interpreting.isPresent()) {
                return load(network, file, interpreting.get(), policy);
            }
            return inFile(file, () -> {
                KeyMap map = family(network, plain(checkpoint.names()).keySet()).keyMap();
                return load(network, read(checkpoint, map, policy), map, policy);
            });
        }
    }

    /**
     * Loads a file of a family.
     *
     * @throws InvalidDataException naming the file, if it cannot be read or does not fit
     */
    public static LoadReport load(Network network, Path file, CheckpointFamily family) {
        return load(network, file, family, LoadPolicy.STRICT);
    }

    /**
     * Loads a file of a family, as far as a policy allows.
     *
     * @throws InvalidDataException naming the file, if it cannot be read, does not fit, or holds weights that are not finite,
     *     unless the policy allows it
     */
    public static LoadReport load(Network network, Path file, CheckpointFamily family, LoadPolicy policy) {
        KeyMap map = family.keyMap();
        Optional<Map<String, HostArray>> interpreted = family.interpret(file);
        if (interpreted.isPresent()) {
            LoadReport report = inFile(file, () -> load(network, interpreted.get(), map, policy));
            if (family.hasFoldedNorms()) {
                freezeNorms(network, Set.copyOf(report.loaded()));
            }
            return report;
        }
        try (Checkpoint checkpoint = open(file, policy)) {
            return inFile(file, () -> load(network, read(checkpoint, map, policy), map, policy));
        }
    }

    /**
     * Loads a checkpoint that was read already.
     *
     * @param theirs entries by the family's keys
     * @param policy what may be missing, left over or resized. What it allows to be left over is, by the checkpoint's key,
     *     left out before the map sees it; all its other keys are ours
     * @throws InvalidDataException naming the keys, if it does not fit or holds weights that are not finite
     */
    public static LoadReport load(Network network, Map<String, HostArray> theirs, KeyMap map, LoadPolicy policy) {
        Map<String, HostArray> entries = wanted(theirs, map, policy);
        KeyMap.Plan plan = map.plan(TensorSpec.of(entries));
        // shapes first, so that what does not fit is refused before anything is rearranged
        network.requireFit(plan.specs(), policy);
        LoadReport report = network.load(plan.apply(entries), policy).with(plan);
        log.debug("{}: {}", network.getClass().getSimpleName(), report);
        return report;
    }

    /**
     * How a checkpoint would load, judged by its header alone.
     *
     * @throws InvalidDataException naming the key, if the family's rules cannot take it
     */
    public static LoadReport check(Network network, Map<String, TensorSpec> theirs, KeyMap map, LoadPolicy policy) {
        KeyMap.Plan plan = map.plan(wanted(theirs, map, policy));
        return network.compare(plan.specs(), policy).with(plan);
    }

    /**
     * Writes or replaces a file with the network's weights under a family's names: for Python's {@code torch.load} if its
     * name ends in {@code .pth} or {@code .pt}, else safetensors.
     *
     * @throws InvalidDataException naming the key, if the network is none that the family knows, or if a weight is NaN or
     *     infinite
     * @throws IllegalStateException if the network is {@link Exportable} and not ready
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void export(Network network, Path file, CheckpointFamily family) {
        if (network instanceof Exportable exportable) {
            exportable.requireExportable();
        }
        if (family.isReadOnly()) {
            throw new InvalidDataException(
                    file + ": files of the family " + family + " are read and not written; expected another family");
        }
        network.requireFinite();
        Map<String, HostArray> theirs = family.keyMap().toTheirs(network.stateDict());
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".pth") || name.endsWith(".pt")) {
            TorchArchive.write(file, theirs);
        } else {
            Safetensors.write(file, theirs, Map.of("format", "pt", "family", family.label()));
        }
    }

    /**
     * Entries without what wrappers put before all of their keys, {@code module.} and {@code _orig_mod.}, one within the
     * other in any order.
     */
    public static <T> Map<String, T> unwrapped(Map<String, T> theirs) {
        Map<String, T> entries = new LinkedHashMap<>();
        plain(theirs.keySet()).forEach((name, key) -> entries.put(name, Objects.requireNonNull(theirs.get(key))));
        return entries;
    }

    /** The keys themselves, by what they are without wrappers. */
    private static Map<String, String> plain(Set<String> keys) {
        int start = 0;
        for (String wrapper = wrapper(keys, start); wrapper != null; wrapper = wrapper(keys, start)) {
            start += wrapper.length();
        }
        Map<String, String> plain = new LinkedHashMap<>();
        for (String key : keys) {
            plain.put(key.substring(start), key);
        }
        return plain;
    }

    /** What all keys have from a place on; null if there is nothing. */
    private static @Nullable String wrapper(Set<String> keys, int start) {
        return WRAPPERS.stream()
                .filter(wrapper -> !keys.isEmpty() && keys.stream().allMatch(key -> key.startsWith(wrapper, start)))
                .findFirst()
                .orElse(null);
    }

    /** Freezes the normalizations whose running statistics were loaded. */
    private static void freezeNorms(Network network, Set<String> loaded) {
        network.modules(BatchNorm2d.class).forEach((path, norm) -> {
            if (loaded.contains(path + ".running_var")) {
                norm.freeze(false);
            }
        });
    }

    /** The family whose map leads to the network: none to map if the keys are its own already. */
    private static CheckpointFamily family(Network network, Set<String> keys) {
        if (keys.equals(network.state().keySet())) {
            return CheckpointFamily.WSSS;
        }
        Optional<CheckpointFamily.Guess> guess = CheckpointFamily.guess(keys);
        guess.ifPresent(g -> log.info("the checkpoint is taken for one of {}", g));
        // a checkpoint of no family has the best chance, and the best report, under our names
        return guess.map(CheckpointFamily.Guess::family).orElse(CheckpointFamily.WSSS);
    }

    private static <T> Map<String, T> wanted(Map<String, T> theirs, KeyMap map, LoadPolicy policy) {
        Map<String, T> wanted = unwrapped(theirs);
        wanted.keySet().removeIf(key -> !isWanted(key, map, policy));
        return wanted;
    }

    private static boolean isWanted(String key, KeyMap map, LoadPolicy policy) {
        return !policy.mayDrop(key) && (map.covers(key) || !policy.allowsExtra(key));
    }

    private static Checkpoint open(Path file, LoadPolicy policy) {
        return Checkpoint.builder()
                .setPath(file)
                .optInertGlobals(policy.inertGlobals())
                .build();
    }

    /** What is wanted of a file, so that what cannot be read is no hindrance where it may be left out. */
    private static Map<String, HostArray> read(Checkpoint checkpoint, KeyMap map, LoadPolicy policy) {
        Set<String> unreadable = checkpoint.unreadable().stream()
                .map(Checkpoint.Unreadable::name)
                .collect(Collectors.toSet());
        Map<String, HostArray> entries = new LinkedHashMap<>();
        plain(checkpoint.names()).forEach((name, key) -> {
            if (isWanted(name, map, policy) && !(unreadable.contains(key) && policy.allowsExtra(name))) {
                entries.put(name, checkpoint.get(key));
            }
        });
        return entries;
    }

    private static LoadReport inFile(Path file, Supplier<LoadReport> use) {
        try {
            return use.get();
        } catch (InvalidDataException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(file + ": ") ? e : new InvalidDataException(file + ": " + message, e);
        }
    }
}
