package dev.wsss.core.pipeline;

import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sample;
import dev.wsss.api.Sha256;
import dev.wsss.api.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The products of a stage that has run, for training and evaluation to read. Knows those that were there when it was
 * opened. Safe for use from several threads.
 *
 * @param <P> the product
 */
public final class ProductStore<P> implements Source<P> {
    private final Path folder;
    private final ProductCodec<P> codec;
    private final Map<String, ProductIndex.Entry> entries;
    private final List<String> ids;

    private ProductStore(Path folder, ProductCodec<P> codec, Map<String, ProductIndex.Entry> entries) {
        this.folder = folder;
        this.codec = codec;
        this.entries = entries;
        List<String> made = new ArrayList<>();
        entries.forEach((id, entry) -> {
            if (entry instanceof ProductIndex.Made) {
                made.add(id);
            }
        });
        this.ids = List.copyOf(made);
    }

    /**
     * Opens the folder of a stage, {@code out/<stage>}.
     *
     * @throws InvalidDataException if it is no stage's folder, or its products have another format than the codec's
     */
    public static <P> ProductStore<P> open(Path folder, ProductCodec<P> codec) {
        String format = StageFolder.readDescription(folder).get("format");
        if (!codec.format().equals(format)) {
            throw new InvalidDataException(
                    folder + ": products have the format '" + format + "'; expected '" + codec.format() + "'");
        }
        try {
            return new ProductStore<>(folder, codec, ProductIndex.read(folder.resolve(StageFolder.INDEX)));
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": its index cannot be read (" + e + ")", e);
        }
    }

    /**
     * Reads the product of a sample.
     *
     * @throws InvalidDataException if it has none, which leaves it out of a training, or as {@link #load}
     */
    @Override
    public P get(Sample sample) {
        missing(sample.id()).ifPresent(reason -> {
            throw new InvalidDataException(reason);
        });
        return codec.read(checked(sample.id()), sample);
    }

    @Override
    public Optional<String> missing(String id) {
        return contains(id)
                ? Optional.empty()
                : Optional.of("sample '" + id + "' has no product in " + folder + reason(entries.get(id)));
    }

    /** The stage's name, the form of its products, and their hashes: what the files are, and not how they were made. */
    @Override
    public Description description() {
        StringBuilder list = new StringBuilder();
        ids.forEach(id -> list.append(id).append('\t').append(sha256(id)).append('\n'));
        return Description.of("ProductStore")
                .put("stage", String.valueOf(folder.getFileName()))
                .put("format", codec.format())
                .put("products", ids.size())
                .put("sha256", Sha256.of(list.toString()))
                .build();
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /** Ids of the samples that have a product, ascending. */
    public List<String> ids() {
        return ids;
    }

    /** Whether a sample has a product. */
    public boolean contains(String id) {
        return entries.get(id) instanceof ProductIndex.Made;
    }

    /**
     * Refuses products that were made of other tags or images than a dataset has under their ids now.
     *
     * @throws InvalidDataException naming the first such sample, and how many there are
     */
    public void requireCurrent(Dataset data) {
        List<String> stale = IntStream.range(0, data.size())
                .filter(i -> contains(data.id(i)) && !made(data.id(i)).origin().equals(origin(data, i)))
                .mapToObj(data::id)
                .toList();
        if (!stale.isEmpty()) {
            throw new InvalidDataException(folder + ": " + stale.size() + " of " + ids.size()
                    + " products were made of other tags or images than the samples have now, such as '" + stale.get(0)
                    + "'; make them again");
        }
    }

    /** Of an image that cannot be read any more its product tells no less than before. */
    private String origin(Dataset data, int index) {
        try {
            return ProductIndex.origin(data, index);
        } catch (InvalidDataException e) {
            return made(data.id(index)).origin();
        }
    }

    /** The file of a product. */
    public Path file(String id) {
        made(id);
        return StageFolder.file(folder, id, codec);
    }

    /** SHA-256 of a product's file, in lower-case hex. */
    public String sha256(String id) {
        return made(id).sha256();
    }

    /**
     * Reads a product, which the caller closes if it is {@link AutoCloseable}.
     *
     * @throws IllegalArgumentException if the sample has none
     * @throws InvalidDataException if its file is gone or holds other bytes than were written
     */
    public P load(String id) {
        return codec.read(checked(id));
    }

    /** The file of a product, once its bytes are known to be those that were written. */
    private Path checked(String id) {
        String expected = sha256(id);
        Path file = file(id);
        try {
            if (!Files.isRegularFile(file)) {
                throw new InvalidDataException(file + ": no such file; run the pipeline again to restore it");
            }
            String found = Sha256.of(file);
            if (!found.equals(expected)) {
                throw new InvalidDataException(file + ": SHA-256 is " + found + "; expected " + expected
                        + "; run the pipeline again to restore it");
            }
        } catch (IOException e) {
            throw new InvalidDataException(file + ": cannot be read (" + e + ")", e);
        }
        return file;
    }

    private ProductIndex.Made made(String id) {
        ProductIndex.Entry entry = entries.get(id);
        if (entry instanceof ProductIndex.Made made) {
            return made;
        }
        throw new IllegalArgumentException("'" + id + "' has no product in " + folder + reason(entry));
    }

    private static String reason(ProductIndex.@Nullable Entry entry) {
        return entry instanceof ProductIndex.Failed failed
                ? ": it failed in '" + failed.where() + "' (" + failed.reason() + ")"
                : "";
    }

    @Override
    public String toString() {
        return "ProductStore[" + folder + ", " + ids.size() + " products]";
    }
}
