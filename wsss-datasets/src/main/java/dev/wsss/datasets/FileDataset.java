package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.Dataset;
import dev.wsss.api.FileFingerprint;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import dev.wsss.api.Sample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A dataset of image files with tags and, for all samples, some or none, mask files. Which files make a sample is decided
 * when it is opened, and some of its masks are looked at; other contents are read on demand.
 */
abstract class FileDataset implements Dataset {
    private static final Logger LOG = LoggerFactory.getLogger(FileDataset.class);

    /**
     * The files of one sample.
     *
     * @param mask what the source's reader makes the labels of: the mask's file, or the image's own where its labels are
     *     drawn from annotations
     * @param tags gives the tags, or throws {@link InvalidDataException} each time
     * @param origin where the sample was named, for errors: {@code train.txt:12}
     */
    record Entry(String id, Path image, @Nullable Path mask, Supplier<ImageTags> tags, String origin) {}

    /**
     * How a dataset was read.
     *
     * @param list what named the samples, for notes
     * @param masks what holds the masks, for notes
     * @param reader reads the masks
     * @param untagged whether a dataset without any tag is taken, which serves an evaluation only
     * @param gaps what is named and not there
     * @param notes what else to tell
     */
    record Source(String list, String masks, MaskReader reader, boolean untagged, Gaps gaps, List<String> notes) {}

    private final String name;
    private final ClassCatalog classes;
    private final List<Entry> entries;
    private final MaskReader reader;
    private final Gaps gaps;
    private final int masks;
    private final List<String> notes = new CopyOnWriteArrayList<>();

    /**
     * @throws InvalidDataException if there is no entry, an id stands twice, no sample has a tag, no tags can be read, or
     *     the masks are none of these images and classes
     */
    FileDataset(String name, ClassCatalog classes, List<Entry> entries, Source source) {
        this.name = name;
        this.classes = classes;
        this.entries = List.copyOf(entries);
        this.reader = source.reader;
        this.gaps = source.gaps;
        if (entries.isEmpty()) {
            throw new InvalidDataException(name + ": " + source.list + " lists no image; expected at least one");
        }
        Map<String, String> origins = new HashMap<>();
        for (Entry entry : entries) {
            String before = origins.put(entry.id, entry.origin);
            if (before != null) {
                throw new InvalidDataException(entry.origin + ": id '" + entry.id + "' stands already at " + before
                        + "; expected each id once");
            }
        }
        masks = (int) entries.stream().filter(entry -> entry.mask != null).count();
        List<String> more = new ArrayList<>();
        int tags = countTags(source, more);
        notes.add(
                name + ": " + Counts.of(entries.size(), "image") + " of " + source.list + ", " + Counts.of(tags, "tag")
                        + " of " + Counts.of(classes.tagCount(), "class") + ", "
                        + (masks == 0 ? "no masks" : "masks for evaluation: " + source.masks));
        if (masks > 0 && masks < entries.size()) {
            List<String> without = entries.stream()
                    .filter(entry -> entry.mask == null)
                    .map(Entry::id)
                    .toList();
            more.add("no mask of " + without.size() + " of " + Counts.of(entries.size(), "image")
                    + ", which an evaluation leaves out: " + Counts.names(without));
        }
        notes.addAll(source.notes);
        notes.addAll(more);
        notes.addAll(lookedAt());
        notes.forEach(note -> LOG.debug("{}", note));
    }

    /** What is wrong with some masks; a check, which tells of each, is not kept from it by all of them. */
    private List<String> lookedAt() {
        try {
            return MaskCheck.check(this);
        } catch (InvalidDataException e) {
            if (!gaps.kept()) {
                throw e;
            }
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    /** The number of all tags; tells of classes without any, images without any, and tags that cannot be read. */
    private int countTags(Source source, List<String> more) {
        int[] counts = new int[classes.tagCount()];
        int untagged = 0;
        List<InvalidDataException> unreadable = new ArrayList<>();
        for (Entry entry : entries) {
            try {
                int[] tags = entry.tags.get().toArray();
                untagged += tags.length == 0 ? 1 : 0;
                for (int tag : tags) {
                    counts[tag]++;
                }
            } catch (InvalidDataException e) {
                unreadable.add(e);
            }
        }
        if (unreadable.size() == entries.size() && !gaps.kept()) {
            throw unreadable.get(0);
        }
        int sum = IntStream.of(counts).sum();
        if (sum == 0 && !source.untagged && !(gaps.kept() && !unreadable.isEmpty())) {
            throw new InvalidDataException(name + ": no image of " + source.list + " (" + entries.size()
                    + ") has a tag of " + classes.tagNames() + "; expected one at least");
        }
        if (!unreadable.isEmpty()) {
            more.add(name + ": tags of " + Counts.of(unreadable.size(), "image") + " cannot be read: "
                    + unreadable.get(0).getMessage());
        }
        if (untagged > 0) {
            more.add(name + ": " + Counts.of(untagged, "image") + " without a tag");
        }
        List<String> unused = IntStream.range(0, counts.length)
                .filter(tag -> counts[tag] == 0)
                .mapToObj(classes.tagNames()::get)
                .toList();
        if (!unused.isEmpty()) {
            more.add(name + ": " + Counts.of(unused.size(), "class") + " of " + counts.length + " without an image: "
                    + Counts.names(unused));
        }
        return sum;
    }

    /** Adds a note, while this is being opened. */
    final void note(String note) {
        notes.add(note);
        LOG.debug("{}", note);
    }

    @Override
    public final List<String> notes() {
        return List.copyOf(notes);
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
        return masks > 0;
    }

    @Override
    public final boolean hasTruth(int index) {
        return entries.get(index).mask != null;
    }

    @Override
    public final LabelMap truth(int index) {
        Entry entry = entries.get(index);
        if (entry.mask == null) {
            throw new IllegalStateException(name + " has no " + (masks == 0 ? "masks" : "mask of '" + entry.id + "'")
                    + "; '" + entry.id + "' was asked for");
        }
        LabelMap mask = reader.read(entry.mask);
        ImageFiles.Size size = ImageFiles.size(entry.image);
        if (mask.height() != size.height() || mask.width() != size.width()) {
            throw new InvalidDataException(entry.mask + ": mask is " + mask.height() + "x" + mask.width()
                    + "; expected " + size + " as its image " + entry.image);
        }
        return mask;
    }

    final Path image(int index) {
        return entries.get(index).image;
    }

    final @Nullable Path mask(int index) {
        return entries.get(index).mask;
    }

    /** What is wrong with the annotations of this as a whole. */
    final List<String> problems() {
        return gaps.problems();
    }

    /** Why the image of a sample is not there; null if it was when this was opened. */
    final @Nullable String gap(int index) {
        return gaps.image(entries.get(index).id);
    }

    final MaskReader reader() {
        return reader;
    }

    @Override
    public String toString() {
        return name + "[" + size() + " images]";
    }
}
