package dev.wsss.models.checkpoint;

import dev.wsss.api.InvalidDataException;
import dev.wsss.core.checkpoint.KeyMap;
import dev.wsss.core.io.Checkpoint;
import dev.wsss.core.io.HostArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A code base whose checkpoints have key names of their own, with the way between those and ours.
 *
 * <p>Most of our networks bear the names of the code base that they come from, so that most maps rename nothing; they say
 * which keys beyond the network's a file of the family has.
 *
 * <p>Families stand beside the networks that they load into, such as {@link
 * dev.wsss.models.resnet.ResNetCheckpoints#TORCHVISION_RESNET}. A network of your own brings its own:
 *
 * <pre>{@code
 * CheckpointFamily mine = CheckpointFamily.of(
 *         "mine", "my network", () -> KeyMap.builder().prefix("net.", "").build(), "net.stem.weight");
 * Weights.load(network, file, mine);
 * }</pre>
 *
 * <p>Told by a file's keys, and by name, are those that a {@link CheckpointFamilies} lists.
 */
public final class CheckpointFamily {
    /** Our own names, of any network. */
    public static final CheckpointFamily WSSS = of("wsss", "checkpoints of this library", KeyMap::identity);

    private final String label;
    private final String description;
    private final Supplier<KeyMap> keyMap;
    private final List<String> signature;
    private final @Nullable Interpreted interpreted;

    private CheckpointFamily(
            String label,
            String description,
            Supplier<KeyMap> keyMap,
            List<String> signature,
            @Nullable Interpreted interpreted) {
        this.label = label;
        this.description = description;
        this.keyMap = keyMap;
        this.signature = signature;
        this.interpreted = interpreted;
    }

    private record Interpreted(
            Checkpoint.Format format, boolean foldedNorms, Function<Path, Map<String, HostArray>> reader) {}

    /**
     * A family.
     *
     * @param label the name that users type, such as {@code torchvision-resnet}
     * @param description what it is, in a few words
     * @param keyMap makes the way between its keys and ours
     * @param signature keys that, together, only its checkpoints have; without any it is never guessed
     */
    public static CheckpointFamily of(String label, String description, Supplier<KeyMap> keyMap, String... signature) {
        return new CheckpointFamily(label, description, keyMap, List.of(signature), null);
    }

    /**
     * A family whose files say by more than names what each tensor is, such as the operators of a graph. Such files are
     * read and not written.
     *
     * @param format of all its files, and of none of another family
     * @param foldedNorms whether batch normalizations are folded into the convolutions before them, so that the running
     *     statistics are those of the identity and say nothing of the data. Normalizations that are loaded from such a file
     *     are {@linkplain dev.wsss.core.nn.BatchNorm2d#freeze frozen}, and go on training scale and shift
     * @param reader gives a file's weights under our keys
     */
    public static CheckpointFamily interpreted(
            String label,
            String description,
            Checkpoint.Format format,
            boolean foldedNorms,
            Function<Path, Map<String, HostArray>> reader) {
        Interpreted interpreted = new Interpreted(format, foldedNorms, reader);
        return new CheckpointFamily(label, description, KeyMap::identity, List.of(), interpreted);
    }

    /** The known family whose files are of this format and {@linkplain #interpreted interpreted}. */
    static Optional<CheckpointFamily> interpreting(Checkpoint.Format format) {
        return known().stream()
                .filter(f -> f.interpreted != null && f.interpreted.format == format)
                .findFirst();
    }

    /** Whether networks cannot be written as files of this family. */
    public boolean isReadOnly() {
        return interpreted != null;
    }

    /** Whether normalizations that are loaded from a file of this family are to keep their running statistics. */
    boolean hasFoldedNorms() {
        return interpreted != null && interpreted.foldedNorms;
    }

    /** Reads a file of an {@linkplain #interpreted interpreted} family, by our keys; of another nothing. */
    Optional<Map<String, HostArray>> interpret(Path file) {
        return interpreted == null ? Optional.empty() : Optional.of(interpreted.reader.apply(file));
    }

    private static final class Known {
        static final List<CheckpointFamily> ALL = all();

        private static List<CheckpointFamily> all() {
            List<CheckpointFamily> all = new ArrayList<>(List.of(WSSS));
            // not the thread's class loader, which in some containers does not know this library
            for (CheckpointFamilies some :
                    ServiceLoader.load(CheckpointFamilies.class, CheckpointFamily.class.getClassLoader())) {
                for (CheckpointFamily family : some.families()) {
                    if (all.stream().anyMatch(f -> f.label.equals(family.label))) {
                        throw new IllegalStateException("two checkpoint families are named '" + family.label
                                + "'; one is of " + some.getClass().getName());
                    }
                    all.add(family);
                }
            }
            return List.copyOf(all);
        }
    }

    /** All families that are known by name, {@link #WSSS} first. */
    public static List<CheckpointFamily> known() {
        return Known.ALL;
    }

    /** The name that users type, such as {@code torchvision-resnet}. */
    public String label() {
        return label;
    }

    /** What it is, in a few words. */
    public String description() {
        return description;
    }

    /** The way between its keys and ours. */
    public KeyMap keyMap() {
        return keyMap.get();
    }

    @Override
    public String toString() {
        return label;
    }

    /**
     * The known family of a {@link #label}.
     *
     * @throws IllegalArgumentException if there is none; the message lists them
     */
    public static CheckpointFamily byName(String label) {
        return known().stream()
                .filter(f -> f.label.equals(label))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("no checkpoint family '" + label + "'; there are " + known()));
    }

    /**
     * A family and the keys that speak for it.
     *
     * @param family the family
     * @param evidence keys of the checkpoint that, together, only this family has
     */
    public record Guess(CheckpointFamily family, List<String> evidence) {
        public Guess {
            evidence = List.copyOf(evidence);
        }

        /** The reason in words. */
        @Override
        public String toString() {
            return family.label + " (" + family.description + "), as the checkpoint has " + evidence;
        }
    }

    /**
     * The family that a checkpoint seems to be of: the one whose telling keys it has, all of them; of several the one of
     * most. Never {@link #WSSS}, whose names are any network's.
     *
     * @return empty if there is none
     * @throws InvalidDataException if the keys speak for two families alike
     */
    public static Optional<Guess> guess(Set<String> keys) {
        int most = known().stream()
                .filter(f -> keys.containsAll(f.signature))
                .mapToInt(f -> f.signature.size())
                .max()
                .orElse(0);
        List<CheckpointFamily> best = known().stream()
                .filter(f -> !f.signature.isEmpty() && f.signature.size() == most && keys.containsAll(f.signature))
                .toList();
        if (best.size() > 1) {
            throw new InvalidDataException("the checkpoint may be of " + best.get(0).label + " or "
                    + best.get(1).label + ": it has " + best.get(0).signature + " and " + best.get(1).signature
                    + "; name the family");
        }
        return best.stream().findFirst().map(f -> new Guess(f, f.signature));
    }

    /**
     * A map of our own names that drops classifiers of images, which our backbones have no use for.
     *
     * @param classifiers what stands before {@code weight} and {@code bias}, such as {@code fc.}
     */
    public static KeyMap withoutClassifier(String... classifiers) {
        KeyMap.Builder map = batches(KeyMap.builder()).prefix("", "");
        for (String classifier : classifiers) {
            map.dropTheirs(classifier + "weight").dropTheirs(classifier + "bias");
        }
        return map.build();
    }

    /** Adds the counts of batches that batch normalization has since PyTorch 0.4.1, for older files. */
    public static KeyMap.Builder batches(KeyMap.Builder map) {
        return map.fillOurs("{*}.num_batches_tracked", "{*}.running_mean", HostArray.ofLongs(new long[1]));
    }
}
