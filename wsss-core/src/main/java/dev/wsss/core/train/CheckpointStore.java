package dev.wsss.core.train;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.wsss.api.InvalidDataException;
import dev.wsss.core.io.HostArray;
import dev.wsss.core.io.Safetensors;
import dev.wsss.core.io.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one training in one folder. Each is a single safetensors file, so it exists whole or not at all:
 * network, optimizer, moving average and loss state as tensors, everything else as JSON in the metadata, with a checksum, as
 * the format itself would not notice a flipped bit. Tensors pass through one at a time, in both directions.
 */
final class CheckpointStore {
    private static final Logger log = LoggerFactory.getLogger(CheckpointStore.class);
    private static final Pattern NAME = Pattern.compile("step-(\\d{9,18})\\.safetensors");
    private static final String FORMAT_KEY = "wsss.checkpoint";
    private static final String FORMAT = "2";
    private static final String STATE_KEY = "wsss.training";
    private static final String CHECKSUM_KEY = "wsss.crc32c";
    private static final Gson GSON = new Gson();

    private final Path folder;
    private final int keep;

    /** What a checkpoint holds beside tensors. */
    record State(
            long step,
            double seconds,
            long skipped,
            Map<String, String> settings,
            Map<String, ScalarWindow.Sum> window,
            List<TrainingPoint> points) {}

    /** A checkpoint that was opened and checked; its tensors are read from the file when asked for. */
    record Checkpoint(Path file, State state, Map<String, HostArray> tensors, SafetensorsFile open)
            implements AutoCloseable {
        @Override
        public void close() {
            open.close();
        }
    }

    CheckpointStore(Path folder, int keep) {
        this.folder = folder;
        this.keep = keep;
    }

    /** Writes a checkpoint, and deletes the oldest beyond those to keep when it is on the disk. */
    Path save(State state, Map<String, HostArray> tensors) {
        Path file = folder.resolve(String.format(Locale.ROOT, "step-%09d.safetensors", state.step));
        String json = GSON.toJson(state);
        Safetensors.writeDurably(
                file, tensors, Map.of(FORMAT_KEY, FORMAT, STATE_KEY, json, CHECKSUM_KEY, checksum(json, tensors)));
        List<Path> files = files();
        for (Path old : files.subList(Math.min(keep, files.size()), files.size())) {
            try {
                Files.deleteIfExists(old);
            } catch (IOException e) {
                log.warn("an old checkpoint cannot be deleted: {}", old, e);
            }
        }
        return file;
    }

    /**
     * The newest checkpoint that can be read, or null if there is none at all.
     *
     * @throws InvalidDataException naming the newest file, if there are files and none can be read
     */
    @Nullable
    Checkpoint newest() {
        List<Path> files = files();
        InvalidDataException first = null;
        for (Path file : files) {
            try {
                return open(file);
            } catch (InvalidDataException e) {
                log.warn("checkpoint {} is damaged, trying the one before: {}", file, e.getMessage());
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw new InvalidDataException(
                    first.getMessage() + " (and no older checkpoint in " + folder
                            + " can be read; delete the damaged ones to begin anew)",
                    first);
        }
        return null;
    }

    private static Checkpoint open(Path file) {
        SafetensorsFile in = Safetensors.open(file);
        try {
            return checked(file, in);
        } catch (RuntimeException e) {
            in.close();
            throw e;
        }
    }

    private static Checkpoint checked(Path file, SafetensorsFile in) {
        Map<String, String> metadata = in.metadata();
        String json = metadata.get(STATE_KEY);
        String format = metadata.get(FORMAT_KEY);
        if (format == null || json == null) {
            throw new InvalidDataException(file + ": not a training checkpoint of format " + FORMAT);
        }
        if (!FORMAT.equals(format)) {
            throw new InvalidDataException(file + ": a training checkpoint of format " + format + ", expected " + FORMAT
                    + "; its network can be loaded under the prefix 'network.', but this version cannot go on from it");
        }
        Map<String, HostArray> tensors = new LinkedHashMap<>();
        for (String name : in.names()) {
            tensors.put(name, in.view(name));
        }
        String expected = checksum(json, tensors);
        if (!expected.equals(metadata.get(CHECKSUM_KEY))) {
            throw new InvalidDataException(file + ": checksum " + metadata.get(CHECKSUM_KEY) + ", its content has "
                    + expected + "; the file is damaged");
        }
        try {
            return new Checkpoint(file, GSON.fromJson(json, State.class), tensors, in);
        } catch (JsonParseException e) {
            throw new InvalidDataException(file + ": " + e.getMessage(), e);
        }
    }

    private static String checksum(String json, Map<String, HostArray> tensors) {
        CRC32C crc = new CRC32C();
        crc.update(json.getBytes(StandardCharsets.UTF_8));
        new TreeMap<>(tensors).forEach((name, array) -> {
            crc.update((name + array).getBytes(StandardCharsets.UTF_8));
            crc.update(array.bytes());
        });
        return Long.toHexString(crc.getValue());
    }

    /** Updates behind the newest checkpoint, 0 if there is none. */
    long newestStep() {
        List<Path> files = files();
        return files.isEmpty() ? 0 : step(files.get(0));
    }

    /** The checkpoints there are, newest first. */
    private List<Path> files() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> step(f) >= 0)
                    .sorted(Comparator.comparingLong(CheckpointStore::step).reversed())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder + ": " + e.getMessage(), e);
        }
    }

    private static long step(Path file) {
        Matcher m = NAME.matcher(file.getFileName().toString());
        return m.matches() ? Long.parseLong(m.group(1)) : -1;
    }
}
