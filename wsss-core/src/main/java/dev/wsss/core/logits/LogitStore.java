package dev.wsss.core.logits;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.wsss.api.AtomicFile;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sha256;
import dev.wsss.core.io.DType;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A folder of {@link PixelLogits}, that a network is run once and its result refined and scored many times.
 *
 * <pre>{@code
 * Map<String, String> run = LogitStore.runOf(weights, data);
 * LogitStore store = LogitStore.create(folder, run);
 * store.write("2007_000033", logits);
 *
 * LogitStore again = LogitStore.open(folder);
 * again.requireRun(run);
 * ScoreMaps probabilities = again.read("2007_000033").probabilities();
 * }</pre>
 *
 * <p>What the logits depend on (weights, data, scales) is in {@code run.json}, and its hash in each file: a file that was copied in
 * from another run is refused like a folder of another run is. Files are {@code <id>.safetensors} with {@code logits} F16 [K, h,
 * w], {@code labels} I32 [K], {@code image_size} I32 [2] and {@code classes} I32 [1], and appear whole or not at all. Safe for
 * use from several threads.
 */
public final class LogitStore {
    private static final String FILE = "run.json";
    private static final String RUN = "run";
    private static final String END = ".safetensors";

    private final Path folder;
    private final SortedMap<String, String> run;
    private final String hash;

    private LogitStore(Path folder, SortedMap<String, String> run) {
        this.folder = folder;
        this.run = run;
        StringBuilder text = new StringBuilder();
        run.forEach((key, value) -> text.append(key.length())
                .append(':')
                .append(key)
                .append(value.length())
                .append(':')
                .append(value));
        hash = Sha256.of(text.toString());
    }

    /**
     * Makes a store, or goes on with one of the same run.
     *
     * @param run what the logits depend on, by name
     * @throws InvalidDataException if there is a store of another run, or the folder holds something else
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static LogitStore create(Path folder, Map<String, String> run) {
        if (Files.exists(folder.resolve(FILE))) {
            LogitStore there = open(folder);
            there.requireSame(new TreeMap<>(run));
            return there;
        }
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                if (entries.findAny().isPresent()) {
                    throw new InvalidDataException(
                            folder + ": holds files, but no " + FILE + "; expected a store of logits or a new folder");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(folder + ": cannot be listed (" + e + ")", e);
            }
        }
        LogitStore store = new LogitStore(folder, new TreeMap<>(run));
        JsonObject json = new JsonObject();
        store.run.forEach(json::addProperty);
        AtomicFile.write(
                folder.resolve(FILE),
                new GsonBuilder()
                                .disableHtmlEscaping()
                                .setPrettyPrinting()
                                .create()
                                .toJson(json)
                        + "\n");
        return store;
    }

    /**
     * Opens a store.
     *
     * @throws InvalidDataException if the folder is none
     */
    public static LogitStore open(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new InvalidDataException(file + ": no such file; expected that of a store of logits");
        }
        SortedMap<String, String> run = new TreeMap<>();
        try {
            JsonParser.parseString(Files.readString(file))
                    .getAsJsonObject()
                    .entrySet()
                    .forEach(e -> run.put(e.getKey(), e.getValue().getAsString()));
        } catch (IOException | JsonParseException | IllegalStateException | UnsupportedOperationException e) {
            throw new InvalidDataException(
                    file + ": says not what the logits depend on (" + e.getMessage() + "); expected texts by name", e);
        }
        return new LogitStore(folder, run);
    }

    /**
     * What a network's logits depend on, as {@code wsss cdl} says it: {@code weights} and {@code data}.
     *
     * @param weights the checkpoint that was loaded
     * @param data the images
     */
    public static Map<String, String> runOf(Path weights, Dataset data) {
        return Map.of(
                "weights",
                FileFingerprint.of(weights),
                "data",
                data.description().sha256());
    }

    private void requireSame(SortedMap<String, String> wanted) {
        List<String> differences = Description.differences(run, wanted);
        if (!differences.isEmpty()) {
            throw new InvalidDataException(folder + ": logits of another run: " + String.join(", ", differences)
                    + "; expected those of this run, or a new folder");
        }
    }

    /**
     * Refuses logits of another run.
     *
     * @param wanted what must be as it is here, by name; other things may differ
     * @throws InvalidDataException naming what differs
     */
    public void requireRun(Map<String, String> wanted) {
        SortedMap<String, String> known = new TreeMap<>(run);
        known.keySet().retainAll(wanted.keySet());
        List<String> differences = Description.differences(known, wanted);
        if (!differences.isEmpty()) {
            throw new InvalidDataException(folder + ": logits of another run: " + String.join(", ", differences)
                    + "; expected those of this run");
        }
    }

    /** What the logits depend on, by name; a copy. */
    public SortedMap<String, String> run() {
        return new TreeMap<>(run);
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /** Ids of the images there are, ascending. */
    public List<String> ids() {
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .filter(name -> name.endsWith(END)
                            && !name.substring(name.lastIndexOf('/') + 1).startsWith("."))
                    .map(name -> name.substring(0, name.length() - END.length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed (" + e + ")", e);
        }
    }

    /** Whether there are logits of an image. */
    public boolean contains(String id) {
        return Files.isRegularFile(file(id));
    }

    /** Where the logits of an image are, if they are. */
    public Path file(String id) {
        Path file = folder.resolve(id + END).normalize();
        if (!file.startsWith(folder.normalize())) {
            throw new IllegalArgumentException("id '" + id + "' leads out of " + folder);
        }
        return file;
    }

    /**
     * Writes or replaces the logits of an image.
     *
     * @throws UncheckedIOException if they cannot be written; nothing is changed then
     */
    public void write(String id, PixelLogits logits) {
        short[] bits = logits.halfs();
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(bits.length, Short.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asShortBuffer().put(bits);
        int[] labels = logits.labels();
        Safetensors.write(
                file(id),
                Map.of(
                        "logits",
                        HostArray.of(DType.F16, new long[] {labels.length, logits.height(), logits.width()}, bytes),
                        "labels",
                        HostArray.ofInts(labels, labels.length),
                        "image_size",
                        HostArray.ofInts(new int[] {logits.imageHeight(), logits.imageWidth()}, 2),
                        "classes",
                        HostArray.ofInts(new int[] {logits.classes()}, 1)),
                Map.of(RUN, hash));
    }

    /**
     * Reads the logits of an image.
     *
     * @throws InvalidDataException naming the file, if there is none, it is damaged, or it is of another run
     */
    public PixelLogits read(String id) {
        Path file = file(id);
        if (!contains(id)) {
            throw new InvalidDataException(file + ": no such file; expected the logits of '" + id + "'");
        }
        try (SafetensorsFile tensors = Safetensors.open(file)) {
            String theirs = tensors.metadata().get(RUN);
            if (!hash.equals(theirs)) {
                throw new InvalidDataException(
                        file + ": logits of another run than the store's (" + theirs + "); expected those of " + hash);
            }
            HostArray values = require(file, tensors, "logits", DType.F16, 3);
            int[] size = require(file, tensors, "image_size", DType.I32, 1).toInts();
            int[] classes = require(file, tensors, "classes", DType.I32, 1).toInts();
            int[] labels = require(file, tensors, "labels", DType.I32, 1).toInts();
            long[] shape = values.shape();
            if (size.length != 2 || classes.length != 1 || shape[0] != labels.length) {
                throw new IllegalArgumentException("'image_size' has " + size.length + " entries, 'classes' "
                        + classes.length + ", 'labels' " + labels.length + " and 'logits' " + shape[0] + " maps");
            }
            short[] bits = new short[values.size()];
            values.bytes().asShortBuffer().get(bits);
            return PixelLogits.kept(
                    labels, classes[0], Math.toIntExact(shape[1]), Math.toIntExact(shape[2]), size[0], size[1], bits);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new InvalidDataException(file + ": holds no logits (" + e.getMessage() + ")", e);
        }
    }

    private static HostArray require(Path file, SafetensorsFile tensors, String name, DType type, int dimensions) {
        if (!tensors.has(name)) {
            throw new InvalidDataException(file + ": has no tensor '" + name + "'; expected logits");
        }
        if (tensors.dtype(name) != type || tensors.shape(name).length != dimensions) {
            throw new InvalidDataException(file + ": '" + name + "' is " + tensors.dtype(name) + " of "
                    + tensors.shape(name).length + " dimensions; expected " + type + " of " + dimensions);
        }
        return tensors.get(name);
    }

    @Override
    public String toString() {
        return "LogitStore[" + folder + "]";
    }
}
