package dev.wsss.core.pipeline;

import dev.wsss.api.AtomicFile;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The folder of one stage during a run: its products and what is known of them. Safe for use from several threads. */
final class StageFolder implements AutoCloseable {
    static final String INDEX = "index.tsv";
    static final String DESCRIPTION = "stage.json";

    private static final String CONFIG = "config.";

    private final Stage<?> stage;
    private final Path folder;
    private final WorkFolder work;
    private final Map<String, String> description;
    private final String fingerprint;
    private final VerifiedProducts verified;
    private final ConcurrentMap<String, ProductIndex.Entry> entries = new ConcurrentHashMap<>();
    private final FileChannel journal;

    private StageFolder(
            Stage<?> stage, Path folder, WorkFolder work, Map<String, String> description, VerifiedProducts verified)
            throws IOException {
        this.stage = stage;
        this.folder = folder;
        this.work = work;
        this.description = description;
        this.fingerprint = fingerprint(description);
        this.verified = verified;
        this.journal =
                FileChannel.open(work.journal(stage.name()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /**
     * Opens a stage's folder, or makes it.
     *
     * @param description what the products depend on, from {@link #describe}
     * @throws InvalidDataException if the folder holds something else and is not to be overwritten
     */
    static StageFolder open(
            Path out,
            Stage<?> stage,
            WorkFolder work,
            Map<String, String> description,
            boolean remake,
            VerifiedProducts verified)
            throws IOException {
        Path folder = out.resolve(stage.name());
        return work.exclusively(() -> {
            if (Files.exists(folder)) {
                String difference = difference(folder, description);
                if (difference != null) {
                    if (!remake) {
                        throw new InvalidDataException(folder + ": " + difference
                                + "; choose another output folder or stage name, or allow to remake it");
                    }
                    work.requireAlone("remaking stage '" + stage.name() + "'");
                    work.discard(folder);
                }
            }
            Files.createDirectories(folder);
            if (!Files.exists(folder.resolve(DESCRIPTION))) {
                DescriptionFile.write(folder.resolve(DESCRIPTION), description);
            }
            StageFolder opened = new StageFolder(stage, folder, work, description, verified);
            opened.entries.putAll(ProductIndex.read(folder.resolve(INDEX)));
            return opened;
        });
    }

    /**
     * Throws away what a stage has made.
     *
     * @throws InvalidDataException if the folder is no stage's
     */
    static void discard(Path out, Stage<?> stage, WorkFolder work) throws IOException {
        Path folder = out.resolve(stage.name());
        work.exclusively(() -> {
            if (Files.exists(folder)) {
                difference(folder, Map.of());
                work.requireAlone("overwriting stage '" + stage.name() + "'");
                work.discard(folder);
            }
            return work;
        });
    }

    /**
     * Refuses a folder that holds files and no stage's description, or a file in its place.
     *
     * @throws InvalidDataException naming it
     */
    static void requireOwn(Path folder) {
        try {
            if (Files.exists(folder)) {
                String difference = difference(folder, Map.of());
                if (!Files.isDirectory(folder)) {
                    throw new InvalidDataException(folder + ": " + difference);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read (" + e + ")", e);
        }
    }

    /** What the products of a stage depend on, as text by key, in a fixed order. */
    static Map<String, String> describe(
            Stage<?> stage, Description data, long seed, Map<Stage<?>, StageFolder> earlier) {
        Map<String, String> d = new TreeMap<>();
        d.put("format", stage.codec().format());
        d.put("stage", stage.name());
        d.put("seed", Long.toString(seed));
        d.putAll(data.under("data"));
        stage.description().entries().forEach((key, value) -> d.put(CONFIG + key, value));
        for (Stage<?> from : stage.inputs()) {
            StageFolder folder = Objects.requireNonNull(earlier.get(from));
            d.put("input." + from.name(), folder.fingerprint);
        }
        return d;
    }

    /** The stage's own settings. */
    SortedMap<String, String> config() {
        SortedMap<String, String> config = new TreeMap<>();
        description.forEach((key, value) -> {
            if (key.startsWith(CONFIG)) {
                config.put(key.substring(CONFIG.length()), value);
            }
        });
        return config;
    }

    static String fingerprint(Map<String, String> description) {
        return Sha256.of(DescriptionFile.text(description));
    }

    private static @Nullable String difference(Path folder, Map<String, String> wanted) throws IOException {
        Path file = folder.resolve(DESCRIPTION);
        if (!Files.isDirectory(folder)) {
            return "is a file; expected a stage's folder";
        }
        if (!Files.exists(file)) {
            try (DirectoryStream<Path> content = Files.newDirectoryStream(folder)) {
                if (!content.iterator().hasNext()) {
                    return null;
                }
            }
            // Never discarded: whose files these are is not known.
            throw new InvalidDataException(
                    folder + ": holds files but no " + DESCRIPTION + ", so it is not a stage's folder");
        }
        List<String> differences = Description.differences(readDescription(folder), wanted);
        return differences.isEmpty() ? null : "products were made otherwise: " + String.join(", ", differences);
    }

    static Map<String, String> readDescription(Path folder) {
        return DescriptionFile.read(folder.resolve(DESCRIPTION), "a stage's folder");
    }

    static void writeIndex(Path folder, SortedMap<String, ProductIndex.Entry> index) {
        AtomicFile.write(folder.resolve(INDEX), ProductIndex.text(index));
    }

    static Path file(Path folder, String id, ProductCodec<?> codec) {
        return folder.resolve(id + "." + codec.extension());
    }

    Path file(String id) {
        return file(folder, id, stage.codec());
    }

    String fingerprint() {
        return fingerprint;
    }

    ProductIndex.@Nullable Entry entry(String id) {
        return entries.get(id);
    }

    /** Whether there is a product of a sample of this origin, and its bytes are those that were written. */
    boolean isValid(String id, String origin) {
        String expected = ProductIndex.expectedHash(entries.get(id), origin);
        if (expected == null) {
            return false;
        }
        Path file = file(id);
        try {
            if (!Files.isRegularFile(file)) {
                return false;
            }
            if (verified.contains(fingerprint, id)) {
                return true;
            }
            boolean same = Sha256.of(file).equals(expected);
            if (same) {
                verified.add(fingerprint, id);
            }
            return same;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read (" + e + ")", e);
        }
    }

    /** Puts a product in its place and enters it. */
    <P> void write(String id, String origin, ProductCodec<P> codec, P product) {
        Path file = file(id);
        Path temporary = work.newFile(codec.extension());
        try {
            codec.write(temporary, product);
            String sha256 = Sha256.of(temporary);
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            enter(id, new ProductIndex.Made(sha256, origin));
            verified.add(fingerprint, id);
        } catch (AtomicMoveNotSupportedException e) {
            throw new UncheckedIOException(
                    folder + ": is on another file system than " + temporary.getParent() + "; expected the same", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written (" + e + ")", e);
        }
    }

    /** Enters that a sample has no product, and removes the one of an earlier run. */
    void fail(String id, ProductIndex.Failed failure) {
        Path file = file(id);
        try {
            Files.deleteIfExists(file);
            enter(id, failure);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be removed (" + e + ")", e);
        }
    }

    private void enter(String id, ProductIndex.Entry entry) throws IOException {
        ByteBuffer line = ByteBuffer.wrap(entry.line(id).getBytes(StandardCharsets.UTF_8));
        synchronized (journal) {
            while (line.hasRemaining()) {
                journal.write(line);
            }
        }
        entries.put(id, entry);
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
