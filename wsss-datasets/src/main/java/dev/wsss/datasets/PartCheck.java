package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.ImageInfo;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.RgbImage;
import dev.wsss.datasets.DatasetReport.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Counts one part of a dataset; {@link #look} may be called from several threads. */
final class PartCheck {
    /** From here on EXIF's orientation exchanges rows and columns. */
    private static final int FIRST_ON_ITS_SIDE = 5;

    private final Dataset data;
    /** The same, where its images lie in files. */
    private final @Nullable FileDataset files;

    private final ClassCatalog classes;
    private final boolean fast;
    private final @Nullable String[] fingerprints;

    private final Map<Integer, List<DatasetReport.Finding>> findings = new TreeMap<>();
    /** Of images that could not be read, 0. */
    private final int[] heights;

    private final int[] widths;
    private final int[] imagesByTag;
    private final int[] imagesByMask;
    private final int[] tagsWithoutPixel;
    private final int[] pixelsWithoutTag;
    private final long[] pixels = new long[256];
    private final AtomicInteger masksGone = new AtomicInteger();
    private int tags;
    private int tagged;
    private int untagged;
    private int grey;
    private int cmyk;
    private int deep;
    private int turned;

    PartCheck(Dataset data, boolean fast) {
        this.data = data;
        this.fast = fast;
        files = data instanceof FileDataset f ? f : null;
        classes = data.classes();
        fingerprints = new String[data.size()];
        heights = new int[data.size()];
        widths = new int[data.size()];
        imagesByTag = new int[classes.labelCount()];
        imagesByMask = new int[classes.labelCount()];
        tagsWithoutPixel = new int[classes.labelCount()];
        pixelsWithoutTag = new int[classes.labelCount()];
    }

    Dataset data() {
        return data;
    }

    /** The image's file, if it lies in one. */
    @Nullable
    Path image(int index) {
        return files == null ? null : files.image(index);
    }

    /** That of the image's file, once it was looked at and could be read. */
    @Nullable
    String fingerprint(int index) {
        return fingerprints[index];
    }

    synchronized void find(Kind kind, int index, String message) {
        findings.computeIfAbsent(index, i -> new ArrayList<>(1))
                .add(new DatasetReport.Finding(kind, data.name(), data.id(index), message));
    }

    /** Everything that was found, of the part first, then by sample. */
    synchronized List<DatasetReport.Finding> findings() {
        List<DatasetReport.Finding> all = new ArrayList<>();
        if (files != null) {
            files.problems()
                    .forEach(problem -> all.add(new DatasetReport.Finding(Kind.ANNOTATIONS, data.name(), "", problem)));
        }
        findings.values().forEach(all::addAll);
        return all;
    }

    /** Looks at a sample. */
    void look(int index) {
        ImageInfo info = files == null ? drawn(index) : read(files, index);
        Mask read = data.hasTruth(index) ? mask(index, info) : Mask.NONE;
        if (data.hasTruth() && !data.hasTruth(index)) {
            find(Kind.MASK_MISSING, index, "there is no mask of '" + data.id(index) + "'");
        }
        @Nullable ImageTags found;
        try {
            found = data.tags(index);
        } catch (InvalidDataException e) {
            found = null;
            String why = String.valueOf(e.getMessage());
            // tags that come from the mask lack for the same reason, which is told already
            if (!why.equals(read.problem)) {
                find(Kind.TAGS_UNREADABLE, index, why);
            }
        }
        count(found, read.labels);
        if (found != null && read.labels != null) {
            compare(index, found, read.labels);
        }
    }

    /**
     * A mask as far as it could be read.
     *
     * @param labels null if it was not read, or does not fit its image
     * @param problem why it cannot be read
     */
    private record Mask(@Nullable LabelMap labels, @Nullable String problem) {
        static final Mask NONE = new Mask(null, null);
    }

    /** Of an image that lies in no file, or in one that is not known. */
    private @Nullable ImageInfo drawn(int index) {
        try {
            RgbImage image = data.get(index).image();
            ImageInfo info =
                    new ImageInfo("", new ImageFiles.Size(image.height(), image.width()), ImageInfo.Colours.RGB, 8, 1);
            count(index, info);
            return info;
        } catch (InvalidDataException e) {
            find(Kind.IMAGE_UNREADABLE, index, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private @Nullable ImageInfo read(FileDataset from, int index) {
        Path file = from.image(index);
        String gap = from.gap(index);
        if (gap != null) {
            find(Kind.IMAGE_MISSING, index, gap);
            return null;
        }
        if (!Files.exists(file)) {
            find(Kind.IMAGE_MISSING, index, file + ": no such file; expected the image of '" + data.id(index) + "'");
            return null;
        }
        try {
            ImageInfo info = ImageFiles.info(file);
            if (!fast) {
                RgbImage image = ImageFiles.readRgb(file);
                info = new ImageInfo(
                        info.format(),
                        new ImageFiles.Size(image.height(), image.width()),
                        info.colours(),
                        info.depth(),
                        info.orientation());
            }
            fingerprints[index] = FileFingerprint.of(file);
            count(index, info);
            return info;
        } catch (InvalidDataException e) {
            find(Kind.IMAGE_UNREADABLE, index, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private Mask mask(int index, @Nullable ImageInfo image) {
        if (files == null) {
            try {
                return fast ? Mask.NONE : new Mask(data.truth(index), null);
            } catch (InvalidDataException e) {
                return unusable(Kind.MASK_UNREADABLE, index, e);
            }
        }
        Path file = files.mask(index);
        MaskReader reader = files.reader();
        if (file == null || (reader.readsMaskFiles() && !Files.exists(file))) {
            find(Kind.MASK_MISSING, index, file + ": no such file; expected the mask of '" + data.id(index) + "'");
            masksGone.incrementAndGet();
            return Mask.NONE;
        }
        try {
            LabelMap mask = fast ? null : reader.read(file);
            ImageFiles.Size size = mask == null ? reader.size(file) : new ImageFiles.Size(mask.height(), mask.width());
            return image == null || fits(index, file, size, image) ? new Mask(mask, null) : Mask.NONE;
        } catch (InvalidDataException e) {
            return unusable(!fast && reader.isIntact(file) ? Kind.MASK_VALUES : Kind.MASK_UNREADABLE, index, e);
        }
    }

    private Mask unusable(Kind kind, int index, InvalidDataException e) {
        String problem = String.valueOf(e.getMessage());
        find(kind, index, problem);
        return new Mask(null, problem);
    }

    private boolean fits(int index, Path file, ImageFiles.Size size, ImageInfo image) {
        ImageFiles.Size expected = image.size();
        if (size.equals(expected)) {
            return true;
        }
        boolean asTurned = image.orientation() >= FIRST_ON_ITS_SIDE
                && size.height() == expected.width()
                && size.width() == expected.height();
        find(
                Kind.MASK_SIZE,
                index,
                file + ": mask is " + size + "; expected " + expected + " as its image "
                        + (asTurned
                                ? "is stored, which EXIF says is to be turned (orientation " + image.orientation()
                                        + "): save it turned"
                                : image(index)));
        return false;
    }

    private synchronized void count(int index, ImageInfo info) {
        heights[index] = info.size().height();
        widths[index] = info.size().width();
        grey += info.colours() == ImageInfo.Colours.GREY ? 1 : 0;
        cmyk += info.colours() == ImageInfo.Colours.CMYK ? 1 : 0;
        deep += info.depth() > 8 ? 1 : 0;
        turned += info.orientation() > 1 ? 1 : 0;
    }

    private synchronized void count(@Nullable ImageTags found, @Nullable LabelMap mask) {
        if (found != null) {
            tagged++;
            tags += found.size();
            untagged += found.isEmpty() ? 1 : 0;
            for (int label : found.labels()) {
                imagesByTag[label]++;
            }
        }
        if (mask != null) {
            int[] counts = mask.histogram();
            for (int value = 0; value < counts.length; value++) {
                pixels[value] += counts[value];
            }
            for (int label = 0; label < imagesByMask.length; label++) {
                imagesByMask[label] += counts[label] > 0 ? 1 : 0;
            }
        }
    }

    private void compare(int index, ImageTags found, LabelMap mask) {
        ImageTags shown = ImageTags.anyPixel(classes, mask);
        if (shown.equals(found)) {
            return;
        }
        List<String> unseen = new ArrayList<>();
        List<String> untold = new ArrayList<>();
        int[] counts = mask.histogram();
        synchronized (this) {
            for (int tag = 0; tag < classes.tagCount(); tag++) {
                int label = classes.labelOfTag(tag);
                if (found.contains(tag) && !shown.contains(tag)) {
                    tagsWithoutPixel[label]++;
                    unseen.add(classes.labelNames().get(label));
                } else if (shown.contains(tag) && !found.contains(tag)) {
                    pixelsWithoutTag[label]++;
                    untold.add(classes.labelNames().get(label) + " (" + Counts.of(counts[label], "pixel") + ")");
                }
            }
        }
        if (!unseen.isEmpty()) {
            find(
                    Kind.TAG_WITHOUT_PIXEL,
                    index,
                    "'" + data.id(index) + "' is tagged " + String.join(", ", unseen)
                            + ", of which its mask has no pixel");
        }
        if (!untold.isEmpty()) {
            find(
                    Kind.PIXEL_WITHOUT_TAG,
                    index,
                    "the mask of '" + data.id(index) + "' shows " + String.join(", ", untold)
                            + ", with which it is not tagged");
        }
    }

    /** All counts, once all samples were looked at. */
    synchronized DatasetReport.Part numbers() {
        boolean read = !fast && data.hasTruth();
        List<DatasetReport.ClassCount> counts = new ArrayList<>();
        for (int label = 0; label < classes.labelCount(); label++) {
            boolean background = classes.hasBackground() && label == 0;
            counts.add(new DatasetReport.ClassCount(
                    classes.labelNames().get(label),
                    background ? OptionalInt.empty() : OptionalInt.of(imagesByTag[label]),
                    read ? OptionalInt.of(imagesByMask[label]) : OptionalInt.empty(),
                    read ? OptionalLong.of(pixels[label]) : OptionalLong.empty(),
                    tagsWithoutPixel[label],
                    pixelsWithoutTag[label]));
        }
        return new DatasetReport.Part(
                data.name(),
                data.size(),
                (int) IntStream.of(heights).filter(h -> h > 0).count(),
                (int) IntStream.range(0, data.size()).filter(data::hasTruth).count() - masksGone.get(),
                tags,
                tagged,
                untagged,
                read ? OptionalLong.of(pixels[LabelMap.IGNORE]) : OptionalLong.empty(),
                extent(heights),
                extent(widths),
                grey,
                cmyk,
                deep,
                turned,
                counts,
                PublishedCounts.note(data));
    }

    private static Optional<DatasetReport.Extent> extent(int[] sizes) {
        int[] sorted = Arrays.stream(sizes).filter(size -> size > 0).sorted().toArray();
        return sorted.length == 0
                ? Optional.empty()
                : Optional.of(new DatasetReport.Extent(
                        sorted[0], sorted[(sorted.length - 1) / 2], sorted[sorted.length - 1]));
    }
}
