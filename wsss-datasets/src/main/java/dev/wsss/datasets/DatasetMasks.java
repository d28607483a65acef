package dev.wsss.datasets;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.api.Description;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.Sha256;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes the true masks of a dataset as label PNGs whose values are its labels: of Cityscapes' label ids come train ids, of
 * WildDash 2's segments, ADE20K's and COCO-Stuff's values likewise, and 255 is what does not count.
 *
 * <pre>{@code
 * DatasetMasks.builder()
 *         .setData(Datasets.open("cityscapes:cityscapes"))
 *         .setOut(Path.of("trainIds"))
 *         .build()
 *         .run();
 * }</pre>
 *
 * <p>A PNG is called by the id of its sample, and has the palette of the classes. Images without a mask are left out. A run
 * that was interrupted goes on where it was, as {@link CocoMasks} do.
 */
public final class DatasetMasks {
    private final List<Dataset> parts;
    private final Path out;
    private final boolean overwrite;
    private final Workers workers;

    private DatasetMasks(Builder builder, List<Dataset> parts, Path out) {
        this.parts = parts;
        this.out = out;
        overwrite = builder.overwrite;
        workers = new Workers(builder.threads, builder.progress);
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Writes the masks that are not there yet. A mask that cannot be read, or has another size than its image, is told in
     * the result.
     *
     * @throws InvalidDataException if no image has a mask, an id leads out of the folder or has several masks, or the folder
     *     holds something else
     * @throws java.io.UncheckedIOException if the folder cannot be written
     * @throws java.util.concurrent.CancellationException if the thread is interrupted
     */
    public MaskExport run() {
        List<MaskWriter.Item> items = new ArrayList<>();
        List<String> left = new ArrayList<>();
        Map<String, Place> seen = new HashMap<>();
        for (Dataset part : parts) {
            for (int i = 0; i < part.size(); i++) {
                int index = i;
                String id = part.id(i);
                Place here = new Place(part, index);
                Place before = seen.putIfAbsent(id, here);
                if (before != null) {
                    requireSameMask(before, here);
                } else if (part.hasTruth(i)) {
                    items.add(new MaskWriter.Item(id, part.name() + ": sample '" + id + "'", () -> part.truth(index)));
                } else {
                    left.add(id);
                }
            }
        }
        if (items.isEmpty()) {
            throw new InvalidDataException(parts.get(0).name() + ": has no mask of any of "
                    + Counts.of(left.size(), "image") + "; expected masks to write");
        }
        return new MaskWriter(out, description(), parts.get(0).classes().palette())
                .write("masks of " + parts.get(0).name(), items, left, overwrite, workers);
    }

    private record Place(Dataset part, int index) {}

    /** An id may be in two parts, as long as it is the same image. */
    private static void requireSameMask(Place before, Place here) {
        boolean same = before.part instanceof FileDataset a
                && here.part instanceof FileDataset b
                && Objects.equals(a.mask(before.index), b.mask(here.index));
        if (!same) {
            throw new InvalidDataException("'" + here.part.id(here.index) + "' is in " + before.part.name() + " and in "
                    + here.part.name() + " with masks of its own in each; expected one mask of an id");
        }
    }

    /** The datasets and, where masks lie in files or are drawn of them, those of the files. */
    private Description description() {
        Description.Builder made =
                Description.of("DatasetMasks").put("of", parts.get(0).name());
        for (int p = 0; p < parts.size(); p++) {
            Dataset part = parts.get(p);
            // lists of one name may lie in several folders
            String name = p > 0 && part.name().equals(parts.get(0).name()) ? part.name() + "#2" : part.name();
            made.put("data." + name, part.description().sha256());
            if (part instanceof FileDataset files) {
                made.put(
                        "masks." + name,
                        Sha256.of(fingerprints(files) + "\n" + files.reader().basis()));
            }
        }
        return made.build();
    }

    /** Of masks that are drawn of other files, nothing: these are the reader's basis. */
    private static String fingerprints(FileDataset data) {
        return data.reader().readsMaskFiles()
                ? IntStream.range(0, data.size())
                        .parallel()
                        .mapToObj(i -> fingerprint(data.mask(i)))
                        .collect(Collectors.joining("\n"))
                : "";
    }

    /** Of a mask that cannot be read, writing it will tell. */
    static String fingerprint(@Nullable Path mask) {
        try {
            return mask == null ? "" : FileFingerprint.of(mask);
        } catch (InvalidDataException e) {
            return "unreadable";
        }
    }

    /** Says what to write; data and folder are required. */
    public static final class Builder {
        private @Nullable List<Dataset> parts;
        private @Nullable Path out;
        private boolean overwrite;
        private int threads = Runtime.getRuntime().availableProcessors();
        private @Nullable Progress progress;

        private Builder() {}

        /** The dataset, all its parts, which go into one folder. */
        public Builder setData(DatasetSplits data) {
            parts = new ArrayList<>(List.of(data.train()));
            data.val().ifPresent(parts::add);
            return this;
        }

        /** One dataset alone. */
        public Builder setData(Dataset data) {
            parts = List.of(data);
            return this;
        }

        /** The folder of the label PNGs, which is made if need be. */
        public Builder setOut(Path folder) {
            out = folder;
            return this;
        }

        /** As {@link CocoMasks.Builder#optOverwrite}. */
        public Builder optOverwrite(boolean overwrite) {
            this.overwrite = overwrite;
            return this;
        }

        /**
         * How many masks are made at a time; as many as there are processors unless set.
         *
         * @throws IllegalArgumentException unless it is positive
         */
        public Builder optThreads(int threads) {
            this.threads = Workers.requireThreads(threads);
            return this;
        }

        /** Is told of the masks done, never from two threads at once. */
        public Builder optProgress(Progress progress) {
            this.progress = progress;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if data or folder were not set
         */
        public DatasetMasks build() {
            if (parts == null || out == null) {
                throw new IllegalStateException((parts == null ? "setData" : "setOut") + " is required");
            }
            return new DatasetMasks(this, List.copyOf(parts), out);
        }
    }
}
