package dev.wsss.datasets;

import dev.wsss.api.ClassCatalog;
import dev.wsss.api.ImageFiles;
import dev.wsss.api.ImageTags;
import dev.wsss.api.InvalidDataException;
import dev.wsss.api.LabelMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The training or validation part of MS COCO 2014, or of 2017, with background and 80 classes, {@link LabelSet#COCO}.
 *
 * <pre>{@code
 * Dataset train = CocoDataset.builder().setRoot(Path.of("coco")).setSplit("train").build();
 * }</pre>
 *
 * <p>Programs lay COCO out in their own ways. Which it is, is found by what is there:
 *
 * <table>
 * <caption>Layouts, for the training part of 2014</caption>
 * <tr><th>form</th><th>images</th><th>masks</th></tr>
 * <tr><td>as published</td><td>{@code train2014}</td><td>none</td></tr>
 * <tr><td>RIB and CDL</td><td>{@code JPEGImages}, with those of the other part</td><td>{@code coco_seg_anno}</td></tr>
 * <tr><td>CLIP-ES</td><td>{@code JPEGImages/train2014}</td><td>{@code SegmentationClass}</td></tr>
 * <tr><td>AFA and DuPL</td><td>{@code JPEGImages/train}</td><td>{@code SegmentationClass/train}</td></tr>
 * <tr><td>FMA</td><td>{@code images/train2014}</td><td>{@code annotations/train2014} or, of several such as {@code
 *     train2014_ur} and {@code train2014_wt}, the chosen one</td></tr>
 * <tr><td>DHR</td><td>{@code train/image}, {@code validation/image}</td><td>{@code train/mask}; tags in {@code
 *     train/xml}</td></tr>
 * </table>
 *
 * <p>Each may have annotations, {@code annotations/instances_train2014.json}, and lists ({@code train.txt}, {@code
 * train14.txt}, {@code train_2014.txt} and the like) in the folder, in {@code List} or in {@code imagesLists}. Images,
 * masks, lists and tags are matched by COCO's number of the image, however they write it; ids of samples are the names of
 * the image files.
 *
 * <p><b>Samples</b> are those of {@link Builder#optList}, else of the folder's list for the part, else the images that the
 * annotations have, else all of the folder. Programs score lists of 40504 or 40137 images of val: the second leaves out those
 * without an object.
 *
 * <p><b>Tags</b> are those of {@link Builder#optTags} or {@link Builder#optTagFile}, else the numbers of classes behind
 * the images of the list as CLIP-ES writes them, else the objects of the annotations, else DHR's, else the classes of the
 * masks by the any-pixel rule. {@link #notes} tell which.
 *
 * <p><b>Truth</b> is the masks, and where there are none, the annotations drawn by an {@link OverlapRule}. Published
 * numbers are not all against the same masks, for converters differ in that rule. Annotations are read once when the
 * dataset is opened, without keeping outlines, and once more, with them, when a truth is first drawn.
 */
public final class CocoDataset extends FileDataset {
    private static final ClassCatalog CLASSES = LabelSet.COCO.catalog();

    private final @Nullable Path list;

    private CocoDataset(String name, @Nullable Path list, List<Entry> entries, Source source) {
        super(name, CLASSES, entries, source);
        this.list = list;
    }

    /** The list that was read, if one was. */
    @Nullable
    Path list() {
        return list;
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    /** Says where COCO is and which part of it is wanted; root and split are required. */
    public static final class Builder {
        private @Nullable Path root;
        private @Nullable String split;
        private @Nullable Path list;
        private @Nullable Path instances;
        private @Nullable String maskFolder;
        private OverlapRule overlap = OverlapRule.SMALLEST_ON_TOP;
        private boolean crowds;
        private @Nullable Map<String, ImageTags> tags;
        private @Nullable Path tagFile;
        private @Nullable String part;
        private boolean evaluation;
        private boolean gaps;

        private Builder() {}

        /** The folder that holds all. */
        public Builder setRoot(Path root) {
            this.root = root;
            return this;
        }

        /** {@code train} or {@code val}; with a year, as in {@code train2017}, where the folder has two. */
        public Builder setSplit(String split) {
            this.split = split;
            return this;
        }

        /** A list of images, anywhere; only these samples, in this order. */
        public Builder optList(Path file) {
            this.list = file;
            return this;
        }

        /** The annotations, {@code instances_*.json}, where they lie elsewhere. */
        public Builder optInstances(Path file) {
            this.instances = file;
            return this;
        }

        /**
         * The folder of the masks, relative to the root, or how its name ends as in {@code wt} for {@code
         * annotations/train2014_wt}.
         */
        public Builder optMasks(String folder) {
            this.maskFolder = folder;
            return this;
        }

        /**
         * Which object a pixel shows where several overlap, if the truth is drawn of the annotations; default is {@link
         * OverlapRule#SMALLEST_ON_TOP}, that of the converter that AFA points to.
         */
        public Builder optOverlap(OverlapRule rule) {
            this.overlap = rule;
            return this;
        }

        /**
         * Whether regions of many objects count as tags, if tags come from the annotations; default false, as in the
         * published lists, which have somewhat fewer tags than there are with them.
         */
        public Builder optIncludeCrowd(boolean include) {
            this.crowds = include;
            return this;
        }

        /** Tags by id or number, for instance from a {@code cls_labels.npy}; every image needs an entry. */
        public Builder optTags(Map<String, ImageTags> tags) {
            this.tags = Map.copyOf(tags);
            return this;
        }

        /** A text file of tags, one line {@code id,class;class} for each image, likewise. */
        public Builder optTagFile(Path file) {
            this.tagFile = file;
            return this;
        }

        /** What the notes call this part; default is the list's name or the split. */
        Builder optPart(String part) {
            this.part = part;
            return this;
        }

        /** Whether this is to evaluate on only, so that no tag is needed; default false. */
        Builder optEvaluation(boolean evaluation) {
            this.evaluation = evaluation;
            return this;
        }

        /** Whether images and tags that are not there are kept for a check to tell of, and not refused; default false. */
        Builder optGaps(boolean kept) {
            this.gaps = kept;
            return this;
        }

        /**
         * Lists the folders, reads list and annotations, derives tags from masks if need be, and looks at some of the masks.
         *
         * @throws IllegalStateException if root or split were not set
         * @throws IllegalArgumentException if the tags are of other classes
         * @throws InvalidDataException if the folder has none of the layouts, or several at once, or several folders of masks
         *     and none was chosen; if a file is damaged, a listed image or a tag is missing, or a class is none of COCO's;
         *     the message names the file, and what was expected
         */
        public CocoDataset build() {
            if (root == null || split == null) {
                throw new IllegalStateException((root == null ? "setRoot" : "setSplit") + " is required");
            }
            return new Reading(this, CocoLayout.of(root, split), split).read();
        }
    }

    /**
     * An image.
     *
     * @param origin where it is named, for errors
     * @param listed the tags that the list has, null if it has none of any image
     */
    private record Item(long number, Path image, String origin, @Nullable ImageTags listed) {
        String id() {
            return TextLines.stem(image.getFileName().toString());
        }
    }

    /** COCO's tags by those of a file, which numbers the classes that it has. */
    private static List<Integer> ownTags(Path file, CocoInstances read) {
        List<Integer> own = new ArrayList<>();
        for (String name : read.categories().tagNames()) {
            own.add(CLASSES.findTag(name)
                    .orElseThrow(() -> new InvalidDataException(
                            file + ": category '" + name + "' is none of COCO's; expected " + CLASSES.tagNames())));
        }
        return own;
    }

    /** The reading of one part. */
    private static final class Reading {
        private final Builder chosen;
        private final CocoLayout layout;
        private final String split;
        private final List<String> notes = new ArrayList<>();
        private final Gaps gaps;
        private final CocoNumbers images;
        private final @Nullable Annotations annotations;

        Reading(Builder chosen, CocoLayout layout, String split) {
            this.chosen = chosen;
            this.layout = layout;
            this.split = split;
            gaps = new Gaps(chosen.gaps);
            notes.add("laid out " + layout.form() + ": images in " + within(layout.images()));
            images = CocoNumbers.list(layout.images(), ImageFolder::isImage);
            if (!images.others().isEmpty()) {
                notes.add(Counts.of(images.others().size(), "file") + " in " + within(layout.images())
                        + " not used, as no image of COCO: " + Counts.names(images.others()));
            }
            Path json = chosen.instances != null
                    ? chosen.instances
                    : layout.instances().orElse(null);
            annotations = json == null ? null : open(json);
        }

        /**
         * What a file of annotations says, without outlines.
         *
         * @param ownTags COCO's tags by those of the file, which may lack classes
         */
        private record Annotations(Path file, CocoInstances read, List<Integer> ownTags) {}

        private String within(Path file) {
            return TextLines.within(layout.root(), file);
        }

        private Annotations open(Path file) {
            List<String> problems = new ArrayList<>();
            CocoInstances read = CocoInstances.openWithoutOutlines(file, problems::add);
            gaps.problems(problems);
            if (!problems.isEmpty()) {
                notes.add(Counts.of(problems.size(), "problem") + " of " + within(file)
                        + ", whose images or annotations are left out; the first: " + problems.get(0));
            }
            return new Annotations(file, read, ownTags(file, read));
        }

        CocoDataset read() {
            Path file = chosen.list != null ? chosen.list : layout.list().orElse(null);
            List<Item> items = file == null ? unlisted() : listed(file);
            Map<Long, Path> masks = masks(items, file != null);
            String source = maskFolder().map(this::within).orElse("");
            MaskReader reader = MaskReader.of(CLASSES);
            if (masks.isEmpty() && annotations != null) {
                items.stream()
                        .filter(item -> annotations.read.has(item.number))
                        .forEach(item -> masks.put(item.number, item.image));
                source = "drawn of " + within(annotations.file) + ", " + chosen.overlap;
                reader = new Drawn(annotations.file, chosen.overlap);
            }
            List<Supplier<ImageTags>> tags = tags(items, masks, reader);
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                Item item = items.get(i);
                entries.add(new Entry(item.id(), item.image, masks.get(item.number), tags.get(i), item.origin));
            }
            String named = file != null
                    ? within(file)
                    : within(layout.images())
                            + (annotations == null ? "" : " that " + within(annotations.file) + " has");
            String last = chosen.part != null ? chosen.part : file == null ? split : TextLines.stem(named);
            if (last.equals(layout.part())) {
                last += layout.year(); // the parts of 2014 and 2017 are not the same
            }
            return new CocoDataset(
                    "coco/" + last, file, entries, new Source(named, source, reader, chosen.evaluation, gaps, notes));
        }

        private Optional<Path> maskFolder() {
            return layout.masks(chosen.maskFolder);
        }

        private List<Item> listed(Path file) {
            CocoList list = CocoList.read(file, CLASSES);
            List<Item> items = new ArrayList<>();
            List<String> renamed = new ArrayList<>();
            for (CocoList.Line line : list.lines()) {
                Path image = images.find(line.number());
                if (image == null) {
                    image = layout.images().resolve(TextLines.stem(line.text()) + ".jpg");
                    gaps.image(
                            TextLines.stem(line.text()),
                            new InvalidDataException(line.origin() + ": there is no image '" + line.text() + "' in "
                                    + layout.images() + ", by this or another name of number " + line.number()));
                }
                Item item = new Item(
                        line.number(),
                        image,
                        line.origin(),
                        list.tagged() && line.tags() == null ? ImageTags.of(CLASSES) : line.tags());
                items.add(item);
                if (!line.text().equals(item.id())) {
                    renamed.add(line.text());
                }
            }
            noteNames(renamed, "lines of " + within(file));
            return items;
        }

        /** Tells that names differ, and by what they were matched. */
        private void noteNames(List<String> renamed, String what) {
            if (!renamed.isEmpty()) {
                notes.add(what + " are matched with images by number, for " + renamed.size() + " are named otherwise: "
                        + Counts.names(renamed));
            }
        }

        private List<Item> unlisted() {
            if (annotations == null && layout.holdsBothParts()) {
                throw new InvalidDataException(layout.images()
                        + ": holds the images of both parts, and nothing says which"
                        + " are of " + layout.part() + "; expected a list such as " + layout.part() + ".txt or List/"
                        + layout.part() + "_2014.txt, or annotations/instances_" + layout.part() + "2014.json");
            }
            List<Item> items = new ArrayList<>();
            List<String> unknown = new ArrayList<>();
            images.files().forEach((number, image) -> {
                if (annotations == null || annotations.read.has(number)) {
                    items.add(new Item(number, image, image.toString(), null));
                } else {
                    unknown.add(image.getFileName().toString());
                }
            });
            if (!unknown.isEmpty() && !layout.holdsBothParts()) {
                notes.add(Counts.of(unknown.size(), "image") + " not used, which the annotations do not have: "
                        + Counts.names(unknown));
            }
            if (annotations != null && items.size() < annotations.read.images().size()) {
                List<CocoImage> gone = annotations.read.images().stream()
                        .filter(image -> images.find(image.id()) == null)
                        .toList();
                notes.add(Counts.of(gone.size(), "image") + " of " + within(annotations.file) + " not there: "
                        + Counts.names(gone.stream().map(CocoImage::fileName).toList()));
                if (gaps.kept()) {
                    gone.forEach(image -> items.add(gone(image, annotations.file)));
                }
            }
            return items;
        }

        /** An image of the annotations that is not there; elsewhere than for a check it is left out. */
        private Item gone(CocoImage image, Path file) {
            String stem = TextLines.stem(image.fileName());
            String id = CocoNumbers.of(stem).isPresent() ? stem : String.valueOf(image.id());
            gaps.image(
                    id,
                    new InvalidDataException(file + ": there is no image '" + image.fileName() + "' in "
                            + layout.images() + ", by this or another name of number " + image.id()));
            return new Item(image.id(), layout.images().resolve(id + ".jpg"), file.toString(), null);
        }

        /** The masks of the images, by number. */
        private Map<Long, Path> masks(List<Item> items, boolean listed) {
            Map<Long, Path> found = new HashMap<>();
            Path folder = maskFolder().orElse(null);
            if (folder == null) {
                return found;
            }
            CocoNumbers masks = CocoNumbers.list(folder, name -> name.endsWith(".png"));
            List<String> renamed = new ArrayList<>();
            for (Item item : items) {
                Path mask = masks.find(item.number);
                if (mask != null) {
                    found.put(item.number, mask);
                    if (!mask.getFileName().toString().equals(item.id() + ".png")) {
                        renamed.add(mask.getFileName().toString());
                    }
                }
            }
            noteNames(renamed, "masks of " + within(folder));
            if (layout.isOfPart(folder)) {
                Map<Long, Path> unused = new TreeMap<>(masks.files());
                images.files().keySet().forEach(unused::remove);
                if (!unused.isEmpty()) {
                    notes.add(Counts.of(unused.size(), "mask") + " in " + within(folder) + " not used, of no image: "
                            + Counts.names(unused.values().stream()
                                    .map(mask -> mask.getFileName().toString())
                                    .toList()));
                }
                if (!listed && annotations == null && gaps.kept()) {
                    found.putAll(unused);
                    unused.forEach((number, mask) -> items.add(ofMask(number, mask)));
                }
            }
            if (found.isEmpty() && chosen.maskFolder != null) {
                throw new InvalidDataException(folder + ": has no mask of the " + Counts.of(items.size(), "image")
                        + " of " + split + "; expected <number>.png");
            }
            return found;
        }

        /** An image that is not there, as its mask says. */
        private Item ofMask(long number, Path mask) {
            String id = TextLines.stem(mask.getFileName().toString());
            gaps.image(id, new InvalidDataException(mask + ": there is no image of this mask in " + layout.images()));
            return new Item(number, layout.images().resolve(id + ".jpg"), mask.toString(), null);
        }

        private List<Supplier<ImageTags>> tags(List<Item> items, Map<Long, Path> masks, MaskReader reader) {
            if (chosen.tags != null) {
                VocLayout.requireClasses(chosen.tags, CLASSES);
                return given(chosen.tags, "the tags given", items);
            }
            Path table = chosen.tagFile;
            if (table != null) {
                Map<String, ImageTags> rows = new HashMap<>();
                TagTable.read(table, CLASSES).rows().forEach((id, row) -> rows.put(id, row.tags()));
                return given(rows, table.toString(), items);
            }
            if (items.stream().anyMatch(item -> item.listed != null)) {
                notes.add("tags are the classes of the list");
                return items.stream()
                        .map(item -> fixed(Objects.requireNonNull(item.listed)))
                        .toList();
            }
            if (annotations != null) {
                notes.add("tags are the objects of " + within(annotations.file) + ", regions of many objects "
                        + (chosen.crowds ? "included" : "left out"));
                return items.stream()
                        .map(item -> ofAnnotations(item, annotations))
                        .toList();
            }
            Path xml = layout.xml().orElse(null);
            if (xml != null) {
                VocAnnotations read = VocAnnotations.read(
                        xml,
                        CLASSES,
                        items.stream().map(Item::id).toList(),
                        items.stream().map(Item::origin).toList(),
                        gaps);
                notes.add("tags are the objects of " + within(xml) + "/<id>.xml");
                notes.addAll(read.notes("COCO", chosen.evaluation));
                return items.stream().map(item -> read.tags(item.id())).toList();
            }
            return derived(items, masks, reader);
        }

        private static Supplier<ImageTags> fixed(ImageTags tags) {
            return () -> tags;
        }

        /** Tags by id or number. */
        private List<Supplier<ImageTags>> given(Map<String, ImageTags> known, String from, List<Item> items) {
            Map<Long, String> keys = new HashMap<>();
            Set<String> unused = new TreeSet<>(known.keySet());
            for (String key : known.keySet()) {
                CocoNumbers.of(TextLines.stem(key)).ifPresent(number -> {
                    String before = keys.put(number, key);
                    if (before != null) {
                        throw new InvalidDataException(from + ": '" + before + "' and '" + key + "' are of one image, "
                                + number + "; expected one of them");
                    }
                });
            }
            List<Supplier<ImageTags>> source = new ArrayList<>();
            for (Item item : items) {
                String key = keys.get(item.number);
                ImageTags found = key == null ? null : known.get(key);
                if (key != null) {
                    unused.remove(key);
                }
                source.add(
                        found != null
                                ? fixed(found)
                                : gaps.tags(new InvalidDataException(
                                        item.origin + ": '" + item.id() + "' has no tags in " + from)));
            }
            if (!unused.isEmpty()) {
                notes.add("tags of " + Counts.of(unused.size(), "image") + " that " + split + " does not have: "
                        + Counts.names(unused));
            }
            return source;
        }

        private Supplier<ImageTags> ofAnnotations(Item item, Annotations from) {
            if (!from.read.has(item.number)) {
                return () -> {
                    throw new InvalidDataException(item.origin + ": image " + item.number + " is not in " + from.file
                            + ", from which its tags would come");
                };
            }
            return fixed(ImageTags.of(
                    CLASSES,
                    IntStream.of(from.read.tags(item.number, chosen.crowds).toArray())
                            .map(from.ownTags::get)
                            .toArray()));
        }

        private List<Supplier<ImageTags>> derived(List<Item> items, Map<Long, Path> masks, MaskReader reader) {
            if (masks.isEmpty() && !chosen.evaluation) {
                throw new InvalidDataException(layout.root() + ": has neither annotations ("
                        + "annotations/instances_" + layout.part()
                        + "2014.json), nor masks, nor a list with classes; expected one of these, or tags");
            }
            notes.add("tags are the classes of the masks");
            return items.parallelStream()
                    .map(item -> MaskTags.of(
                            CLASSES, reader, masks.get(item.number), item.id(), item.origin, chosen.evaluation))
                    .toList();
        }
    }

    /** Truths drawn of annotations; the file to read is that of the image. */
    private static final class Drawn implements MaskReader {
        private final Path json;
        private final OverlapRule rule;
        private @Nullable CocoInstances instances;

        Drawn(Path json, OverlapRule rule) {
            this.json = json;
            this.rule = rule;
        }

        /** All outlines, read when first asked for: most uses of a training part never do. */
        private synchronized CocoInstances instances() {
            CocoInstances read = instances;
            if (read == null) {
                read = CocoInstances.open(json, problem -> {}); // told when the dataset was opened
                instances = read;
            }
            return read;
        }

        @Override
        public LabelMap read(Path image) {
            CocoInstances all = instances();
            long number = CocoNumbers.of(TextLines.stem(image.getFileName().toString()))
                    .orElseThrow();
            if (!all.has(number)) {
                throw new InvalidDataException(json + ": image " + number + " is no longer there");
            }
            LabelMap map = all.toLabelMap(number, rule);
            byte[] labels = map.toArray();
            byte[] own = new byte[256];
            List<Integer> tags = ownTags(json, all);
            for (int tag = 0; tag < tags.size(); tag++) {
                own[all.categories().labelOfTag(tag)] = (byte) CLASSES.labelOfTag(tags.get(tag));
            }
            for (int i = 0; i < labels.length; i++) {
                labels[i] = own[labels[i] & 255];
            }
            return LabelMap.wrap(map.height(), map.width(), labels);
        }

        @Override
        public ImageFiles.Size size(Path image) {
            LabelMap map = read(image);
            return new ImageFiles.Size(map.height(), map.width());
        }

        /** What cannot be drawn is no matter of values. */
        @Override
        public boolean isIntact(Path image) {
            return false;
        }

        @Override
        public String basis() {
            return MaskReader.hash(json) + " " + rule;
        }

        @Override
        public boolean readsMaskFiles() {
            return false;
        }
    }
}
