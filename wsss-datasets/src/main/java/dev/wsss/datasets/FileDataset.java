package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.LabelPng;
import dev.wsss.api.Sample;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A dataset of image files with tags and, for all samples or for none, mask files. Which files make a sample is decided
 * when it is opened; contents are read on demand.
 */
abstract class FileDataset implements Dataset {
    /**
     * The files of one sample.
     *
     * @param origin where the sample was named, for errors: {@code train.txt:12}
     */
    record Entry(String id, Path image, @Nullable Path mask, Supplier<ImageTags> tags, String origin) {}

    private final String name;
    private final ClassCatalog classes;
    private final List<Entry> entries;
    private final boolean truth;

    /**
     * @throws InvalidDataException if there is no entry, an id stands twice, or only some entries have a mask
     */
    FileDataset(String name, ClassCatalog classes, List<Entry> entries) {
        this.name = name;
        this.classes = classes;
        this.entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new InvalidDataException(name + ": lists no image; expected at least one");
        }
        Map<String, String> origins = new HashMap<>();
        for (Entry entry : entries) {
            String before = origins.put(entry.id, entry.origin);
            if (before != null) {
                throw new InvalidDataException(entry.origin + ": id '" + entry.id + "' stands already at " + before
                        + "; expected each id once");
            }
        }
        truth = entries.get(0).mask != null;
        for (Entry entry : entries) {
            if (truth != (entry.mask != null)) {
                throw new InvalidDataException(entry.origin + ": '" + entry.id + "' has "
                        + (truth ? "no mask" : "a mask") + ", '" + entries.get(0).id + "' has "
                        + (truth ? "one" : "none") + "; expected masks for all or for none");
            }
        }
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final ClassCatalog classes() {
        return classes;
    }

    @Override
    public final int size() {
        return entries.size();
    }

    @Override
    public final String id(int index) {
        return entries.get(index).id;
    }

    @Override
    public final ImageTags tags(int index) {
        return entries.get(index).tags.get();
    }

    @Override
    public final Sample get(int index) {
        Entry entry = entries.get(index);
        return new Sample(entry.id, ImageFiles.readRgb(entry.image), entry.tags.get());
    }

    /** Of the image's file. */
    @Override
    public final String fingerprint(int index) {
        return FileFingerprint.of(entries.get(index).image);
    }

    @Override
    public final boolean hasTruth() {
        return truth;
    }

    @Override
    public final LabelMap truth(int index) {
        Entry entry = entries.get(index);
        if (entry.mask == null) {
            throw new IllegalStateException(name + " has no masks; '" + entry.id + "' was asked for");
        }
        LabelMap mask = readMask(entry.mask, classes, maskCoding());
        ImageFiles.Size size = ImageFiles.size(entry.image);
        if (mask.height() != size.height() || mask.width() != size.width()) {
            throw new InvalidDataException(entry.mask + ": mask is " + mask.height() + "x" + mask.width()
                    + "; expected " + size + " as its image " + entry.image);
        }
        return mask;
    }

    /** What turns a mask as stored into labels of the catalog; by default nothing. */
    UnaryOperator<LabelMap> maskCoding() {
        return UnaryOperator.identity();
    }

    /** Reads a mask and checks that its values are labels of the catalog. */
    static LabelMap readMask(Path file, ClassCatalog classes, UnaryOperator<LabelMap> coding) {
        LabelMap mask = coding.apply(LabelPng.read(file));
        int[] counts = mask.histogram();
        for (int value = classes.labelCount(); value < LabelMap.IGNORE; value++) {
            if (counts[value] > 0) {
                throw new InvalidDataException(file + ": " + counts[value] + " pixels have value " + value
                        + "; expected labels 0.." + (classes.labelCount() - 1) + " or " + LabelMap.IGNORE);
            }
        }
        return mask;
    }

    @Override
    public String toString() {
        return name + "[" + size() + " images]";
    }
}
