package dev.wsss.models.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.checkpoint.TensorSpec;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.TorchArchive;
import dev.wsss.core.nn.LoadPolicy;
import dev.wsss.core.nn.LoadReport;
import dev.wsss.core.nn.Network;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Weights into a network and out of it.
 *
 * <pre>{@code
 * Weights.load(network, file);                                              // finds out what the file is
 * Weights.load(network, file, CheckpointFamily.TORCHVISION_RESNET);         // or is told
 * LoadReport report = Weights.load(network, entries, family.keyMap(), LoadPolicy.builder().optMayMiss("head.").build());
 * Weights.export(network, file, CheckpointFamily.TORCHVISION_RESNET);
 * }</pre>
 *
 * <p>Loading is strict unless a {@link LoadPolicy} says otherwise, and changes nothing if the file does not fit. Keys that all begin
 * with {@code module.}, as PyTorch's data parallel training writes them, are read without it.
 */
public final class Weights {
    private static final Logger log = LoggerFactory.getLogger(Weights.class);
    private static final String PARALLEL = "module.";

    private Weights() {}

    /**
     * Loads a file whose keys are the network's own or tell their family.
     *
     * @throws InvalidDataException naming the file, if it cannot be read, tells no family, or does not fit
     */
    public static LoadReport load(Network network, Path file) {
        return inFile(file, entries -> {
            KeyMap map = family(network, TensorSpec.of(entries)).keyMap();
            return load(network, entries, map, LoadPolicy.STRICT);
        });
    }

    /**
     * Loads a file of a family.
     *
     * @throws InvalidDataException naming the file, if it cannot be read or does not fit
     */
    public static LoadReport load(Network network, Path file, CheckpointFamily family) {
        return inFile(file, entries -> load(network, entries, family.keyMap(), LoadPolicy.STRICT));
    }

    /**
     * Loads a checkpoint that was read already.
     *
     * @param theirs entries by the family's keys
     * @param policy what may be missing, left over or resized. What it allows to be left over is, by the checkpoint's key,
     *     left out before the map sees it; all its other keys are ours
     * @throws InvalidDataException naming the keys, if it does not fit
     */
    public static LoadReport load(Network network, Map<String, HostArray> theirs, KeyMap map, LoadPolicy policy) {
        Map<String, HostArray> entries = wanted(theirs, policy);
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
        KeyMap.Plan plan = map.plan(wanted(theirs, policy));
        return network.compare(plan.specs(), policy).with(plan);
    }

    /**
     * Writes or replaces a file with the network's weights under a family's names: for Python's {@code torch.load} if its
     * name ends in {@code .pth} or {@code .pt}, else safetensors.
     *
     * @throws InvalidDataException naming the key, if the network is none that the family knows
     * @throws IllegalStateException if the network is {@link Exportable} and not ready
     * @throws java.io.UncheckedIOException if writing fails
     */
    public static void export(Network network, Path file, CheckpointFamily family) {
        if (network instanceof Exportable exportable) {
            exportable.requireExportable();
        }
        Map<String, HostArray> theirs = family.keyMap().toTheirs(network.stateDict());
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".pth") || name.endsWith(".pt")) {
            TorchArchive.write(file, theirs);
        } else {
            Safetensors.write(file, theirs, Map.of("format", "pt", "family", family.label()));
        }
    }

    /** The family whose map leads to the network: none to map if the keys are its own already. */
    private static CheckpointFamily family(Network network, Map<String, TensorSpec> theirs) {
        Map<String, TensorSpec> entries = wanted(theirs, LoadPolicy.STRICT);
        if (entries.keySet().equals(network.state().keySet())) {
            return CheckpointFamily.WSSS;
        }
        Optional<CheckpointFamily.Guess> guess = CheckpointFamily.guess(entries.keySet());
        guess.ifPresent(g -> log.info("the checkpoint is taken for one of {}", g));
        // a checkpoint of no family has the best chance, and the best report, under our names
        return guess.map(CheckpointFamily.Guess::family).orElse(CheckpointFamily.WSSS);
    }

    private static <T> Map<String, T> wanted(Map<String, T> theirs, LoadPolicy policy) {
        boolean parallel = !theirs.isEmpty() && theirs.keySet().stream().allMatch(k -> k.startsWith(PARALLEL));
        Map<String, T> wanted = new LinkedHashMap<>();
        theirs.forEach((key, value) -> {
            String name = parallel ? key.substring(PARALLEL.length()) : key;
            if (!policy.mayDrop(name)) {
                wanted.put(name, value);
            }
        });
        return wanted;
    }

    private interface Use {
        LoadReport of(Map<String, HostArray> entries);
    }

    private static LoadReport inFile(Path file, Use use) {
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            Map<String, HostArray> entries = checkpoint.read();
            try {
                return use.of(entries);
            } catch (InvalidDataException e) {
                throw new InvalidDataException(file + ": " + e.getMessage(), e);
            }
        }
    }
}
