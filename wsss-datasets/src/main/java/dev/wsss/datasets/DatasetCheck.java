package dev.wsss.datasets;

import ai.djl.util.Progress;
import dev.wsss.api.Dataset;
import dev.wsss.api.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every sample of a dataset: whether images and masks are there, can be read and fit each other, what tags and masks
 * say, and which images stand twice.
 *
 * <pre>{@code
 * DatasetReport report = DatasetCheck.builder()
 *         .setData(Datasets.builder().setSpec("voc:VOCdevkit/VOC2012"))
 *         .build()
 *         .run();
 * report.findings().forEach(System.out::println);
 * AtomicFile.write(Path.of("report.json"), report.toJson());
 * }</pre>
 *
 * <p>Images are decoded, on several threads, one a thread at a time. A fast check reads the headers of images and masks, and
 * neither pixels nor what follows from them. EXIF's orientation is told and not applied, as masks are drawn on the stored
 * pixels: a mask that was drawn on the turned image has another size than its image, and is found for that.
 *
 * <p>An image that a list names and that is not there keeps most datasets from being opened: {@link
 * Builder#setData(Datasets.Builder)} opens them all the same and tells of each. Tags that differ from masks are found too, of which the published datasets are not free.
 *
 * <p>Two images are the same where their files have the same bytes; of images that lie in no file none is found. What tags
 * are derived from, they do not contradict.
 */
public final class DatasetCheck {
    private final List<Dataset> parts;
    private final List<String> notes;
    private final boolean fast;
    private final int threads;
    private final @Nullable Progress progress;

    private DatasetCheck(Builder builder, List<Dataset> parts, List<String> notes) {
        this.parts = parts;
        this.notes = notes;
        fast = builder.fast;
        threads = builder.threads;
        progress = builder.progress;
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Looks at all samples.
     *
     * @throws java.util.concurrent.CancellationException if the thread is interrupted
     */
    public DatasetReport run() {
        Workers workers = new Workers(threads, progress);
        List<PartCheck> checks = new ArrayList<>();
        for (Dataset part : parts) {
            PartCheck check = new PartCheck(part, fast);
            workers.forEach("check " + part.name(), part.size(), check::look);
            checks.add(check);
        }
        noteShared(checks);
        noteDuplicates(checks);
        List<DatasetReport.Part> numbers = new ArrayList<>();
        List<DatasetReport.Finding> findings = new ArrayList<>();
        for (PartCheck check : checks) {
            numbers.add(check.numbers());
            findings.addAll(check.findings());
        }
        return new DatasetReport(fast, numbers, findings, notes);
    }

    /** Tells of ids of a part that an earlier part has too; drawn images have numbers for ids, each part its own. */
    private static void noteShared(List<PartCheck> checks) {
        Map<String, String> partOfId = new HashMap<>();
        for (PartCheck check : checks) {
            Dataset data = check.data();
            if (!(data instanceof FileDataset)) {
                continue;
            }
            for (int i = 0; i < data.size(); i++) {
                String other = partOfId.putIfAbsent(data.id(i), data.name());
                if (other != null) {
                    check.find(DatasetReport.Kind.SHARED_ID, i, "'" + data.id(i) + "' is in " + other + " too");
                }
            }
        }
    }

    /**
     * An image's file.
     *
     * @param index of its sample in the part
     */
    private record File(PartCheck check, int index, Path path) {
        String id() {
            return check.data().id(index);
        }
    }

    /** Tells of images that an earlier sample of another id has too. */
    private static void noteDuplicates(List<PartCheck> checks) {
        Map<String, List<File>> alike = new LinkedHashMap<>();
        for (PartCheck check : checks) {
            for (int i = 0; i < check.data().size(); i++) {
                String fingerprint = check.fingerprint(i);
                Path image = check.image(i);
                if (fingerprint != null && image != null) {
                    alike.computeIfAbsent(fingerprint, key -> new ArrayList<>(1))
                            .add(new File(check, i, image));
                }
            }
        }
        for (List<File> files : alike.values()) {
            if (files.size() > 1) {
                noteEqual(files);
            }
        }
    }

    /** A fingerprint is of the file's ends only: equal ones are compared whole. */
    private static void noteEqual(List<File> files) {
        Map<String, File> first = new HashMap<>();
        for (File file : files) {
            String hash;
            try {
                hash = Sha256.of(file.path);
            } catch (IOException e) {
                continue; // it was there, and reading it has told or will tell
            }
            File other = first.putIfAbsent(hash, file);
            if (other != null && !other.id().equals(file.id())) {
                file.check.find(
                        DatasetReport.Kind.DUPLICATE_IMAGE,
                        file.index,
                        file.path + ": has the bytes of '" + other.id() + "' in "
                                + other.check.data().name() + ", " + other.path);
            }
        }
    }

    /** Says what to look at, which is required, and how. */
    public static final class Builder {
        private @Nullable List<Dataset> parts;
        private List<String> notes = List.of();
        private boolean fast;
        private int threads = Runtime.getRuntime().availableProcessors();
        private @Nullable Progress progress;

        private Builder() {}

        /** The dataset, all its parts. */
        public Builder setData(DatasetSplits data) {
            parts = new ArrayList<>(List.of(data.train()));
            data.val().ifPresent(parts::add);
            notes = data.notes();
            return this;
        }

        /**
         * A dataset that is not open yet. Images and tags that its lists name and that are not there, of which the first
         * keeps it from being {@linkplain Datasets.Builder#open opened} elsewhere, are found all.
         *
         * @throws IllegalStateException if the text was not set
         * @throws IllegalArgumentException as {@link Datasets.Builder#open}
         * @throws dev.wsss.api.InvalidDataException if it cannot be opened for another reason, such as a list that is not
         *     there
         */
        public Builder setData(Datasets.Builder data) {
            data.optGaps(true);
            try {
                return setData(data.open());
            } finally {
                data.optGaps(false);
            }
        }

        /** One dataset alone. */
        public Builder setData(Dataset data) {
            parts = List.of(data);
            notes = data.notes();
            return this;
        }

        /** Whether to read headers only; default false. */
        public Builder optFast(boolean fast) {
            this.fast = fast;
            return this;
        }

        /**
         * How many samples are looked at at a time; as many as there are processors unless set.
         *
         * @throws IllegalArgumentException unless it is positive
         */
        public Builder optThreads(int threads) {
            this.threads = Workers.requireThreads(threads);
            return this;
        }

        /** Is told of the samples done, never from two threads at once. */
        public Builder optProgress(Progress progress) {
            this.progress = progress;
            return this;
        }

        /**
         * Builds.
         *
         * @throws IllegalStateException if no data were set
         */
        public DatasetCheck build() {
            if (parts == null) {
                throw new IllegalStateException("setData is required");
            }
            return new DatasetCheck(this, List.copyOf(parts), notes);
        }
    }
}
